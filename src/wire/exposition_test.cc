#include "wire/exposition.h"

#include <gtest/gtest.h>
#include <simdjson.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "wire/base64.h"

namespace pharos::wire {
namespace {

namespace dom = simdjson::dom;
using Entry = ExpositionParser::Entry;
constexpr auto kText = ExpositionFormat::kPrometheusText;
constexpr auto kOpen = ExpositionFormat::kOpenMetrics;
const std::string kData = "../shared/data/";

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

/// "" when the page is taken whole, else the error.
std::string Problem(std::string_view page, ExpositionFormat format) {
  ExpositionParser parser(page, format);
  while (true) {
    const auto entry = parser.Next();
    if (!entry) return entry.error().message;
    if (*entry == Entry::kEnd) return "";
  }
}

std::string InputOf(dom::element input) {
  std::string_view text;
  if (!input.get(text)) return std::string(text);
  std::string bytes;
  if (!input["_bytes_hex"].get(text)) {
    EXPECT_TRUE(DecodeHex(text, &bytes));
  }
  return bytes;
}

dom::element Table(dom::element root, std::string_view test, size_t at_least) {
  for (const dom::element table : root["tables"].get_array()) {
    if (table["test"].get_string().value() == test &&
        table["cases"].get_array().size() >= at_least) {
      return table["cases"];
    }
  }
  ADD_FAILURE() << "no table " << test;
  return root;
}

TEST(Exposition, ReadsText) {
  ExpositionParser p(
      "# HELP a A \\\\ x\\n.\n# TYPE a counter\n  # any\na{b=\"c\\\"\\n\", } 1.5 123\nb NaN",
      kText);
  ASSERT_EQ(*p.Next(), Entry::kHelp);
  EXPECT_EQ(p.family(), "a");
  EXPECT_EQ(p.text(), "A \\ x\n.");
  ASSERT_EQ(*p.Next(), Entry::kType);
  EXPECT_EQ(p.type(), model::MetricType::kCounter);
  ASSERT_EQ(*p.Next(), Entry::kComment);
  ASSERT_EQ(*p.Next(), Entry::kSeries);
  EXPECT_EQ(p.raw_series(), "a{b=\"c\\\"\\n\", }");
  EXPECT_EQ(p.Labels(),
            (std::vector<std::pair<std::string, std::string>>{{"__name__", "a"}, {"b", "c\"\n"}}));
  EXPECT_EQ(p.value(), 1.5);
  EXPECT_TRUE(p.has_time());
  EXPECT_EQ(p.time_ms(), 123);
  ASSERT_EQ(*p.Next(), Entry::kSeries);
  EXPECT_TRUE(std::isnan(p.value()));
  EXPECT_FALSE(model::IsStaleNan(p.value()));
  EXPECT_EQ(*p.Next(), Entry::kEnd);
}

TEST(Exposition, ReadsOpenMetrics) {
  ExpositionParser p(
      "# TYPE a_seconds histogram\n# UNIT a_seconds seconds\n"
      "a_seconds_bucket{le=\"1\"} 3 1.5 # {trace_id=\"x\"} 0.5 1.25\n# EOF\n",
      kOpen);
  ASSERT_EQ(*p.Next(), Entry::kType);
  ASSERT_EQ(*p.Next(), Entry::kUnit);
  EXPECT_EQ(p.text(), "seconds");
  ASSERT_EQ(*p.Next(), Entry::kSeries);
  EXPECT_EQ(p.Labels()[1].second, "1.0") << "le in OpenMetrics form";
  EXPECT_EQ(p.time_ms(), 1500);
  ASSERT_TRUE(p.has_exemplar());
  EXPECT_EQ(p.Exemplar().labels.Get("trace_id"), "x");
  EXPECT_EQ(p.Exemplar().time_ms, 1250);
  EXPECT_EQ(*p.Next(), Entry::kEnd);
}

class PrometheusTables : public testing::TestWithParam<bool> {};

bool IsCreated(const ExpositionParser& p, dom::element want) {
  std::string_view metric;
  return p.Labels()[0].second.ends_with("_created") && p.type() != model::MetricType::kGauge &&
         !want["m"].get(metric) && metric != p.raw_series();
}

/// Every entry that the original's test expects, in order.
void CompareEntries(const std::string& page, ExpositionFormat format, dom::element cases) {
  ExpositionParser p(page, format);
  size_t n = 0;
  for (const dom::element want : cases.get_array()) {
    auto entry = p.Next();
    // The original's test leaves out the series that only carry a creation time.
    while (format == kOpen && entry && *entry == Entry::kSeries && IsCreated(p, want))
      entry = p.Next();
    ASSERT_TRUE(entry) << n << ": " << entry.error().message;
    std::string_view text;
    SCOPED_TRACE("entry " + std::to_string(n++) + " " + simdjson::to_string(want));
    if (!want["comment"].get(text)) {
      EXPECT_EQ(*entry, Entry::kComment);
      continue;
    }
    const std::string_view metric = want["m"].get_string().value_unsafe();
    if (!want["help"].get(text)) {
      EXPECT_EQ(*entry, Entry::kHelp);
      EXPECT_EQ(p.family(), metric);
      EXPECT_EQ(p.text(), text);
    } else if (!want["typ"].get(text)) {
      EXPECT_EQ(*entry, Entry::kType);
    } else if (!want["unit"].get(text)) {
      EXPECT_EQ(*entry, Entry::kUnit);
      EXPECT_EQ(p.text(), text);
    } else if (!want["lset"].error()) {
      ASSERT_EQ(*entry, Entry::kSeries);
      EXPECT_EQ(p.raw_series(), metric);
      double value;
      if (!want["v"].get(value)) {
        EXPECT_EQ(p.value(), value);
      }
      dom::element lset = want["lset"];
      if (!lset["args"].error()) lset = lset["args"].at(2);
      dom::object object;
      if (lset.get(object) || simdjson::to_string(lset).find("MetricType") != std::string::npos) {
        continue;  // a Go constant instead of a value
      }
      std::vector<std::pair<std::string, std::string>> got = p.Labels(), labels;
      for (const auto [name, v] : object) labels.emplace_back(name, v.get_string().value());
      std::sort(got.begin(), got.end());
      std::sort(labels.begin(), labels.end());
      EXPECT_EQ(got, labels);
      int64_t time;
      if (!want["t"].get(time)) {
        EXPECT_EQ(p.time_ms(), time);
      }
    }
  }
  auto last = p.Next();
  while (last && *last == Entry::kSeries && p.Labels()[0].second.ends_with("_created"))
    last = p.Next();
  ASSERT_TRUE(last) << last.error().message;
  EXPECT_EQ(*last, Entry::kEnd);
  EXPECT_GT(n, 10u);
}

TEST_P(PrometheusTables, AreReadTheSame) {
  const bool open = GetParam();
  const std::string folder = kData + "prometheus/textparse/";
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << folder << " is not there";
  const std::string stem = open ? "openmetrics" : "prom_text";
  const ExpositionFormat format = open ? kOpen : kText;
  dom::parser tables, inputs;
  const dom::element root = tables.load(folder + stem + "_parse.json");
  const dom::element pages = inputs.load(folder + stem + "_inputs.json");
  const std::map<std::string, std::string> names =
      open ? std::map<std::string, std::string>{{"TestOpenMetricsParse", "TestOpenMetricsParse"},
                                                {"TestOpenMetricsParse_UTF8",
                                                 "TestOpenMetricsParse_UTF8"}}
           : std::map<std::string, std::string>{{"TestPromParse", "TestPromParse"},
                                                {"TestUTF8PromParse", "TestUTF8PromParse"}};
  size_t compared = 0;
  for (const dom::element page : pages["cases"].get_array()) {
    const std::string test(page["test"].get_string().value());
    if (!names.contains(test)) continue;
    std::string input = InputOf(page["input"]);
    using namespace std::string_literals;  // the rest is put together in the test's code
    if (test == "TestPromParse" || test == "TestOpenMetricsParse") {
      input += "\n# HELP metric foo\0bar\nnull_byte_metric{a=\"abc\0\"} 1"s;
    }
    if (open && input.find("# EOF") == input.npos) {
      input += input.ends_with('\n') ? "# EOF\n" : "\n# EOF\n";
    }
    SCOPED_TRACE(test);
    CompareEntries(input, format, Table(root, test, 10));
    ++compared;
  }
  EXPECT_EQ(compared, 2u);
}

TEST_P(PrometheusTables, AreRefusedInTheSameWords) {
  const bool open = GetParam();
  const std::string file =
      kData + "prometheus/textparse/" + (open ? "openmetrics" : "prom_text") + "_parse.json";
  if (!std::filesystem::exists(file)) GTEST_SKIP() << file << " is not there";
  dom::parser json;
  const dom::element root = json.load(file);
  for (const char* test :
       open ? std::vector<const char*>{"TestOpenMetricsParseErrors", "TestOMNullByteHandling"}
            : std::vector<const char*>{"TestPromParseErrors", "TestPromNullByteHandling"}) {
    for (const dom::element item : Table(root, test, 5).get_array()) {
      std::string want(item["err"].get_string().value());
      if (want == "EOF") want = "";
      EXPECT_EQ(Problem(InputOf(item["input"]), open ? kOpen : kText), want)
          << simdjson::to_string(item);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Formats, PrometheusTables, testing::Bool());

TEST(OpenMetricsSuite, TakesAndRefusesWhatPrometheusDoes) {
  const std::string folder = kData + "openmetrics/";
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << folder << " is not there";
  dom::parser json, exceptions;
  std::set<std::string> lenient;
  const dom::element list = exceptions.load(folder + "prometheus_lenient_exceptions.json");
  for (const dom::element name : list["accepted_by_prometheus_scrape"].get_array()) {
    lenient.emplace(name.get_string().value());
  }
  // The list is older than Prometheus 3.x: times that are not finite are refused since.
  for (const char* name :
       {"bad_exemplar_timestamp_0", "bad_exemplar_timestamp_1", "bad_exemplar_timestamp_2",
        "bad_timestamp_4", "bad_timestamp_5", "bad_timestamp_7"}) {
    EXPECT_EQ(lenient.erase(name), 1u);
  }
  // Refused by the scraper, not by the parser: a label twice, an exemplar that is too long.
  lenient.insert({"bad_invalid_labels_2", "bad_invalid_labels_5", "bad_exemplar_complex_chars"});
  size_t cases = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder + "parsers")) {
    const std::string name = entry.path().filename().string();
    const bool valid = json.load(entry.path() / "test.json")["shouldParse"];
    const std::string problem = Problem(ReadFile(entry.path() / "metrics"), kOpen);
    EXPECT_EQ(problem.empty(), valid || lenient.contains(name)) << name << ": " << problem;
    ++cases;
  }
  EXPECT_GT(cases, 150u);
}

}  // namespace
}  // namespace pharos::wire
