// Exemplars through both engines, on one simulated disk.
#include "server/exemplars.h"

#include <gtest/gtest.h>

#include "events/engine.h"
#include "io/manifest.h"
#include "io/sim_fs.h"
#include "io/wal.h"
#include "samples/engine.h"
#include "store/reserved_streams.h"

namespace pharos::server {
namespace {

using model::Exemplar;
using model::Labels;
using model::Matcher;
using model::MatchOp;

constexpr int64_t kNowMs = 1'700'000'000'000;

class ExemplarsTest : public testing::Test {
 protected:
  ExemplarsTest() { Open(); }

  void Open() {
    manifest_ = io::Manifest::Open(fs_, "data").value();
    events_ = events::Engine::Open(*manifest_, clock_, budget_, {.min_free_bytes = 0}).value();
    samples_ =
        samples::SampleEngine::Open(*manifest_, clock_, budget_, {.shards = 1, .min_free_bytes = 0})
            .value();
    io::WalOptions options;
    options.directory = "data/wal";
    options.window_us = 0;
    options.first_sequence = 1 + std::max(manifest_->SealedSequence(io::Signal::kSamples),
                                          manifest_->SealedSequence(io::Signal::kEvents));
    wal_ = io::Wal::Open(fs_, options, [&](const io::WalFrame& frame) {
             return frame.signal == io::Signal::kSamples ? samples_->Replay(frame)
                                                         : events_->Replay(frame);
           }).value();
    events_->AttachWal(*wal_);
    exemplars_ = std::make_unique<Exemplars>(*events_, *events_, budget_);
    samples_->AttachExemplars(*exemplars_);
    samples_->AttachWal(*wal_);
  }
  void CutPower() {
    fs_.Halt();
    samples_ = nullptr;
    exemplars_ = nullptr;
    events_ = nullptr;
    wal_ = nullptr;
    manifest_ = nullptr;
    fs_.CutPower(1);
    Open();
  }
  void Add(const Labels& series, Exemplar exemplar) {
    const auto appender = samples_->Begin("default");
    const store::ExemplarWrite write{appender->Resolve(series).value(), std::move(exemplar)};
    appender->AppendExemplars({&write, 1});
    ASSERT_TRUE(appender->Commit().Wait().has_value());
  }
  std::string Select(const std::vector<Matcher>& matchers, int64_t start_ms = 0,
                     int64_t end_ms = INT64_MAX) {
    store::SampleQuery query;
    query.matchers = matchers;
    query.start_ms = start_ms;
    query.end_ms = end_ms;
    return Text(samples_->Exemplars(query));
  }
  static std::string Text(const base::Result<std::vector<store::SeriesExemplars>>& found) {
    if (!found) return found.error().message;
    std::string out;
    for (const auto& [series, exemplars] : *found) {
      out += model::ToString(series) + ":";
      for (const Exemplar& e : exemplars) {
        out += " " + std::to_string(e.time_ms - kNowMs) + "=" + std::to_string(e.value) +
               model::ToString(e.labels);
      }
      out += "\n";
    }
    return out;
  }
  static Matcher Name(const std::string& name) { return Matcher::Equal("__name__", name); }

