#include "net/host_check.h"

#include <gtest/gtest.h>

#include "net/address.h"

namespace pharos::net {
namespace {

TEST(HostCheck, LoopbackNamesAndTheBoundAddress) {
  const HostCheck check({});
  for (const char* host :
       {"localhost", "LOCALHOST:3000", "app.localhost:1", "127.0.0.1:9090", "127.8.9.1", "[::1]:80",
        "[::1]", "localhost.", "10.1.2.3:80", "[::ffff:127.0.0.1]"}) {
    EXPECT_TRUE(check.AllowsHost(host, "10.1.2.3")) << host;
  }
  for (const char* host :
       {"evil.org", "evil.org:80", "localhost.evil.org", "xlocalhost", ".localhost",
        "127.0.0.1.evil.org", "10.1.2.4", "", ":80", "[::1", "[::2]", "localhost:80x",
        "localhost:999999", "0.0.0.0", "2130706433", "localhost@evil.org"}) {
    EXPECT_FALSE(check.AllowsHost(host, "10.1.2.3")) << host;
  }
  EXPECT_TRUE(check.AllowsHost("10.1.2.3", "::ffff:10.1.2.3"));
  EXPECT_TRUE(check.AllowsHost("[fe80:0::1]:1", "fe80::1"));
}

TEST(HostCheck, ListedNames) {
  const HostCheck check({"pharos.example.com", "*.internal"});
  EXPECT_TRUE(check.AllowsHost("Pharos.Example.com:443", "10.0.0.1"));
  EXPECT_TRUE(check.AllowsHost("a.b.internal", "10.0.0.1"));
  EXPECT_FALSE(check.AllowsHost("internal", "10.0.0.1"));
  EXPECT_FALSE(check.AllowsHost("xinternal", "10.0.0.1"));
  EXPECT_TRUE(HostCheck({"*"}).AllowsHost("anything", "10.0.0.1"));
}

TEST(HostCheck, OriginsByTheirHost) {
  const HostCheck check({"ui.example.com"});
  EXPECT_TRUE(check.AllowsOrigin("http://localhost:5173", "127.0.0.1"));
  EXPECT_TRUE(check.AllowsOrigin("https://ui.example.com", "127.0.0.1"));
  EXPECT_FALSE(check.AllowsOrigin("https://evil.org", "127.0.0.1"));
  EXPECT_FALSE(check.AllowsOrigin("null", "127.0.0.1"));
  EXPECT_FALSE(check.AllowsOrigin("localhost", "127.0.0.1"));
}

TEST(Address, ParsesAndRefuses) {
  const auto v4 = ParseAddress("127.0.0.1:3000");
  ASSERT_TRUE(v4);
  EXPECT_EQ(v4->ip, "127.0.0.1");
  EXPECT_EQ(v4->port, 3000);
  EXPECT_EQ(ParseAddress("localhost:1")->ip, "127.0.0.1");
  EXPECT_TRUE(ParseAddress("[::1]:0")->v6);
  EXPECT_TRUE(ParseAddress(":3100")->any);
  for (const char* bad : {"", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:x", "::1:80",
                          "[::1:80", "example.com:80", "1.2.3:4", "[127.0.0.1]:4"}) {
    const auto result = ParseAddress(bad);
    ASSERT_FALSE(result) << bad;
    EXPECT_NE(result.error().message.find('"' + std::string(bad) + '"'), std::string::npos);
  }
  EXPECT_EQ(FormatAddress("::1", 80), "[::1]:80");
  EXPECT_EQ(FormatAddress("127.0.0.1", 80), "127.0.0.1:80");
}

}  // namespace
}  // namespace pharos::net
