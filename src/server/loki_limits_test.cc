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

}  // namespace
}  // namespace pharos::server
