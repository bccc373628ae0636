// Writers, readers and maintenance at once: every answer is a consistent moment.
#include <gtest/gtest.h>

#include <atomic>
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

}  // namespace
}  // namespace pharos::events
