// Writers, readers and maintenance at once: every answer is a consistent moment.
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <thread>

#include "events/world_test.h"

namespace pharos::events {
namespace {

using model::Labels;

TEST(EngineConcurrency, ReadersSeeEachAcknowledgedLineOnce) {
  EngineOptions options;
  options.merge_fan_in = 2;
  options.seal_rows = 300;
  World world(options);
  ASSERT_TRUE(world.Start().has_value());
  constexpr int kWriters = 2, kBatches = 60, kBatchLines = 50;
  std::atomic<int> acknowledged{0};
  std::atomic<bool> done{false};
  const auto write = [&](int writer) {
    const Labels stream{{"writer", std::to_string(writer)}};
    for (int b = 0; b < kBatches; ++b) {
      model::EventBatch batch;
      model::StreamEvents& events = batch.streams.emplace_back();
      events.stream = stream;
      for (int i = 0; i < kBatchLines; ++i) {
        model::Event line = Line(kNow + b * kBatchLines + i, "text");
        line.trace_id.bytes[0] = static_cast<uint8_t>(1 + b % 3);
        events.events.push_back(line);
      }
      const auto result = world.engine->Append("default", batch);
      ASSERT_TRUE(result.has_value() && result->ack.Wait().has_value());
      ASSERT_EQ(result->rejected, 0u) << result->reason;
      acknowledged += kBatchLines;
    }
  };
  const auto read = [&] {
    for (int round = 0; !done; ++round) {
      auto query = All();
      if (round % 2 == 0) query.direction = store::Direction::kBackward;
      const int before = acknowledged;
      std::vector<model::EventBatch> keep;
      const auto found = Collect(*world.engine, query, keep);
      ASSERT_TRUE(found.has_value()) << found.error().message;
      ASSERT_GE(found->size(), static_cast<size_t>(before));
      ASSERT_LE(found->size(), static_cast<size_t>(kWriters * kBatches * kBatchLines));
      model::TraceId id;
      id.bytes[0] = 1;
      ASSERT_TRUE(world.engine->TraceById("default", id).has_value());
      ASSERT_TRUE(world.engine->Streams(query).has_value());
    }
  };
  const auto maintain = [&] {
    for (int round = 0; !done; ++round) {
      if (round % 8 == 0) {
        ASSERT_TRUE(world.engine->Flush().has_value());
      }
      ASSERT_TRUE(world.engine->Tick().has_value());
    }
  };
  std::thread reader(read), maintainer(maintain);
  std::vector<std::thread> writers;
  for (int w = 0; w < kWriters; ++w) writers.emplace_back(write, w);
  for (std::thread& writer : writers) writer.join();
  done = true;
  reader.join();
  maintainer.join();
  EXPECT_EQ(Lines(*world.engine, All()).size(), size_t{kWriters * kBatches * kBatchLines});
}

/// All that an engine does for its callers, on a disk of this machine.
class EngineOnDisk : public testing::Test {
 protected:
  static constexpr int kWriters = 2, kBatches = 60, kBatchEvents = 100;

  void SetUp() override {
    base::SetLogLevel(base::LogLevel::kError);
    dir_ = testing::TempDir() + "pharos_events_" + std::to_string(::getpid());
    std::filesystem::remove_all(dir_);
    EngineOptions options;
    options.merge_fan_in = 2;
    options.seal_rows = 2000;
    options.min_free_bytes = 0;
    options.delete_cancel_ns = kSecond;
    manifest_ = io::Manifest::Open(io::Fs::Real(), dir_).value();
    engine_ = Engine::Open(*manifest_, clock_, budget_, options).value();
    wal_ = io::Wal::Open(io::Fs::Real(), {.directory = dir_ + "/wal", .segment_bytes = 16 << 10},
                         [](const io::WalFrame&) -> base::Result<void> { return {}; })
               .value();
    engine_->AttachWal(*wal_);
    engine_->OnSealDue([this] { seal_due_ = true; });
  }
  void TearDown() override {
    wal_.reset();
    engine_.reset();
    manifest_.reset();
    std::filesystem::remove_all(dir_);
  }

  static store::EventQuery With(std::string_view word) {
    store::EventQuery query = All();
    query.predicate = {.op = store::Predicate::Op::kLineContains, .text = std::string(word)};
    return query;
  }
  size_t Count(const store::EventQuery& query) {
    CountSink sink;
    const auto scanned = engine_->Scan(query, sink);
    EXPECT_TRUE(scanned.has_value() && *scanned);
    return sink.count;
  }
  void Append(const model::EventBatch& batch) {
    const auto result = engine_->Append("default", batch);
    ASSERT_TRUE(result.has_value() && result->ack.Wait().has_value());
    ASSERT_EQ(result->rejected, 0u) << result->reason;
  }

