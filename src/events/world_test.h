// An engine on a simulated machine, for tests: start, kill, cut the power, start again.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "base/budget.h"
#include "base/clock.h"
#include "base/log.h"
#include "events/engine.h"
#include "events/sent_batch_test.h"
#include "io/manifest.h"
#include "io/sim_fs.h"
#include "io/wal.h"

namespace pharos::events {

inline constexpr int64_t kNow = 1'800'000'000'000'000'000;
inline constexpr int64_t kSecond = 1'000'000'000;
inline constexpr int64_t kHour = 3600 * kSecond;

struct World {
  explicit World(EngineOptions with = {}, size_t budget_bytes = size_t{4} << 30,
                 io::SimFsOptions disk = {})
      : fs(disk), options(with), budget(budget_bytes) {
    options.min_free_bytes = 0;
    base::SetLogLevel(base::LogLevel::kOff);  // killed engines complain
  }

  io::SimFs fs;
  base::FakeClock clock{kNow};
  EngineOptions options;
  base::MemoryBudget budget;
  std::unique_ptr<io::Manifest> manifest;
  std::unique_ptr<Engine> engine;
  std::unique_ptr<io::Wal> wal;

  base::Result<void> Start() {
    PHAROS_TRY(manifest, io::Manifest::Open(fs, "data"));
    PHAROS_TRY(engine, Engine::Open(*manifest, clock, budget, options));
    PHAROS_TRY(wal, io::Wal::Open(fs, {.directory = "data/wal", .window_us = 0},
                                  [&](const io::WalFrame& frame) -> base::Result<void> {
                                    if (frame.signal != io::Signal::kEvents) return {};
                                    return engine->Replay(frame);
                                  }));
    engine->AttachWal(*wal);
    return {};
  }
  void Kill() {
    fs.Halt();
    wal.reset();
    engine.reset();
    manifest.reset();
    fs.SetHook({});
    fs.FailOperation(0, base::ErrorKind::kIo);
  }
  void Restart() {
    Kill();
    fs.Restart();
    const auto started = Start();
    ASSERT_TRUE(started.has_value()) << started.error().message;
  }
};

inline model::EventBatch OneEvent(const model::Labels& stream, const model::Event& event) {
  model::EventBatch batch;
  batch.streams.push_back({stream, {event}});
  return batch;
}

inline model::Event Line(int64_t time_ns, std::string_view text) {
  model::Event event;
  event.time_ns = time_ns;
  event.body = model::Value::String(text);
  return event;
}

inline store::EventQuery All(model::EventKind kind = model::EventKind::kLog) {
  store::EventQuery query;
  query.kind = kind;
  query.start_ns = 0;
  query.end_ns = INT64_MAX;
  query.direction = store::Direction::kForward;
  return query;
}

struct Found {
  model::Labels stream;
  model::Event event;
};

/// All pages of an answer; `keep` holds what the events point into.
inline base::Result<std::vector<Found>> Collect(Engine& engine, const store::EventQuery& query,
                                                std::vector<model::EventBatch>& keep) {
  PHAROS_TRY(auto cursor, engine.Select(query));
  EXPECT_TRUE(store::IsTrue(cursor->Residual()));
  std::vector<Found> out;
  while (true) {
    model::EventBatch page;
    PHAROS_TRY(const bool more, cursor->Next(&page));
    if (!more) return out;
    EXPECT_GT(page.EventCount(), 0u);
    for (const model::StreamEvents& stream : page.streams) {
      for (const model::Event& event : stream.events) out.push_back({stream.stream, event});
    }
    keep.push_back(std::move(page));
  }
}

/// Counts what a scan finds.
class CountSink final : public store::ScanSink {
 public:
  base::Result<void> Rows(const model::Labels&, const store::ScanRows& rows) override {
    count += rows.times.size();
    return {};
  }
  base::Result<void> Whole(const model::Labels&, const model::Event&) override {
    ++count;
    return {};
  }
  size_t count = 0;
};

/// The lines of an answer.
inline std::vector<std::string> Lines(Engine& engine, const store::EventQuery& query) {
  std::vector<model::EventBatch> keep;
  std::vector<std::string> out;
  const auto found = Collect(engine, query, keep);
  EXPECT_TRUE(found.has_value()) << found.error().message;
  if (!found) return out;
  for (const Found& f : *found) out.emplace_back(f.event.body.text);
  return out;
}

}  // namespace pharos::events
