#include "text/url.h"

#include <gtest/gtest.h>

namespace pharos::text {
namespace {

TEST(UrlTest, ComesApartAndTogether) {
  const auto url = ParseUrl("HTTP://us%20er:p%40ss@[::1]:9090/a%20b/c?q=1&r=%20#frag");
  ASSERT_TRUE(url) << url.error().message;
  const Url expected{.scheme = "http",
                     .user = "us er",
                     .password = "p@ss",
                     .host = "::1",
                     .port = 9090,
                     .path = "/a b/c",
                     .query = "q=1&r=%20",
                     .fragment = "frag",
                     .has_password = true};
  EXPECT_EQ(*url, expected);
  EXPECT_EQ(UrlText(*url), "http://us%20er:p%40ss@[::1]:9090/a%20b/c?q=1&r=%20#frag");
  EXPECT_EQ(RedactedUrlText(*url), "http://us%20er:xxxxx@[::1]:9090/a%20b/c?q=1&r=%20#frag");
  EXPECT_EQ(HostAndPort(*url), "[::1]:9090");
  EXPECT_EQ(UrlText(*ParseUrl("%61:b")), "./a:b");
  EXPECT_EQ(UrlText(*ParseUrl("http://a%3Fb/")), "http://a%3Fb/");
  for (const char* text :
       {"http://loki:3100/loki/api/v1/push", "https://example.com", "/graph?g0.expr=up", "a/b",
        "file:///etc/x", "file:a:b", "?q", "", "//host/x", "http://h/#/silences"}) {
    const auto parsed = ParseUrl(text);
    ASSERT_TRUE(parsed) << text;
    EXPECT_EQ(UrlText(*parsed), text);
  }
}

TEST(UrlTest, Ports) {
  EXPECT_EQ(EffectivePort(*ParseUrl("http://h")), 80);
  EXPECT_EQ(EffectivePort(*ParseUrl("https://h/")), 443);
  EXPECT_EQ(EffectivePort(*ParseUrl("https://h:1/")), 1);
  EXPECT_EQ(EffectivePort(*ParseUrl("tcp://h")), 0);
}

TEST(UrlTest, Refuses) {
  for (const char* text : {"http://h:port/", "http://h:70000/", "http://[::1/", "http://[::1]x/",
                           "http://a b/", "/a%zz", "/a%2", "http://h/\n", "://h", "http://h:-1/"}) {
    const auto parsed = ParseUrl(text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_EQ(parsed.error().kind, base::ErrorKind::kBadInput);
  }
  EXPECT_EQ(ParseUrl("/a%zz").error().message, "parse \"/a%zz\": invalid URL escape \"%zz\"");
}

TEST(UrlTest, ResolvesAsRfc3986Shows) {
  const Url base = *ParseUrl("http://a/b/c/d?q");
  const std::pair<const char*, const char*> cases[] = {
      {"g", "http://a/b/c/g"},     {"./g", "http://a/b/c/g"},    {"g/", "http://a/b/c/g/"},
      {"/g", "http://a/g"},        {"//g", "http://g"},          {"?y", "http://a/b/c/d?y"},
      {"g?y", "http://a/b/c/g?y"}, {"#s", "http://a/b/c/d?q#s"}, {"", "http://a/b/c/d?q"},
      {".", "http://a/b/c/"},      {"..", "http://a/b/"},        {"../g", "http://a/b/g"},
      {"../../g", "http://a/g"},   {"../../../g", "http://a/g"}, {"https://x/y", "https://x/y"}};
  for (const auto& [reference, result] : cases) {
    EXPECT_EQ(UrlText(ResolveUrl(base, *ParseUrl(reference))), result) << reference;
  }
}

TEST(UrlTest, EscapesAsGo) {
  EXPECT_EQ(QueryEscape("a b&c=d/é~"), "a+b%26c%3Dd%2F%C3%A9~");
  EXPECT_EQ(PathEscape("a b&c=d/é~"), "a%20b&c=d%2F%C3%A9~");
  EXPECT_EQ(QueryUnescape("a+b%26"), "a b&");
  EXPECT_EQ(PathUnescape("a+b%26"), "a+b&");
  EXPECT_EQ(QueryUnescape("%4").error().message, "invalid URL escape \"%4\"");
  std::string bytes;
  for (int i = 0; i < 256; ++i) bytes += static_cast<char>(i);
  EXPECT_EQ(QueryUnescape(QueryEscape(bytes)), bytes);
  EXPECT_EQ(PathUnescape(PathEscape(bytes)), bytes);
}

TEST(UrlTest, QueriesKeepOrderAndDuplicates) {
  const QueryPairs expected = {{"match[]", "up{a=\"b\"}"}, {"match[]", "x"}, {"e", ""}, {"f", ""}};
  EXPECT_EQ(ParseQuery("match%5B%5D=up%7Ba=%22b%22%7D&match[]=x&&e=&f"), expected);
  EXPECT_FALSE(ParseQuery("a=1;b=2"));
  EXPECT_FALSE(ParseQuery("a=%"));
}

}  // namespace
}  // namespace pharos::text
