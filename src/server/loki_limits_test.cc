#include "server/loki_limits.h"

#include <gtest/gtest.h>

namespace pharos::server {
namespace {

TEST(PushLimits, DefaultsOfTheFileAreThoseOfTheReceiver) {
  const ingest::receive::LokiLimits from_file = PushLimits(conf::LokiConfig());
  const ingest::receive::LokiLimits own;
  EXPECT_EQ(from_file.reject_old, own.reject_old);
  EXPECT_EQ(from_file.max_age_ns, own.max_age_ns);
  EXPECT_EQ(from_file.grace_ns, own.grace_ns);
  EXPECT_EQ(from_file.max_line_bytes, own.max_line_bytes);
  EXPECT_EQ(from_file.max_label_names, own.max_label_names);
  EXPECT_EQ(from_file.max_label_name_bytes, own.max_label_name_bytes);
  EXPECT_EQ(from_file.max_label_value_bytes, own.max_label_value_bytes);
  EXPECT_EQ(from_file.max_metadata_bytes, own.max_metadata_bytes);
  EXPECT_EQ(from_file.max_metadata_count, own.max_metadata_count);
}

TEST(PushLimits, WhatCannotBeToldIsTheNearest) {
  const auto config = conf::ParseLokiConfig(
      "limits_config: {reject_old_samples: false, creation_grace_period: 290y}\n", "f");
  const ingest::receive::LokiLimits limits = PushLimits(config.value());
  EXPECT_FALSE(limits.reject_old);
  EXPECT_GT(limits.grace_ns, 0);
  EXPECT_GT(limits.grace_ns + 1'700'000'000'000'000'000, limits.grace_ns);
}

TEST(ApplyLoki, RetentionDeletionsAndRates) {
  const auto config = conf::ParseLokiConfig(R"(
compactor: {retention_enabled: true, delete_request_cancel_period: 1h}
limits_config:
  retention_period: 30d
  retention_stream:
    - {selector: '{env="dev"}', priority: 2, period: 24h}
  ingestion_rate_mb: 1.5
  per_stream_rate_limit: 5MB
)",
                                            "f");
  ASSERT_TRUE(config.has_value()) << config.error().message;
  events::EngineOptions options;
  ASSERT_TRUE(ApplyLoki(*config, false, &options));
  constexpr int64_t kHour = 3'600'000'000'000;
  EXPECT_EQ(options.log_retention_ns, 30 * 24 * kHour);
  ASSERT_EQ(options.stream_retention.size(), 1U);
  EXPECT_EQ(options.stream_retention[0].retention_ns, 24 * kHour);
  EXPECT_EQ(options.stream_retention[0].streams[0].ToString(), "env=\"dev\"");
  EXPECT_EQ(options.delete_cancel_ns, kHour);
  EXPECT_EQ(options.log_rate.bytes_a_second, 1'572'864U);
  EXPECT_EQ(options.log_rate.burst_bytes, 6U << 20);
  EXPECT_EQ(options.stream_rate.bytes_a_second, 5U << 20);
  EXPECT_EQ(options.stream_rate.burst_bytes, 15U << 20);
  EXPECT_TRUE(config->deletes);
  events::EngineOptions own;
  ASSERT_TRUE(ApplyLoki(*config, true, &own));
  EXPECT_EQ(own.log_retention_ns, events::EngineOptions().log_retention_ns);
  EXPECT_TRUE(own.stream_retention.empty());
}

TEST(ApplyLoki, SelectorsAreRead) {
  const auto config = conf::ParseLokiConfig(
      "compactor: {retention_enabled: true}\n"
      "limits_config: {retention_stream: [{selector: 'env=dev', period: 24h}]}\n",
      "f");
  ASSERT_TRUE(config.has_value()) << config.error().message;
  events::EngineOptions options;
  const auto applied = ApplyLoki(*config, false, &options);
  ASSERT_FALSE(applied.has_value());
  EXPECT_NE(applied.error().message.find("line 2: invalid labels matchers"), std::string::npos);
}

}  // namespace
}  // namespace pharos::server
