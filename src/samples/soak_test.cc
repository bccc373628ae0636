// Days of life in seconds: series come and go, parts are sealed, merged and dropped, and nothing
// grows. PHAROS_LONG=1: 100,000 series, 5 % of them replaced an hour.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <filesystem>

#include "base/hash.h"
#include "base/log.h"
#include "io/soak_meter.h"
#include "samples/engine.h"

namespace pharos::samples {
namespace {

constexpr int64_t kHourMs = 3'600'000;
constexpr double kChurnAnHour = 0.05;

struct Plan {
  size_t series = 1000;
  int64_t step_ms = 600'000;
  int64_t hours = 72;
  int64_t retention_ms = 6 * kHourMs;  // and up to a day, since days are dropped as a whole
};

Plan PlanOf() {
  if (std::getenv("PHAROS_LONG") == nullptr) return {};
  return {.series = 100'000, .step_ms = 30'000};
}

class Soak {
 public:
  explicit Soak(Plan plan) : plan_(plan), names_(plan.series), since_ms_(plan.series) {
    std::filesystem::remove_all(directory_);
    std::filesystem::create_directories(directory_);
    for (size_t i = 0; i < plan_.series; ++i) Replace(i);
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
    PHAROS_TRY(engine_, SampleEngine::Open(*manifest_, clock_, budget_,
                                           {.retention_ms = plan_.retention_ms}));
    io::WalOptions options{.directory = directory_ + "/wal", .sync_before_ack = false};
    PHAROS_TRY(wal_, io::Wal::Open(fs, options, [&](const io::WalFrame& frame) {
                 return engine_->Replay(frame);
               }));
    engine_->AttachWal(*wal_);
    return {};
  }

  void Live() {
    const int64_t steps = plan_.hours * kHourMs / plan_.step_ms;
    for (int64_t step = 0; step < steps && !testing::Test::HasFatalFailure(); ++step) {
      Churn();
      Scrape();
      clock_.Advance(std::chrono::milliseconds(plan_.step_ms));
      const auto ticked = engine_->Tick();
      ASSERT_TRUE(ticked.has_value()) << ticked.error().message;
      if ((step + 1) * plan_.step_ms % kHourMs == 0) {
        meter_.Measure(static_cast<double>((step + 1) * plan_.step_ms) / kHourMs,
                       budget_.used_bytes(), engine_->Stats(store::kDefaultTenant).series);
      }
    }
  }

  /// Every hundredth of the series that live has all its samples of the last hours.
  void CheckAnswers() {
    for (size_t i = 0; i < plan_.series; i += std::max<size_t>(1, plan_.series / 100)) {
      store::SampleQuery query;
      query.end_ms = clock_.NowMs();
      query.start_ms = query.end_ms - plan_.retention_ms;
      const model::Labels labels = LabelsOf(i);
      for (const model::LabelView label : labels) {
        query.matchers.push_back(
            model::Matcher::Equal(std::string(label.name), std::string(label.value)));
      }
      auto cursor = engine_->Select(query);
      ASSERT_TRUE(cursor.has_value()) << cursor.error().message;
      store::SeriesColumns columns;
      const auto more = (*cursor)->Next(&columns);
      ASSERT_TRUE(more && *more) << "series " << i << " is gone";
      const int64_t from = std::max(query.start_ms, since_ms_[i]);
      const int64_t wanted = (query.end_ms - 1 - from) / plan_.step_ms + 1;
      EXPECT_EQ(static_cast<int64_t>(columns.times_ms.size()), wanted) << "series " << i;
      for (size_t n = 0; n < columns.times_ms.size(); ++n) {
        ASSERT_EQ(columns.values[n], ValueOf(i, columns.times_ms[n]));
      }
    }
  }

  const io::SoakMeter& meter() const { return meter_; }

 private:
  void Replace(size_t i) {
    names_[i] = next_name_++;
    since_ms_[i] = clock_.NowMs();
  }

  void Churn() {
    owed_ += static_cast<double>(plan_.series) * kChurnAnHour * static_cast<double>(plan_.step_ms) /
             static_cast<double>(kHourMs);
    for (; owed_ >= 1; owed_ -= 1) {
      Replace(turn_);
      turn_ = (turn_ + 1) % plan_.series;
    }
  }

  model::Labels LabelsOf(size_t i) const {
    return {{"__name__", "metric_" + std::to_string(i % 50)},
            {"instance", "host-" + std::to_string(i)},
            {"pod", "pod-" + std::to_string(names_[i])}};
  }
  static double ValueOf(size_t i, int64_t time_ms) {
    return std::floor(static_cast<double>(time_ms % 7'919'000) / 1000 * static_cast<double>(i % 9));
  }

  /// As a receiver does it: by the hash of raw bytes first.
  void Scrape() {
    constexpr size_t kRequest = 2000;
    const int64_t now = clock_.NowMs();
    std::vector<store::SampleWrite> writes;
    std::vector<store::Refused> refused;
    for (size_t from = 0; from < plan_.series; from += kRequest) {
      auto appender = engine_->Begin(store::kDefaultTenant);
      writes.clear();
      for (size_t i = from; i < std::min(from + kRequest, plan_.series); ++i) {
        const base::Hash128 raw = base::HashBytes128("raw " + std::to_string(names_[i]));
        auto handle = appender->Lookup(raw);
        if (!handle) {
          const auto made = appender->Resolve(LabelsOf(i));
          ASSERT_TRUE(made.has_value()) << made.error().message;
          handle = *made;
          appender->Remember(raw, *handle);
        }
        writes.push_back({*handle, now, ValueOf(i, now)});
      }
      appender->Append(writes, &refused);
      ASSERT_TRUE(refused.empty());
      (void)appender->Commit();
    }
  }

  const Plan plan_;
  const std::string directory_ =
      testing::TempDir() + "pharos_soak_samples_" + std::to_string(::getpid());
  base::FakeClock clock_{1'700'000'000'000'000'000};
  base::MemoryBudget budget_{size_t{2} << 30};
  std::unique_ptr<io::Manifest> manifest_;
  std::unique_ptr<SampleEngine> engine_;
  std::unique_ptr<io::Wal> wal_;
  io::SoakMeter meter_{directory_};

  std::vector<uint64_t> names_;    ///< of the series that lives in each place
  std::vector<int64_t> since_ms_;  ///< when it came
  uint64_t next_name_ = 0;
  size_t turn_ = 0;
  double owed_ = 0;
};

TEST(SampleSoak, NothingGrows) {
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
}  // namespace pharos::samples
