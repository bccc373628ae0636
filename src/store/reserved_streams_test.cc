#include "store/reserved_streams.h"

#include <gtest/gtest.h>

namespace pharos::store {
namespace {

using model::Labels;
using model::Matcher;
using model::MatchOp;

TEST(ReservedStreamsTest, AreMetByNameOnly) {
  const Labels reserved{{"__exemplars__", "latency"}}, other{{"app", "shop"}};
  EXPECT_FALSE(MatchesStream({}, reserved));
  EXPECT_TRUE(MatchesStream({}, other));
  const Matcher not_shop = Matcher::Make(MatchOp::kNotEqual, "app", "cart").value();
  EXPECT_FALSE(MatchesStream({not_shop}, reserved));
  EXPECT_TRUE(MatchesStream({not_shop}, other));
  EXPECT_TRUE(MatchesStream({Matcher::Equal("__exemplars__", "latency")}, reserved));
  EXPECT_FALSE(MatchesStream({Matcher::Equal("__exemplars__", "other")}, reserved));
  EXPECT_FALSE(MatchesStream({Matcher::Equal("__exemplars__", "latency")}, other));
}

}  // namespace
}  // namespace pharos::store
