#include "events/rate_limits.h"

#include <gtest/gtest.h>

#include "events/world_test.h"
#include "store/reserved_streams.h"

namespace pharos::events {
namespace {

TEST(RateLimits, BucketsFillWithTime) {
  RateLimits limits({.bytes_a_second = 100, .burst_bytes = 250}, {});
  EXPECT_EQ(limits.RefuseBatch("t", 2, 200, kNow), "");
  EXPECT_EQ(limits.RefuseBatch("t", 3, 60, kNow),
            "ingestion rate limit exceeded for user t (limit: 100 bytes/sec) while attempting to "
            "ingest '3' lines totaling '60' bytes, reduce log volume or contact your Loki "
            "administrator to see if the limit can be increased");
  EXPECT_EQ(limits.RefuseBatch("other", 3, 60, kNow), "");
  EXPECT_EQ(limits.RefuseBatch("t", 3, 60, kNow + kSecond / 10), "") << "10 more are there";
  EXPECT_NE(limits.RefuseBatch("t", 3, 60, kNow + kSecond / 10), "");
  EXPECT_EQ(limits.RefuseBatch("t", 3, 250, kNow + 10 * kSecond), "") << "not more than a burst";
  EXPECT_NE(limits.RefuseBatch("t", 3, 251, kNow + 20 * kSecond), "");
}

TEST(RateLimits, SizesAreSaidAsLokiSaysThem) {
  EXPECT_EQ(ByteSizeText(3 << 20), "3MB");
  EXPECT_EQ(ByteSizeText(1500), "1500B");
  EXPECT_EQ(ByteSizeText(2048), "2KB");
  EXPECT_EQ(ByteSizeText(0), "0B");
}

model::EventBatch TwoStreams(std::string_view line) {
  model::EventBatch batch;
  batch.streams.push_back({model::Labels{{"app", "a"}}, {Line(kNow, line), Line(kNow + 1, line)}});
  batch.streams.push_back({model::Labels{{"app", "b"}}, {Line(kNow, line)}});
  return batch;
}

TEST(RateLimits, AStreamThatIsTooFastIsLeftOut) {
  EngineOptions options;
  options.stream_rate = {.bytes_a_second = 10, .burst_bytes = 10};
  World world(options);
  ASSERT_TRUE(world.Start());
  const auto appended = world.engine->Append("default", TwoStreams("12345678"));
  ASSERT_TRUE(appended.has_value());
  EXPECT_EQ(appended->rejected, 2U);
  EXPECT_TRUE(appended->too_fast);
  EXPECT_EQ(appended->reason,
            "Per stream rate limit exceeded (limit: 10B/sec) while attempting to ingest for stream "
            "'{app=\"a\"}' totaling 16B, consider splitting a stream via additional labels or "
            "contact your Loki administrator to see if the limit can be increased");
  EXPECT_EQ(Lines(*world.engine, All()).size(), 1U);
}

TEST(RateLimits, ATenantThatIsTooFastIsRefused) {
  EngineOptions options;
  options.log_rate = {.bytes_a_second = 10, .burst_bytes = 30};
  World world(options);
  ASSERT_TRUE(world.Start());
  ASSERT_TRUE(world.engine->Append("default", TwoStreams("12345678")));
  const auto refused = world.engine->Append("default", TwoStreams("12345678"));
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().kind, base::ErrorKind::kLimit);
  const model::Labels exemplars{{std::string(store::kExemplarLabel), "metric"}};
  EXPECT_TRUE(world.engine->Append("default", OneEvent(exemplars, Line(kNow, "12345678901"))))
      << "not a line";
  world.clock.Advance(std::chrono::seconds(2));
  EXPECT_TRUE(world.engine->Append("default", TwoStreams("1234567")));
}

}  // namespace
}  // namespace pharos::events
