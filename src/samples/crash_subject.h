// The sample engine as a subject of the crash laboratory (io/crash_lab.h). For tests.
#pragma once

#include <algorithm>
#include <bit>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "io/crash_lab.h"
#include "samples/engine.h"
#include "samples/limits.h"

namespace pharos::samples {

/// Two tenants with a handful of series each: floats, stale markers, histograms, late samples,
/// metadata. A value is a function of series and time, so what comes twice agrees with itself.
class SampleSubject final : public io::CrashSubject {
 public:
  static constexpr int64_t kRetentionMs = kDayMs;

  io::Signal signal() const override { return io::Signal::kSamples; }

  base::Result<void> Open(io::CrashMachine& machine) override {
    clock_ = &machine.clock;
    PHAROS_TRY(engine_, SampleEngine::Open(*machine.manifest, machine.clock, machine.budget,
                                           {.retention_ms = kRetentionMs, .shards = 1}));
    return {};
  }
  base::Result<void> Replay(const io::WalFrame& frame) override { return engine_->Replay(frame); }
  void Attach(io::Wal& wal) override { engine_->AttachWal(wal); }
  void Close() override { engine_ = nullptr; }
  base::Result<void> Tick() override {
    Look();
    return engine_->Tick();
  }
  base::Result<void> Flush() override {
    Look();
    return engine_->Flush();
  }