  base::FakeClock clock_{kNowMs * 1'000'000};
  base::MemoryBudget budget_{1u << 30};
  io::SimFs fs_;
  std::unique_ptr<io::Manifest> manifest_;
  std::unique_ptr<events::Engine> events_;
  std::unique_ptr<samples::SampleEngine> samples_;
  std::unique_ptr<io::Wal> wal_;
  std::unique_ptr<Exemplars> exemplars_;
};

const Labels kFast{{"__name__", "latency_bucket"}, {"le", "0.5"}};
const Labels kSlow{{"__name__", "latency_bucket"}, {"le", "5.0"}};
const Labels kOther{{"__name__", "size"}};

TEST_F(ExemplarsTest, AreSelectedAsPrometheusDoesAndSurvive) {
  Add(kSlow, {Labels{{"trace_id", "ab"}, {"user", "ü"}}, 2.5, kNowMs - 2000});
  Add(kFast, {Labels{}, 0.1, kNowMs - 1000});
  Add(kFast, {Labels{{"trace_id", "cd"}}, -0.25, kNowMs});
  Add(kOther, {Labels{{"x", "y"}}, 7, kNowMs});
  const auto check = [&] {
    EXPECT_EQ(Select({Name("latency_bucket")}),
              "latency_bucket{le=\"0.5\"}: -1000=0.100000{} 0=-0.250000{trace_id=\"cd\"}\n"
              "latency_bucket{le=\"5.0\"}: -2000=2.500000{trace_id=\"ab\", user=\"ü\"}\n");
    EXPECT_EQ(Select({Name("latency_bucket"), Matcher::Equal("le", "5.0")}),
              "latency_bucket{le=\"5.0\"}: -2000=2.500000{trace_id=\"ab\", user=\"ü\"}\n");
    EXPECT_EQ(Select({Matcher::Make(MatchOp::kRegex, "__name__", "si.*").value()}),
              "size: 0=7.000000{x=\"y\"}\n");
    EXPECT_EQ(
        Select({Matcher::Make(MatchOp::kNotEqual, "le", "").value()}, kNowMs - 1000, kNowMs - 1000),
        "latency_bucket{le=\"0.5\"}: -1000=0.100000{}\n");
  };
  check();
  CutPower();
  check();
  ASSERT_TRUE(events_->Flush().has_value());
  ASSERT_TRUE(samples_->Flush().has_value());
  check();
  CutPower();
  check();
}

TEST_F(ExemplarsTest, TheNewestAgainAndOlderOnesAreNotTaken) {
  const Labels trace{{"trace_id", "ab"}};
  Add(kFast, {trace, 0.2, kNowMs});
  const std::string once = Select({});
  Add(kFast, {trace, 0.2, kNowMs});      // the same
  Add(kFast, {trace, 0.2, kNowMs - 1});  // older
  Add(kFast, {trace, 0.1, kNowMs});      // less at the same time
  Add(kFast, {Labels{{"trace_id", std::string(200, 'a')}}, 0.2, kNowMs + 1});
  Add(kFast, {trace, 0.2, kNowMs - 40LL * 86'400'000});  // out of bounds
  EXPECT_EQ(Select({}), once);
  CutPower();
  Add(kFast, {trace, 0.2, kNowMs});
  Add(kFast, {trace, 0.1, kNowMs - 1});
  EXPECT_EQ(Select({}), once);
  Add(kFast, {trace, 0.3, kNowMs});
  Add(kSlow, {trace, 0.1, kNowMs - 1});
  EXPECT_EQ(Select({}),
            "latency_bucket{le=\"0.5\"}: 0=0.200000{trace_id=\"ab\"} 0=0.300000{trace_id=\"ab\"}\n"
            "latency_bucket{le=\"5.0\"}: -1=0.100000{trace_id=\"ab\"}\n");
}

TEST_F(ExemplarsTest, WithoutATimeOfItsOwnTheSameIsTakenOnce) {
  Add(kFast, {Labels{{"trace_id", "ab"}}, 0.2, kNowMs - 15'000, false});
  Add(kFast, {Labels{{"trace_id", "ab"}}, 0.2, kNowMs, false});
  CutPower();
  Add(kFast, {Labels{{"trace_id", "ab"}}, 0.2, kNowMs + 1, false});
  EXPECT_EQ(Select({}), "latency_bucket{le=\"0.5\"}: -15000=0.200000{trace_id=\"ab\"}\n");
}

TEST_F(ExemplarsTest, AreFoundByTheirTrace) {
  model::TraceId id;
  ASSERT_TRUE(model::ParseTraceId("5b8efff798038103d269b633813fc60d", &id));
  Add(kFast, {Labels{{"trace_id", model::ToHex(id)}}, 0.2, kNowMs});
  Add(kOther, {Labels{{"traceID", model::ToHex(id)}}, 3, kNowMs + 1});
  Add(kSlow, {Labels{{"trace_id", "ab"}}, 4, kNowMs});
  Add(kSlow,
      {Labels{{"trace_id", "cd"}, {"traceID", model::ToHex(id)}, {"span_id", "x"}}, 5, kNowMs});
  const Labels whole{{"trace_id", std::string(31, '0') + "1"}, {"span_id", std::string(16, 'a')}};
  Add(kSlow, {whole, 6, kNowMs});
  EXPECT_EQ(Select({Name("latency_bucket"), Matcher::Equal("le", "5.0")}),
            "latency_bucket{le=\"5.0\"}: 0=4.000000{trace_id=\"ab\"} "
            "0=5.000000{span_id=\"x\", traceID=\"5b8efff798038103d269b633813fc60d\", "
            "trace_id=\"cd\"} 0=6.000000" +
                model::ToString(whole) + "\n");
  const std::string expected =
      "latency_bucket{le=\"0.5\"}: 0=0.200000{trace_id=\"5b8efff798038103d269b633813fc60d\"}\n"
      "size: 1=3.000000{traceID=\"5b8efff798038103d269b633813fc60d\"}\n";
  EXPECT_EQ(Text(exemplars_->OfTrace("default", id)), expected);
  ASSERT_TRUE(events_->Flush().has_value());
  EXPECT_EQ(Text(exemplars_->OfTrace("default", id)), expected);
  EXPECT_EQ(Text(exemplars_->OfTrace("other", id)), "");
}

TEST_F(ExemplarsTest, LogsDoNotShowThemUnlessByName) {
  size_t tailed = 0;
  const auto tail = events_->Tail({}, [&](const model::EventBatch&) { ++tailed; });
  Add(kFast, {Labels{{"trace_id", "ab"}}, 0.2, kNowMs});
  const auto count = [&](const std::vector<Matcher>& streams) {
    store::EventQuery query;
    query.start_ns = 0;
    query.end_ns = INT64_MAX;
    query.streams = streams;
    const auto cursor = events_->Select(query).value();
    model::EventBatch page;
    size_t events = 0;
    while (cursor->Next(&page).value()) events += page.EventCount();
    EXPECT_EQ(events_->Streams(query).value().size(), events);
    return events;
  };
  for (int sealed = 0; sealed < 2; ++sealed) {
    EXPECT_EQ(count({}), 0u);
    EXPECT_EQ(count({Matcher::Make(MatchOp::kNotEqual, "app", "x").value()}), 0u);
    EXPECT_EQ(count({Matcher::Equal("__exemplars__", "latency_bucket")}), 1u);
    ASSERT_TRUE(events_->Flush().has_value());
  }
  EXPECT_EQ(tailed, 0u);
}

}  // namespace
}  // namespace pharos::server
