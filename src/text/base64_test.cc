#include "text/base64.h"

#include <gtest/gtest.h>

namespace pharos::text {
namespace {

TEST(Base64Test, KnownPairs) {
  const std::pair<std::string, std::string> pairs[] = {{"", ""},
                                                       {"f", "Zg=="},
                                                       {"fo", "Zm8="},
                                                       {"foo", "Zm9v"},
                                                       {"foob", "Zm9vYg=="},
                                                       {"fooba", "Zm9vYmE="},
                                                       {"foobar", "Zm9vYmFy"},
                                                       {"\xfb\xff\xfe", "+//+"}};
  for (const auto& [bytes, text] : pairs) {
    EXPECT_EQ(Base64Encode(bytes), text);
    EXPECT_EQ(Base64Decode(text), bytes);
    EXPECT_EQ(Base64Decode(text.substr(0, text.find('='))), bytes);
  }
  EXPECT_EQ(Base64UrlEncode("\xfb\xff\xfe"), "-__-");
  EXPECT_EQ(Base64UrlEncode("f", false), "Zg");
  EXPECT_EQ(Base64UrlDecode("-__-"), "\xfb\xff\xfe");
}

TEST(Base64Test, EveryByteGoesRound) {
  std::string bytes;
  for (int i = 0; i < 256; ++i) {
    bytes += static_cast<char>(i);
    EXPECT_EQ(Base64Decode(Base64Encode(bytes)), bytes);
    EXPECT_EQ(Base64UrlDecode(Base64UrlEncode(bytes, false)), bytes);
  }
}

TEST(Base64Test, Strict) {
  for (const char* text : {"Z", "Zg=", "Zg===", "=", "====", "Zm9v=", "Zm9vY",
                           "Zh==", "Zm9=", "Zm 9v", "Zm9v\n", "-__-", "Zg==Zg==", "Z=g="}) {
    const auto decoded = Base64Decode(text);
    ASSERT_FALSE(decoded) << text;
    EXPECT_EQ(decoded.error().kind, base::ErrorKind::kBadInput);
  }
  EXPECT_FALSE(Base64UrlDecode("+//+"));
  EXPECT_EQ(Base64Decode("Zm*v").error().message, "illegal base64 data at input byte 2");
}

}  // namespace
}  // namespace pharos::text
