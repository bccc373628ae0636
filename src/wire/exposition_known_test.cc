// The quick way (TakeSeries, TakeComment) gives what Next gives, or declines.
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>

#include "wire/exposition.h"

namespace pharos::wire {
namespace {

using Entry = ExpositionParser::Entry;
constexpr auto kText = ExpositionFormat::kPrometheusText;
constexpr auto kOpen = ExpositionFormat::kOpenMetrics;

struct Read {
  Entry entry{};
  ExpositionParser::LineKey key;
  model::MetricType type{};
  std::string raw;
  uint64_t bits = 0;
  bool has_time = false, has_exemplar = false;
  int64_t time_ms = 0;
};

Read Of(const ExpositionParser& parser, Entry entry) {
  Read read{.entry = entry, .key = parser.line_key(), .type = parser.type()};
  if (entry != Entry::kSeries) return read;
  read.raw = parser.raw_series();
  read.bits = std::bit_cast<uint64_t>(parser.value());
  read.has_time = parser.has_time();
  read.time_ms = parser.has_time() ? parser.time_ms() : 0;
  read.has_exemplar = parser.has_exemplar();
  return read;
}

/// Reads the page in full, then again the quick way; returns how many lines went quickly.
size_t Compare(std::string_view page, ExpositionFormat format) {
  ExpositionParser slow(page, format), quick(page, format);
  size_t taken = 0;
  while (true) {
    const auto entry = slow.Next();
    if (!entry || *entry == Entry::kEnd) {
      const auto last = quick.Next();
      EXPECT_EQ(last.has_value(), entry.has_value());
      if (!entry && !last) {
        EXPECT_EQ(last.error().message, entry.error().message);
      }
      return taken;
    }
    const Read want = Of(slow, *entry);
    Read got;
    if (want.entry == Entry::kSeries ? quick.TakeSeries(want.key)
                                     : quick.TakeComment(want.key, want.type)) {
      ++taken;
      got = Of(quick, want.entry);
    } else {
      const auto next = quick.Next();
      if (!next) return ADD_FAILURE() << next.error().message, taken;
      got = Of(quick, *next);
    }
    EXPECT_EQ(got.entry, want.entry) << want.raw;
    EXPECT_EQ(got.key, want.key) << want.raw;
    EXPECT_EQ(got.type, want.type) << want.raw;
    EXPECT_EQ(got.raw, want.raw);
    EXPECT_EQ(got.bits, want.bits) << want.raw;
    EXPECT_EQ(got.has_time, want.has_time) << want.raw;
    EXPECT_EQ(got.time_ms, want.time_ms) << want.raw;
    EXPECT_EQ(got.has_exemplar, want.has_exemplar) << want.raw;
    if (testing::Test::HasFailure()) return taken;
  }
}

TEST(ExpositionKnown, RealPagesGoQuickly) {
  size_t pages = 0;
  for (const char* file :
       {"node_exporter/fixtures/e2e-output.txt", "cadvisor/metrics/prometheus_metrics",
        "cadvisor/metrics/prometheus_machine_metrics"}) {
    std::ifstream in("../shared/data/" + std::string(file), std::ios::binary);
    if (!in) continue;
    std::stringstream text;
    text << in.rdbuf();
    const std::string page = text.str();
    EXPECT_EQ(Compare(page, kText), static_cast<size_t>(std::count(page.begin(), page.end(), '\n')))
        << file;
    ++pages;
  }
  if (pages == 0) GTEST_SKIP() << "../shared/data is missing";
}

TEST(ExpositionKnown, LeavesWhatIsNotPlain) {
  EXPECT_EQ(Compare("a 1\n", kText), 1u);
  EXPECT_EQ(Compare("a {x=\"1\"} 1\n", kText), 1u);
  EXPECT_EQ(Compare("a{x=\"}\\\"\"}\t-1.5e-7 123\n", kText), 1u);
  EXPECT_EQ(Compare("a NaN\nb +Inf\nc -Inf\nd -0\n", kText), 4u);
  EXPECT_EQ(Compare("# HELP a b\n# TYPE a counter\n# what\na 1\n", kText), 4u);
  for (const char* page : {"a  1\n", "a{x=\"1\"}1\n", "a 0x10\n", "a 1 -5\n", "a 1.\n", "a inf\n",
                           "a 1e999\n", "a 1 5 \n", "a 1_0\n", "a 1 {\n"}) {
    EXPECT_EQ(Compare(page, kText), 0u) << page;
  }
  EXPECT_EQ(Compare("a 1\na 2 # {t=\"1\"} 1\na 3 1.5\n# EOF\n", kOpen), 1u);
}

TEST(ExpositionKnown, ANameIsNotTheBeginningOfAnother) {
  ExpositionParser first("a 1\n", kText);
  ASSERT_TRUE(first.Next());
  const auto key = first.line_key();
  for (const char* page : {"ab 1\n", "a{x=\"1\"} 1\n", "a_b 1\n", "a:b 1\n", "b 1\n", "a", ""}) {
    ExpositionParser parser(page, kText);
    EXPECT_FALSE(parser.TakeSeries(key)) << page;
  }
}

TEST(ExpositionKnown, NumbersAreExact) {
  std::mt19937_64 random(3);
  for (int i = 0; i < 20'000; ++i) {
    char text[64];
    const auto bits = random();
    const double any = std::bit_cast<double>(bits);
    switch (i % 5) {
      case 0: std::snprintf(text, sizeof text, "%.17g", any); break;
      case 1: std::snprintf(text, sizeof text, "%.*g", 1 + i % 17, any); break;
      case 2:
        std::snprintf(text, sizeof text, "%lld", static_cast<long long>(bits >> (i % 60)));
        break;
      case 3:
        std::snprintf(text, sizeof text, "%llu.%0*llu", static_cast<unsigned long long>(bits >> 40),
                      1 + i % 12, static_cast<unsigned long long>(random() % 1000));
        break;
      default:
        std::snprintf(text, sizeof text, "%llue%d",
                      static_cast<unsigned long long>(bits >> (10 + i % 50)),
                      static_cast<int>(random() % 60) - 30);
    }
    Compare("a " + std::string(text) + "\n", kText);
    if (HasFailure()) {
      ADD_FAILURE() << text;
      return;
    }
  }
}

}  // namespace
}  // namespace pharos::wire
