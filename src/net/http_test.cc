#include "net/http.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pharos::net {
namespace {

TEST(Headers, NamesCompareWithoutCaseAndOrderIsKept) {
  Headers headers;
  headers.Add("Accept", "a");
  headers.Add("X-One", "1");
  headers.Add("ACCEPT", "b");
  EXPECT_EQ(headers.Get("accept"), "a");
  EXPECT_TRUE(headers.Has("x-one"));
  EXPECT_FALSE(headers.Has("x-on"));
  headers.Set("accept", "c");
  std::string all;
  for (const auto& [name, value] : headers) all += name + "=" + value + ";";
  EXPECT_EQ(all, "X-One=1;accept=c;");
  headers.Remove("X-ONE");
  EXPECT_FALSE(headers.Has("X-One"));
}

TEST(Params, DecodesPercentAndPlus) {
  const Params params =
      Params::Parse("query=up%7Bjob%3D%22a+b%22%7D&match[]=x&match%5B%5D=y&&flag&=v");
  EXPECT_EQ(params.Get("query"), "up{job=\"a b\"}");
  EXPECT_THAT(params.All("match[]"), testing::ElementsAre("x", "y"));
  EXPECT_TRUE(params.Has("flag"));
  EXPECT_EQ(params.Get("flag"), "");
  EXPECT_EQ(params.Get(""), "v");
  EXPECT_FALSE(params.Has("nothing"));
}

TEST(Params, BrokenEscapesStay) {
  const Params params = Params::Parse("a=%&b=%4&c=%zz&d=%00e&e=1=2");
  EXPECT_EQ(params.Get("a"), "%");
  EXPECT_EQ(params.Get("b"), "%4");
  EXPECT_EQ(params.Get("c"), "%zz");
  EXPECT_EQ(params.Get("d"), std::string_view("\0e", 2));
  EXPECT_EQ(params.Get("e"), "1=2");
}

TEST(Params, TheirNumberIsBounded) {
  std::string many;
  for (int i = 0; i < 100'000; ++i) many += "&a";
  EXPECT_EQ(Params::Parse(many).size(), 65'536u);
}

TEST(Request, FormPostAddsToTheQuery) {
  Request request;
  request.method = "POST";
  request.query = "start=1&step=5";
  request.body = "step=6&query=a%2Bb";
  request.headers.Add("content-type", "application/x-www-form-urlencoded; charset=utf-8");
  const Params params = request.AllParams();
  EXPECT_THAT(params.All("step"), testing::ElementsAre("6", "5")) << "the body's first, as in Go";
  EXPECT_EQ(params.Get("query"), "a+b");
  request.headers.Set("Content-Type", "application/json");
  EXPECT_FALSE(request.AllParams().Has("query"));
  request.headers.Set("Content-Type", "application/x-www-form-urlencoded");
  request.method = "GET";
  EXPECT_FALSE(request.AllParams().Has("query"));
}

TEST(Cancellation, CopiesShareState) {
  const Cancellation one;
  const Cancellation two = one;
  const Cancellation other;
  one.Cancel();
  EXPECT_TRUE(two.Cancelled());
  EXPECT_FALSE(other.Cancelled());
}

TEST(Response, HelpersSetTheType) {
  EXPECT_EQ(Response::Json(201, "{}").headers.Get("Content-Type"), "application/json");
  EXPECT_EQ(Response::Text(404, "x").headers.Get("Content-Type"), "text/plain; charset=utf-8");
  EXPECT_EQ(Response::Text(404, "x").status, 404);
}

}  // namespace
}  // namespace pharos::net
