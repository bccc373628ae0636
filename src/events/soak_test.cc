// Days of life in seconds: streams come and go, lines and spans are sealed, merged and dropped,
// and nothing grows. PHAROS_LONG=1: hundreds of times as many.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <deque>
#include <filesystem>

#include "base/log.h"
#include "events/engine.h"
#include "io/soak_meter.h"

namespace pharos::events {
namespace {

constexpr int64_t kHourNs = 3'600'000'000'000;
constexpr double kChurnAnHour = 0.05;

struct Plan {
  size_t streams = 40;
  size_t batch = 100;  ///< lines and spans a step
  int64_t step_ns = kHourNs / 6;
  int64_t hours = 30;
  int64_t retention_ns = 6 * kHourNs;
};

Plan PlanOf() {
  if (std::getenv("PHAROS_LONG") == nullptr) return {};
  return {.streams = 4000, .batch = 2000, .step_ns = kHourNs / 60, .hours = 72};
}

class Soak {
 public:
  explicit Soak(Plan plan) : plan_(plan), names_(plan.streams) {
    std::filesystem::remove_all(directory_);
    std::filesystem::create_directories(directory_);
    for (size_t& name : names_) name = next_name_++;
  }
  ~Soak() {
    wal_ = nullptr;
    engine_ = nullptr;
    manifest_ = nullptr;
    std::filesystem::remove_all(directory_);
  }

  base::Result<void> Open() {
    io::Fs& fs = io::Fs::Real();
    PHAROS_TRY(manifest_, io::Manifest::Open(fs, directory_));
    EngineOptions options;
    options.log_retention_ns = options.span_retention_ns = plan_.retention_ns;
    options.min_free_bytes = 0;
    PHAROS_TRY(engine_, Engine::Open(*manifest_, clock_, budget_, options));
    PHAROS_TRY(wal_, io::Wal::Open(fs, {.directory = directory_ + "/wal", .sync_before_ack = false},
                                   [&](const io::WalFrame& f) { return engine_->Replay(f); }));
    engine_->AttachWal(*wal_);
    return {};
  }

  void Live() {
    const int64_t steps = plan_.hours * kHourNs / plan_.step_ns;
    for (int64_t step = 0; step < steps && !testing::Test::HasFatalFailure(); ++step) {
      Churn();
      Write();
      clock_.Advance(std::chrono::nanoseconds(plan_.step_ns));
      const auto ticked = engine_->Tick();
      ASSERT_TRUE(ticked.has_value()) << ticked.error().message;
      if ((step + 1) * plan_.step_ns % kHourNs == 0) {
        meter_.Measure(static_cast<double>((step + 1) * plan_.step_ns) / kHourNs,
                       budget_.used_bytes(), Streams());
      }
    }
  }

  /// All of the last hours is there, once.
  void CheckAnswers() {
    for (const auto kind : {model::EventKind::kLog, model::EventKind::kSpan}) {
      store::EventQuery query;
      query.kind = kind;
      query.end_ns = clock_.NowNs();
      query.start_ns = query.end_ns - plan_.retention_ns;
      auto cursor = engine_->Select(query);
      ASSERT_TRUE(cursor.has_value()) << cursor.error().message;
      uint64_t found = 0;
      for (;;) {
        model::EventBatch page;
        const auto more = (*cursor)->Next(&page);
        ASSERT_TRUE(more.has_value()) << more.error().message;
        if (!*more) break;
        found += page.EventCount();
      }
      const auto steps = static_cast<uint64_t>(plan_.retention_ns / plan_.step_ns);
      EXPECT_EQ(found, steps * plan_.batch / 2);
    }
  }

  const io::SoakMeter& meter() const { return meter_; }

 private:
  void Churn() {
    owed_ += static_cast<double>(plan_.streams) * kChurnAnHour *
             static_cast<double>(plan_.step_ns) / static_cast<double>(kHourNs);
    for (; owed_ >= 1; owed_ -= 1) {
      names_[turn_] = next_name_++;
      turn_ = (turn_ + 1) % plan_.streams;
    }
  }

  uint64_t Streams() {
    return engine_->Stats("default", model::EventKind::kLog).streams +
           engine_->Stats("default", model::EventKind::kSpan).streams;
  }

  void Write() {
    model::EventBatch batch;
    std::deque<std::string> texts;
    std::deque<model::SpanPart> spans;
    for (size_t i = 0; i < plan_.batch; ++i) {
      model::Event event;
      const uint64_t number = next_event_++;
      event.time_ns = clock_.NowNs() + static_cast<int64_t>(i);
      for (int b = 0; b < 8; ++b) {
        event.trace_id.bytes[8 + b] = static_cast<uint8_t>((number / 10) >> (8 * b));
      }
      event.trace_id.bytes[0] = 1;
      texts.push_back("request " + std::to_string(number) + " took " +
                      std::to_string(number * 7919 % 1000) + " ms");
      if (i % 2 == 0) {
        event.body = model::Value::String(texts.back());
      } else {
        spans.push_back({.name = texts.back(), .end_ns = event.time_ns + 1000});
        event.kind = model::EventKind::kSpan;
        event.span = &spans.back();
        event.span_id.bytes[7] = static_cast<uint8_t>(number);
        event.span_id.bytes[6] = 1;
      }
      const std::string pod = "pod-" + std::to_string(names_[number % plan_.streams]);
      batch.streams.push_back({{{"app", "shop"}, {"pod", pod}}, {event}});
    }
    const auto result = engine_->Append("default", batch);
    ASSERT_TRUE(result.has_value()) << result.error().message;
    ASSERT_EQ(result->rejected, 0u) << result->reason;
  }

  const Plan plan_;
  const std::string directory_ =
      testing::TempDir() + "pharos_soak_events_" + std::to_string(::getpid());
  base::FakeClock clock_{1'700'000'000'000'000'000};
  base::MemoryBudget budget_{size_t{2} << 30};
  std::unique_ptr<io::Manifest> manifest_;
  std::unique_ptr<Engine> engine_;
  std::unique_ptr<io::Wal> wal_;
  io::SoakMeter meter_{directory_};

  std::vector<size_t> names_;  ///< of the stream that lives in each place
  size_t next_name_ = 0, turn_ = 0;
  uint64_t next_event_ = 0;
  double owed_ = 0;
};

TEST(EventSoak, NothingGrows) {
  base::SetLogLevel(base::LogLevel::kError);
  Soak soak(PlanOf());
  const auto opened = soak.Open();
  ASSERT_TRUE(opened.has_value()) << opened.error().message;
  soak.Live();
  soak.CheckAnswers();
  base::SetLogLevel(base::LogLevel::kInfo);
  if (std::getenv("PHAROS_LONG") != nullptr) soak.meter().Print();
  EXPECT_EQ(soak.meter().Growth(), "");
}

}  // namespace
}  // namespace pharos::events
