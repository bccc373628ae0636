#include "server/prometheus_features.h"

#include <gtest/gtest.h>

namespace pharos::server {
namespace {

TEST(PrometheusFeatures, KnownAndUnknownNames) {
  std::vector<FeatureNote> notes;
  const auto features = ReadFeatures(
      {"promql-per-step-stats,use-start-timestamps", "", "native-histograms,nonsense"}, &notes);
  ASSERT_TRUE(features);
  EXPECT_TRUE(features->per_step_stats);
  EXPECT_TRUE(features->use_start_timestamps);
  EXPECT_FALSE(features->delayed_name_removal);
  ASSERT_EQ(notes.size(), 4u);
  EXPECT_FALSE(notes[2].warning) << "it is always on";
  EXPECT_TRUE(notes[3].warning);
  EXPECT_EQ(notes[3].text, "Unknown option for --enable-feature");
  EXPECT_EQ(notes[3].option, "nonsense");
}

TEST(PrometheusFeatures, WhatIsNotThereIsRefused) {
  std::vector<FeatureNote> notes;
  const auto features = ReadFeatures({"type-and-unit-labels"}, &notes);
  ASSERT_FALSE(features);
  EXPECT_EQ(features.error().message,
            "enable-feature: type-and-unit-labels is not supported yet; leave it out");
}

}  // namespace
}  // namespace pharos::server
