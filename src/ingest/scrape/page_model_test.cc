// Random pages that change from scrape to scrape, written by a PageWriter with a memory and by
// a model without one: the same samples, bit by bit, and the same report.
#include <gtest/gtest.h>

#include <bit>
#include <map>
#include <random>

#include "ingest/receive/fake_sinks.h"
#include "ingest/scrape/page.h"

namespace pharos::ingest::scrape {
namespace {

using Entry = wire::ExpositionParser::Entry;
using Samples = std::map<std::string, std::vector<std::pair<int64_t, uint64_t>>>;

/// What a scrape does, said plainly.
class Model {
 public:
  void Write(const std::string& page, wire::ExpositionFormat format, int64_t time_ms) {
    std::vector<std::pair<std::string, model::Sample>> read;
    std::map<std::string, bool> shown;  // whether its end would be marked
    wire::ExpositionParser parser(page, format);
    while (true) {
      const auto entry = parser.Next();
      if (!entry) {
        read.clear();
        shown.clear();
        break;
      }
      if (*entry == Entry::kEnd) break;
      if (*entry != Entry::kSeries) continue;
      const std::string raw(parser.raw_series());
      read.push_back({raw, {parser.has_time() ? parser.time_ms() : time_ms, parser.value()}});
      shown[raw] = !parser.has_time();
    }
    for (const auto& [raw, tracked] : live_) {
      if (tracked && !shown.contains(raw)) Add(raw, {time_ms, model::StaleNan()});
    }
    for (const auto& [raw, sample] : read) Add(raw, sample);
    live_ = std::move(shown);
  }
  Samples samples;

 private:
  // As the engine of the test: no older times, the first of equal times stays.
  void Add(const std::string& raw, const model::Sample& sample) {
    auto& kept = samples[raw];
    if (!kept.empty() && kept.back().first >= sample.time_ms) return;
    kept.emplace_back(sample.time_ms, std::bit_cast<uint64_t>(sample.value));
  }
  std::map<std::string, bool> live_;
};

class World {
 public:
  explicit World(uint64_t seed) : random_(seed) {
    for (int i = 0; i < 40; ++i) lines_.push_back(i);
  }
  /// The next page: most of it as before, some lines moved, gone, new, odd.
  std::string Page() {
    for (int change = Chance(3) ? 0 : static_cast<int>(random_() % 4); change > 0; --change) {
      const size_t at = random_() % lines_.size();
      switch (random_() % 4) {
        case 0: lines_.erase(lines_.begin() + static_cast<ptrdiff_t>(at)); break;
        case 1: lines_.insert(lines_.begin() + static_cast<ptrdiff_t>(at), next_++); break;
        case 2: std::swap(lines_[at], lines_[random_() % lines_.size()]); break;
        default: lines_.push_back(lines_[at]); break;  // twice on the page
      }
      if (lines_.size() < 3) lines_.push_back(next_++);
    }
    std::string page;
    for (const int line : lines_) page += Line(line);
    if (Chance(25)) page += "broken{ 1\n";
    return page;
  }

 private:
  bool Chance(int of) { return random_() % static_cast<uint64_t>(of) == 0; }
  std::string Line(int line) {
    const std::string name = "m" + std::to_string(line);
    if (line % 7 == 0) return "# HELP " + name + (Chance(30) ? " other\n" : " text\n");
    if (line % 7 == 1) return "# TYPE " + name + " counter\n# a comment\n";
    std::string out = name + (line % 3 == 0 ? "{a=\"" + std::to_string(line) + "\"}" : "");
    out += Chance(40) ? "  " : " ";
    out += Chance(3) ? "NaN" : std::to_string(static_cast<int64_t>(random_()) >> (random_() % 60));
    if (line % 11 == 0) out += " " + std::to_string(time_ += 5);
    return out + "\n";
  }
  std::mt19937_64 random_;
  std::vector<int> lines_;
  int next_ = 40;
  int64_t time_ = 1'000'000;
};

TEST(PageModel, MemoryChangesNothing) {
  for (uint64_t seed = 0; seed < 60; ++seed) {
    World world(seed);
    Model model;
    receive::FakeSamples sink;
    PageWriter writer({}, {});
    for (int scrape = 1; scrape <= 40; ++scrape) {
      const std::string page = world.Page();
      const int64_t time_ms = 1'000'000'000 + scrape * 1000;
      const auto appender = sink.Begin("default");
      ScrapeReport report;
      (void)writer.Write(page, wire::ExpositionFormat::kPrometheusText, time_ms, *appender,
                         &report);
      model.Write(page, wire::ExpositionFormat::kPrometheusText, time_ms);
    }
    Samples got;
    for (const auto& series : sink.series) {
      std::string raw(series.labels.Name());
      if (series.labels.Has("a")) raw += "{a=\"" + std::string(series.labels.Get("a")) + "\"}";
      for (const auto& s : series.samples) {
        got[raw].emplace_back(s.time_ms, std::bit_cast<uint64_t>(s.value));
      }
    }
    ASSERT_EQ(got, model.samples) << "seed " << seed;
  }
}

TEST(PageModel, EvictedSeriesAreMadeAgain) {
  receive::FakeSamples sink;
  PageWriter writer({}, model::Labels{{"job", "j"}});
  const auto write = [&](std::string_view page, int64_t time_ms) {
    const auto appender = sink.Begin("default");
    ScrapeReport report;
    EXPECT_TRUE(
        writer.Write(page, wire::ExpositionFormat::kPrometheusText, time_ms, *appender, &report));
    writer.WriteReport(report, time_ms, *appender);
  };
  write("a 1\nb 1\n", 1000);
  for (auto& series : sink.series) series.epoch = 5;
  write("a 2\nb 2\n", 2000);
  EXPECT_EQ(sink.Find(R"(a{job="j"})")->samples.size(), 2u);
  EXPECT_EQ(sink.Find(R"(b{job="j"})")->samples.size(), 2u);
  EXPECT_EQ(sink.Find(R"(up{job="j"})")->samples.size(), 2u);
}

}  // namespace
}  // namespace pharos::ingest::scrape