  bool Write(io::CrashRandom& random) override {
    bool all = true;
    for (Batch& batch : std::exchange(failed_, {})) all = Send(std::move(batch)) && all;
    for (int i = 0; i < 2; ++i) {
      Batch batch{.tenant = random() % 4 == 0 ? "other" : std::string(store::kDefaultTenant)};
      for (uint64_t n = 1 + random() % 4; n > 0; --n) {
        const int64_t late_ms = static_cast<int64_t>(random() % 20'000);
        batch.points.push_back({random() % kSeries, clock_->NowMs() - late_ms});
      }
      if (random() % 4 == 0) batch.help = "help " + std::to_string(random() % 1000);
      all = Send(std::move(batch)) && all;
    }
    return all;
  }

  bool Delete(io::CrashRandom& random) override {
    const uint64_t series = random() % kSeries;
    const int64_t start_ms = clock_->NowMs() - static_cast<int64_t>(random() % 7'200'000);
    const int64_t end_ms = start_ms + static_cast<int64_t>(random() % 3'600'000);
    const auto done = engine_->Delete(store::kDefaultTenant,
                                      {model::Matcher::Equal("series", std::to_string(series))},
                                      start_ms, end_ms);
    for (auto& [point, fate] : truths_[std::string(store::kDefaultTenant)].sent) {
      if (point.first != series || point.second < start_ms || point.second > end_ms) continue;
      if (done || fate == Fate::kAcknowledged) fate = done ? Fate::kDeleted : Fate::kPossible;
    }
    if (random() % 2 == 0) (void)engine_->CleanTombstones();
    return done.has_value();
  }

  std::string Check() override {
    if (const auto verified = Verify(); !verified) return verified.error().message;
    for (auto& [tenant, truth] : truths_) {
      Seen seen;
      if (std::string wrong = ReadAll(tenant, &seen); !wrong.empty()) return wrong;
      if (std::string wrong = Compare(truth, seen, nullptr); !wrong.empty()) return wrong;
      if (std::string wrong = CompareHelp(tenant, truth); !wrong.empty()) return wrong;
    }
    return "";
  }

  base::Result<void> Verify() override { return engine_->Verify(); }

  std::string CheckBut(const io::PartEntry& damaged) override {
    for (auto& [tenant, truth] : truths_) {
      Seen seen;
      const bool touched = damaged.signal == signal() && damaged.tenant == tenant;
      std::string wrong = touched ? ReadAll(tenant, &seen, INT64_MIN, damaged.min_time - 1)
                                  : ReadAll(tenant, &seen);
      if (wrong.empty() && touched) wrong = ReadAll(tenant, &seen, damaged.max_time + 1, INT64_MAX);
      if (wrong.empty()) wrong = Compare(truth, seen, touched ? &damaged : nullptr);
      if (!wrong.empty()) return wrong;
      if (touched) truth.help_excused = true;  // an older part has spoken in its place
    }
    return "";
  }

 private:
  static constexpr uint64_t kSeries = 6;
  using Point = std::pair<uint64_t, int64_t>;  // series, time
  using Seen = std::map<Point, uint64_t>;      // what was read there, as bits
  struct Batch {
    std::string tenant;
    std::vector<Point> points;
    std::string help = "";
  };
  enum class Fate : uint8_t { kPossible, kAcknowledged, kDeleted };
  struct Truth {
    std::map<Point, Fate> sent;
    std::string help;     ///< acknowledged last
    int64_t help_ms = 0;  ///< when
    std::vector<std::string> later_help;
    bool help_excused = false;
  };

  static bool IsHistogram(uint64_t series) { return series == 0; }
  static model::Labels LabelsOf(uint64_t series) {
    return {{"__name__", "m"}, {"series", std::to_string(series)}};
  }
  static uint64_t BitsAt(const Point& point) {
    if (IsHistogram(point.first)) return static_cast<uint64_t>(point.second % 1000) + 1;
    if (point.second % 7 == 0) return 0x7ff0000000000002;  // a stale marker
    return std::bit_cast<uint64_t>(static_cast<double>(point.second % 1000) / 8 +
                                   static_cast<double>(point.first));
  }

  /// Retention goes by the latest time that upkeep has seen.
  void Look() { latest_ms_ = std::max(latest_ms_, clock_->NowMs()); }

  bool Send(Batch batch) {
    Truth& truth = truths_[batch.tenant];
    auto appender = engine_->Begin(batch.tenant);
    std::vector<Point> taken;
    for (const Point& point : batch.points) {
      Fate& fate = truth.sent.try_emplace(point, Fate::kPossible).first->second;
      if (fate == Fate::kDeleted) fate = Fate::kPossible;  // again, and later
      const auto handle = appender->Resolve(LabelsOf(point.first));
      if (!handle) continue;
      if (AppendOne(*appender, *handle, point)) taken.push_back(point);
    }
    if (!batch.help.empty()) {
      truth.later_help.push_back(batch.help);
      appender->SetMetadata("m", {.type = model::MetricType::kGauge, .help = batch.help});
    }
    const auto outcome = appender->Commit().Wait();
    if (outcome) {
      for (const Point& point : taken) truth.sent[point] = Fate::kAcknowledged;
      if (!batch.help.empty()) {
        truth.help = batch.help;
        truth.help_ms = clock_->NowMs();
        truth.later_help.clear();
      }
    } else {
      failed_.push_back(std::move(batch));
    }
    return outcome.has_value();
  }

  bool AppendOne(store::SampleAppender& appender, store::SeriesHandle handle, const Point& point) {
    std::vector<store::Refused> refused;
    if (IsHistogram(point.first)) {
      auto histogram = std::make_shared<model::Histogram>();
      histogram->count = static_cast<double>(BitsAt(point));
      histogram->positive_spans = {{0, 1}};
      histogram->positive_counts = {histogram->count};
      const store::HistogramWrite write{handle, point.second, std::move(histogram)};
      appender.AppendHistograms({&write, 1}, &refused);
    } else {
      const store::SampleWrite write{handle, point.second, std::bit_cast<double>(BitsAt(point))};
      appender.Append({&write, 1}, &refused);
    }
    return refused.empty();  // retries of what is too late by now are refused
  }

  std::string ReadAll(const std::string& tenant, Seen* seen, int64_t start_ms = INT64_MIN,
                      int64_t end_ms = INT64_MAX) {
    store::SampleQuery query;
    query.tenant = tenant;
    query.start_ms = start_ms;
    query.end_ms = end_ms;
    auto cursor = engine_->Select(query);
    if (!cursor) return cursor.error().message;
    store::SeriesColumns columns;
    for (;;) {
      const auto more = (*cursor)->Next(&columns);
      if (!more) return more.error().message;
      if (!*more) return "";
      const uint64_t series = std::stoull(std::string(columns.labels.Get("series")));
      for (size_t i = 0; i < columns.times_ms.size(); ++i) {
        const auto bits = std::bit_cast<uint64_t>(columns.values[i]);
        if (!seen->emplace(Point(series, columns.times_ms[i]), bits).second) return "seen twice";
      }
      for (const model::HistogramSample& sample : columns.histograms) {
        const auto bits = static_cast<uint64_t>(sample.histogram->count);
        if (!seen->emplace(Point(series, sample.time_ms), bits).second) return "seen twice";
      }
    }
  }

  /// What is in the range of `damaged` need not be there.
  std::string Compare(const Truth& truth, const Seen& seen, const io::PartEntry* damaged) const {
    const int64_t oldest = latest_ms_ - kRetentionMs;
    for (const auto& [point, fate] : truth.sent) {
      if (fate == Fate::kDeleted && seen.contains(point)) return "deleted: " + NameOf(point);
      if (fate != Fate::kAcknowledged || point.second < oldest) continue;
      const bool excused = damaged != nullptr && point.second >= damaged->min_time &&
                           point.second <= damaged->max_time;
      if (!excused && !seen.contains(point)) return "lost: " + NameOf(point);
    }
    for (const auto& [point, bits] : seen) {
      if (!truth.sent.contains(point)) return "made up: " + NameOf(point);
      if (bits != BitsAt(point)) return "changed: " + NameOf(point);
    }
    return "";
  }

  std::string CompareHelp(const std::string& tenant, const Truth& truth) {
    const auto said = engine_->MetadataOf(tenant, "m");
    const std::string help = said.empty() ? "" : said[0].second.help;
    if (help == truth.help || truth.help_excused) return "";
    if (help.empty() && truth.help_ms < latest_ms_ - kRetentionMs) return "";  // went with all
    for (const std::string& later : truth.later_help) {
      if (help == later) return "";
    }
    return "metadata: \"" + help + "\" instead of \"" + truth.help + "\"";
  }

  static std::string NameOf(const Point& point) {
    return "series " + std::to_string(point.first) + " at " + std::to_string(point.second);
  }

  io::CrashClock* clock_ = nullptr;
  int64_t latest_ms_ = 0;
  std::unique_ptr<SampleEngine> engine_;
  std::map<std::string, Truth> truths_;  ///< by tenant
  std::vector<Batch> failed_;
};

}  // namespace pharos::samples
