#include "net/request_parser.h"

#include <gtest/gtest.h>

namespace pharos::net {
namespace {

using Step = RequestParser::Step;

/// Feeds `text` in pieces of `piece` bytes until done or failed; returns the last step.
Step FeedAll(RequestParser& parser, std::string_view text, size_t piece = SIZE_MAX) {
  std::string buffer;
  Step step = Step::kMore;
  while (step == Step::kMore && !text.empty()) {
    buffer += text.substr(0, piece);
    text.remove_prefix(std::min(piece, text.size()));
    size_t used = 0;
    do {
      step = parser.Feed(buffer, used);
      buffer.erase(0, used);
    } while (step == Step::kHead && parser.head().has_body && !buffer.empty());
    if (step == Step::kHead && parser.head().has_body) step = Step::kMore;
  }
  return step;
}

TEST(RequestParser, EveryCutGivesTheSameRequest) {
  constexpr std::string_view kText =
      "POST /a%20b/c?x=1&y HTTP/1.1\r\nHost: localhost:1\r\nX-A:  v \r\n"
      "Transfer-Encoding: chunked\r\n\r\n4;ext=1\r\nWiki\r\n5\r\npedia\r\n0\r\nTrail: t\r\n\r\n";
  for (size_t piece = 1; piece <= kText.size(); ++piece) {
    RequestParser parser(4096);
    ASSERT_EQ(FeedAll(parser, kText, piece), Step::kDone) << piece << " " << parser.failure();
    EXPECT_EQ(parser.request().method, "POST");
    EXPECT_EQ(parser.request().path, "/a b/c");
    EXPECT_EQ(parser.request().raw_path, "/a%20b/c");
    EXPECT_EQ(parser.request().query, "x=1&y");
    EXPECT_EQ(parser.request().headers.Get("x-a"), "v");
    EXPECT_FALSE(parser.request().headers.Has("Trail"));
    EXPECT_EQ(parser.request().body, "Wikipedia");
    EXPECT_EQ(parser.head().authority, "localhost:1");
    EXPECT_FALSE(parser.head().content_length.has_value());
  }
}

TEST(RequestParser, StopsBetweenPipelinedRequests) {
  RequestParser parser(4096);
  const std::string two = "GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.0\r\n\r\n";
  size_t used = 0;
  ASSERT_EQ(parser.Feed(two, used), Step::kHead);
  EXPECT_EQ(used, two.find("GET /2"));
  EXPECT_FALSE(parser.head().has_body);
  EXPECT_TRUE(parser.head().keep_alive);
  parser.Reset();
  ASSERT_EQ(parser.Feed(two.substr(used), used), Step::kHead);
  EXPECT_EQ(parser.request().path, "/2");
  EXPECT_TRUE(parser.head().http10);
  EXPECT_FALSE(parser.head().keep_alive);
}

TEST(RequestParser, AbsoluteTargetGivesTheAuthority) {
  RequestParser parser(4096);
  size_t used = 0;
  ASSERT_EQ(parser.Feed("GET http://evil.org:80?q=1 HTTP/1.1\r\nHost: localhost\r\n\r\n", used),
            Step::kHead);
  EXPECT_EQ(parser.head().authority, "evil.org:80");
  EXPECT_EQ(parser.request().raw_path, "/");
  EXPECT_EQ(parser.request().query, "q=1");
}

struct BadCase {
  std::string text;
  int status;
};

TEST(RequestParser, RefusesWithAStatus) {
  const std::string post = "POST / HTTP/1.1\r\nHost: a\r\n";
  const BadCase cases[] = {
      {"GET /\r\n\r\n", 400},
      {"GET / HTTP/2.0\r\n\r\n", 505},
      {"\x16\x03\x01\x02", 400},
      {"GET / HTTP/1.1\r\nbad header\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400},
      {"GET /%zz HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {post + "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
      {post + "Transfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n", 400},
      {post + "Content-Length: 1\r\nContent-Length: 2\r\n\r\n", 400},
      {post + "Content-Length: -1\r\n\r\n", 400},
      {post + "Content-Length: 99999999999999999999\r\n\r\n", 400},
      {post + "Transfer-Encoding: gzip, chunked\r\n\r\n", 501},
      {post + "Transfer-Encoding: gzip\r\n\r\n", 501},
      {post + "Expect: a miracle\r\n\r\n", 417},
      {post + "Transfer-Encoding: chunked\r\n\r\nxyz\r\n", 400},
      {post + "Transfer-Encoding: chunked\r\n\r\n1;" + std::string(5000, 'x'), 400},
      {"GET /" + std::string(5000, 'a'), 431},
      {"GET / HTTP/1.1\r\nX: " + std::string(4096, 'a') + "\r\n\r\n", 431},
  };
  for (const BadCase& bad : cases) {
    for (const size_t piece : {size_t{1}, size_t{7}, SIZE_MAX}) {
      RequestParser parser(4096);
      ASSERT_EQ(FeedAll(parser, bad.text, piece), Step::kFailed) << bad.text.substr(0, 200);
      EXPECT_EQ(parser.failure_status(), bad.status) << bad.text.substr(0, 200);
      EXPECT_FALSE(parser.failure().empty());
    }
  }
}

TEST(RequestParser, HeadCapIsExact) {
  const std::string start = "GET / HTTP/1.1\r\nHost: a\r\nX: ";
  for (const size_t piece : {size_t{1}, size_t{100}, SIZE_MAX}) {
    RequestParser fits(1024);
    const std::string text = start + std::string(1024 - start.size() - 4, 'x') + "\r\n\r\n";
    EXPECT_EQ(FeedAll(fits, text, piece), Step::kHead) << fits.failure();
    RequestParser exceeds(1023);
    EXPECT_EQ(FeedAll(exceeds, text, piece), Step::kFailed) << piece;
    EXPECT_EQ(exceeds.failure_status(), 431);
  }
}

TEST(RequestParser, BodyLimitCountsChunks) {
  RequestParser parser(4096);
  size_t used = 0;
  ASSERT_EQ(parser.Feed("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", used),
            Step::kHead);
  parser.LimitBody(5);
  EXPECT_EQ(parser.Feed("3\r\nabc", used), Step::kMore);
  EXPECT_EQ(parser.Feed("\r\n3\r\nabc", used), Step::kFailed);
  EXPECT_EQ(parser.failure_status(), 413);
}

TEST(RequestParser, DiscardsWhenAsked) {
  RequestParser parser(4096);
  size_t used = 0;
  ASSERT_EQ(parser.Feed("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n", used),
            Step::kHead);
  parser.DiscardBody();
  EXPECT_EQ(parser.Feed("abc", used), Step::kDone);
  EXPECT_EQ(parser.request().body, "");
}

}  // namespace
}  // namespace pharos::net
