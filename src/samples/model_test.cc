// The engine against a naive model: random writes, seals, merges, restarts and queries must
// agree with a map of maps.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <random>

#include "samples/engine_harness.h"
#include "samples/limits.h"

namespace pharos::samples {
namespace {

using model::Labels;
using model::Matcher;
using model::MatchOp;
using Random = std::mt19937_64;

Labels RandomLabels(Random& random) {
  const auto text = [&](const char* prefix, uint64_t most) {
    return prefix + std::to_string(random() % most);
  };
  const std::string name = text("metric_", 4), job = text("job", 3), extra = text("", 3);
  return Labels{{"__name__", name}, {"job", job}, {"x", extra == "0" ? "" : extra}};
}

double RandomValue(Random& random) {
  switch (random() % 6) {
    case 0: return model::StaleNan();
    case 1: return std::bit_cast<double>(random());
    case 2: return static_cast<double>(random() % 10'000) / 100;
    default: return static_cast<double>(random() % 1'000'000);
  }
}

std::vector<Matcher> RandomMatchers(Random& random) {
  std::vector<Matcher> out;
  const auto add = [&](MatchOp op, const char* name, const char* value) {
    out.push_back(Matcher::Make(op, name, value).value());
  };
  switch (random() % 8) {
    case 0: add(MatchOp::kEqual, "__name__", "metric_1"); break;
    case 1:
      add(MatchOp::kRegex, "__name__", "metric_(0|2)");
      add(MatchOp::kNotEqual, "job", "job1");
      break;
    case 2: add(MatchOp::kEqual, "x", ""); break;
    case 3: add(MatchOp::kNotEqual, "x", ""); break;
    case 4:
      add(MatchOp::kNotRegex, "x", "1|");
      add(MatchOp::kRegex, "job", "job[12]");
      break;
    case 5: add(MatchOp::kRegex, "job", "job0|job2|nobody"); break;
    case 6:
      add(MatchOp::kRegex, "missing", ".*");
      add(MatchOp::kRegex, "x", ".+");
      break;
    default: break;
  }
  return out;
}

/// The model: what Judge should say, and what should be stored.
class Model {
 public:
  Model(int64_t window_ms, bool wins) : window_ms_(window_ms), wins_(wins) {}

  std::optional<store::SampleRefusal> Put(const Labels& labels, int64_t t, double v) {
    Points& points = all_[labels];
    if (!points.empty()) {
      const auto [last, bits] = *points.rbegin();
      if (t == last && bits == Bits(v)) return std::nullopt;
      if (t == last && !(wins_ && window_ms_ > 0)) return store::SampleRefusal::kDuplicateTimestamp;
      if (t < last && last - t > window_ms_) return store::SampleRefusal::kOutOfOrder;
      if (t < last && window_ms_ == 0) return store::SampleRefusal::kOutOfOrder;
    }
    points[t] = Bits(v);
    return std::nullopt;
  }
  Contents Select(const store::SampleQuery& query) const {
    Contents out;
    for (const auto& [labels, points] : all_) {
      if (!model::MatchesAll(query.matchers, labels)) continue;
      Points inside(points.lower_bound(query.start_ms), points.upper_bound(query.end_ms));
      if (!inside.empty()) out[labels] = std::move(inside);
    }
    return out;
  }

 private:
  const int64_t window_ms_;
  const bool wins_;
  Contents all_;
};

void Walk(uint64_t seed, SampleEngineOptions options) {
  SCOPED_TRACE("seed " + std::to_string(seed));
  Random random(seed);
  options.seal_age_ms = 20 * 60 * 1000;
  Harness harness(options);
  ASSERT_TRUE(harness.Open().has_value());
  Model model(options.out_of_order_window_ms, options.later_write_wins);
  for (int step = 0; step < 600; ++step) {
    const auto action = random() % 100;
    const int64_t now = harness.clock().NowMs();
    if (action < 75) {
      const Labels labels = RandomLabels(random);
      for (auto n = 1 + random() % 30; n > 0; --n) {
        const int64_t t =
            now - static_cast<int64_t>(random() % 4 == 0 ? random() % 2'400'000 : random() % 50);
        const double v = RandomValue(random);
        ASSERT_EQ(Put(harness.engine(), labels, t, v), model.Put(labels, t, v)) << "step " << step;
      }
      harness.clock().Advance(std::chrono::seconds(random() % 60));
    } else if (action < 90) {
      store::SampleQuery query = Everything();
      query.matchers = RandomMatchers(random);
      if (random() % 2) {
        query.start_ms = now - static_cast<int64_t>(random() % 7'200'000);
        query.end_ms = query.start_ms + static_cast<int64_t>(random() % 3'600'000);
      }
      const auto got = ReadAll(harness.engine(), query);
      ASSERT_TRUE(got.has_value()) << got.error().message;
      ASSERT_EQ(*got, model.Select(query)) << "step " << step;
    } else if (action < 96) {
      harness.clock().Advance(std::chrono::minutes(random() % 40));
      ASSERT_TRUE(harness.engine().Tick().has_value());
    } else if (action < 98) {
      ASSERT_TRUE(harness.Restart().has_value());
    } else {
      ASSERT_TRUE(harness.engine().Flush().has_value());
    }
  }
  EXPECT_EQ(ReadAll(harness.engine(), Everything()).value(), model.Select(Everything()));
  EXPECT_TRUE(harness.engine().Verify().has_value());
}

/// So many walks, and more where there is time (PHAROS_LONG).
uint64_t Walks(uint64_t few, uint64_t many) {
  return std::getenv("PHAROS_LONG") != nullptr ? many : few;
}

TEST(EngineModel, AgreesWhereTheLaterWriteWins) {
  for (uint64_t n = 0; n < Walks(3, 24); ++n) Walk(1 + n, {.seal_samples = 2000});
}

TEST(EngineModel, AgreesWithoutAWindow) {
  // The engine asks parts only for the last three hours; the walk stays well within.
  for (uint64_t n = 0; n < Walks(3, 16); ++n) {
    Walk(101 + n, {.out_of_order_window_ms = 0, .seal_samples = 2000});
  }
}

TEST(EngineModel, AgreesWithOneShardAndWithMany) {
  Walk(201, {.shards = 1, .seal_samples = 500});
  Walk(202, {.shards = 64, .seal_samples = 500});
}

}  // namespace
}  // namespace pharos::samples