  /// Half of the lines may be deleted.
  void WriteLines(int writer) {
    for (int b = 0; b < kBatches; ++b) {
      std::vector<std::string> lines;
      for (int i = 0; i < kBatchEvents; ++i) {
        lines.push_back("{\"n\":" + std::to_string(b * kBatchEvents + i) + ",\"fate\":\"" +
                        (i % 2 == 0 ? "kept" : "gone") + "\",\"text\":\"" +
                        std::string(50, static_cast<char>('a' + i % 26)) + "\"}");
      }
      model::EventBatch batch;
      batch.streams.push_back({{{"writer", std::to_string(writer)}}, {}});
      for (const std::string& line : lines) {
        batch.streams[0].events.push_back(Line(kNow + b, line));
      }
      Append(b % 2 == 0 ? AsSent(std::move(batch)) : std::move(batch));
      kept_ += kBatchEvents / 2;
    }
  }
  void WriteSpans() {
    for (int b = 0; b < kBatches; ++b) {
      const model::SpanPart span{.name = "GET /", .end_ns = kNow + b + 9};
      model::EventBatch batch;
      batch.streams.push_back({{{"service_name", "shop"}}, {}});
      for (int i = 0; i < kBatchEvents; ++i) {
        model::Event event;
        event.kind = model::EventKind::kSpan;
        event.time_ns = kNow + b;
        event.trace_id.bytes[0] = static_cast<uint8_t>(1 + b % 3);
        event.span_id.bytes[0] = static_cast<uint8_t>(1 + i);
        event.attributes = attributes_;
        event.span = &span;
        batch.streams[0].events.push_back(event);
      }
      Append(batch);
    }
  }
  void Read() {
    const size_t before = kept_;
    auto query = With("kept");
    query.fields = {.json = true, .names = {"n", "fate"}};
    ASSERT_GE(Count(query), before);
    model::TraceId id;
    id.bytes[0] = 1;
    ASSERT_TRUE(engine_->TraceById("default", id).has_value());
    std::vector<model::EventBatch> keep;
    ASSERT_TRUE(Collect(*engine_, All(model::EventKind::kSpan), keep).has_value());
    (void)engine_->Stats("default", model::EventKind::kLog);
  }
  void Follow() {
    size_t lines = 0;  // under the tail's own lock
    const auto token = engine_->Tail(
        With("kept"), [&](const model::EventBatch& batch) { lines += batch.EventCount(); });
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  void Delete(int round) {
    store::EventDeletion deletion;
    deletion.streams.push_back(model::Matcher::Equal("writer", std::to_string(round % kWriters)));
    deletion.predicate = With("gone").predicate;
    deletion.end_ns = kNow + round;
    const auto id = engine_->AddDeletion("default", deletion);
    ASSERT_TRUE(id.has_value()) << id.error().message;
    if (round % 2 == 1) (void)engine_->CancelDeletion("default", *id);  // unless it is done
    ASSERT_FALSE(engine_->Deletions("default").empty());
  }
  void Maintain(int round) {
    clock_.Advance(std::chrono::seconds(1));
    ASSERT_TRUE((round % 8 == 0 ? engine_->Flush() : engine_->Tick()).has_value());
  }
  void Seal() {
    if (seal_due_.exchange(false)) {
      ASSERT_TRUE(engine_->Urgent().has_value());
    }
    std::this_thread::yield();
  }

  std::string dir_;
  base::FakeClock clock_{kNow};
  base::MemoryBudget budget_{size_t{1} << 30};
  std::unique_ptr<io::Manifest> manifest_;
  std::unique_ptr<Engine> engine_;
  std::unique_ptr<io::Wal> wal_;
  const std::vector<model::KeyValue> attributes_{{"http.method", model::Value::String("GET")},
                                                 {"http.status", model::Value::Int(200)}};
  std::atomic<size_t> kept_{0};
  std::atomic<bool> seal_due_{false};
};

TEST_F(EngineOnDisk, DoesEverythingAtOnce) {
  std::atomic<bool> done{false};
  std::vector<std::thread> others;
  const auto again = [&](auto work) {
    others.emplace_back([&done, work] {
      for (int round = 0; !done; ++round) work(round);
    });
  };
  for (int i = 0; i < 2; ++i) again([this](int) { Read(); });
  again([this](int) { Follow(); });
  again([this](int round) { Maintain(round); });
  again([this](int) { Seal(); });
  std::thread deleter([this] {
    for (int round = 0; round < 20; ++round) Delete(round);
  });
  std::vector<std::thread> writers;
  for (int w = 0; w < kWriters; ++w) writers.emplace_back([this, w] { WriteLines(w); });
  writers.emplace_back([this] { WriteSpans(); });
  for (std::thread& writer : writers) writer.join();
  deleter.join();
  done = true;
  for (std::thread& other : others) other.join();
  EXPECT_EQ(Count(With("kept")), size_t{kWriters * kBatches * kBatchEvents / 2});
  std::vector<model::EventBatch> keep;
  EXPECT_EQ(Collect(*engine_, All(model::EventKind::kSpan), keep).value().size(),
            size_t{kBatches * kBatchEvents});
}

}  // namespace
}  // namespace pharos::events
