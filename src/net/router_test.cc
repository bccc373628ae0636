#include "net/router.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pharos::net {
namespace {

using testing::ElementsAre;
using testing::Pair;

SyncHandler Says(std::string text) {
  return [text](const Request&) { return Response::Text(200, text); };
}

std::string Answer(const Router& router, std::string_view method, std::string_view path) {
  const Router::Match match = router.Find(method, path);
  if (match.found == Router::Found::kWrongMethod) return "405 " + match.allow;
  if (match.found == Router::Found::kNothing) return "404";
  return match.route->sync({}).body;
}

class RouterTest : public testing::Test {
 protected:
  RouterTest() {
    router_.Add("GET", "/", Says("root"));
    router_.Add("GET", "/api/v1/query", Says("query"));
    router_.Add("POST", "/api/v1/query", Says("query post"));
    router_.Add("GET", "/api/v1/label/{name}/values", Says("values"));
    router_.Add("GET", "/api/{version}/query", Says("any version"));
    router_.Add("DELETE", "/api/{version}/query", Says("delete any"));
    router_.Add("PUT", "/metrics/{rest...}", Says("push"));
    router_.Add("GET", "/static/{file}", Says("file"));
    router_.Add("GET", "/static/{path...}", Says("deep file"));
    router_.Add("GET", "/{tenant}/status", Says("status"));
  }
  Router router_;
};

TEST_F(RouterTest, LiteralWinsOverName) {
  EXPECT_EQ(Answer(router_, "GET", "/api/v1/query"), "query");
  EXPECT_EQ(Answer(router_, "GET", "/api/v2/query"), "any version");
  EXPECT_EQ(Answer(router_, "GET", "/static/a.js"), "file");
  EXPECT_EQ(Answer(router_, "GET", "/static/a/b.js"), "deep file");
  EXPECT_EQ(Answer(router_, "GET", "/static/"), "deep file");
}

TEST_F(RouterTest, MethodDecidesAmongFittingPatterns) {
  EXPECT_EQ(Answer(router_, "POST", "/api/v1/query"), "query post");
  EXPECT_EQ(Answer(router_, "DELETE", "/api/v1/query"), "delete any");
  EXPECT_EQ(Answer(router_, "HEAD", "/api/v1/query"), "query");
  EXPECT_EQ(Answer(router_, "PATCH", "/api/v1/query"), "405 GET, POST, DELETE");
}

TEST_F(RouterTest, NothingFits) {
  for (const char* path : {"/api/v1", "/api/v1/query/", "/api/v1/label//values", "/nothing",
                           "/static", "//status", "", "api/v1/query", "*"}) {
    EXPECT_EQ(Answer(router_, "GET", path), "404") << path;
  }
}

TEST_F(RouterTest, NamesAreDecodedAndTheRestIsNot) {
  EXPECT_THAT(router_.Find("GET", "/api/v1/label/a%2Fb%20c/values").params,
              ElementsAre(Pair("name", "a/b c")));
  EXPECT_THAT(router_.Find("PUT", "/metrics/job/x%2Fy/z").params,
              ElementsAre(Pair("rest", "job/x%2Fy/z")));
  EXPECT_THAT(router_.Find("PUT", "/metrics/").params, ElementsAre(Pair("rest", "")));
  EXPECT_EQ(router_.Find("PUT", "/metrics").found, Router::Found::kNothing);
}

TEST_F(RouterTest, EncodedLiteralsMeanTheSame) {
  EXPECT_EQ(Answer(router_, "GET", "/%61pi/v1/%71uery"), "query");
  EXPECT_EQ(Answer(router_, "GET", "/acme/status"), "status");
  EXPECT_EQ(Answer(router_, "GET", "/"), "root");
}

TEST(Router, APreflightRouteDoesNotMakeAPathExist) {
  Router router;
  router.Add("OPTIONS", "/api/{path...}", [](const Request&) { return Response{}; });
  EXPECT_EQ(router.Find("GET", "/api/x").found, Router::Found::kNothing);
  EXPECT_EQ(router.Find("OPTIONS", "/api/x").found, Router::Found::kRoute);
}

}  // namespace
}  // namespace pharos::net
