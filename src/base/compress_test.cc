#include "base/compress.h"

#include <gtest/gtest.h>

namespace pharos::base {
namespace {

const std::string kText = [] {
  std::string out;
  for (int i = 0; i < 5000; ++i) out += "line " + std::to_string(i * 7919) + "\n";
  return out;
}();

TEST(Compress, RoundTrips) {
  EXPECT_EQ(*SnappyDecompress(SnappyCompress(kText), 1 << 20), kText);
  EXPECT_EQ(*GzipDecompress(GzipCompress(kText), 1 << 20), kText);
  EXPECT_EQ(*ZstdDecompress(ZstdCompress(kText), 1 << 20), kText);
  EXPECT_EQ(*GzipDecompress(GzipCompress(""), 10), "");
  EXPECT_EQ(*ZstdDecompress(ZstdCompress(""), 10), "");
}

TEST(Compress, SeveralMembersAreOneBody) {
  EXPECT_EQ(*GzipDecompress(GzipCompress("a") + GzipCompress("b"), 10), "ab");
  EXPECT_EQ(*ZstdDecompress(ZstdCompress("a") + ZstdCompress("b"), 10), "ab");
}

TEST(Compress, BombsEndAtTheCap) {
  const std::string zeros(8 << 20, '\0');
  for (const std::string_view encoding : {"gzip", "zstd", "snappy"}) {
    const std::string bomb = encoding == "gzip"   ? GzipCompress(zeros)
                             : encoding == "zstd" ? ZstdCompress(zeros)
                                                  : SnappyCompress(zeros);
    const auto out = DecompressBody(encoding, bomb, 1 << 20);
    ASSERT_FALSE(out) << encoding;
    EXPECT_EQ(out.error().kind, ErrorKind::kTooLarge);
    EXPECT_TRUE(DecompressBody(encoding, bomb, zeros.size())) << "exactly the cap is allowed";
  }
}

TEST(Compress, EmptyMembersCostTheirOwnLength) {
  // Were the output cleared or copied for each of them, this would take minutes.
  const std::string text(16 << 20, 'x');
  std::string gzip = GzipCompress(text), zstd = ZstdCompress(text);
  const std::string no_gzip = GzipCompress(""), no_zstd = ZstdCompress("");
  for (int i = 0; i < 100'000; ++i) {
    gzip += no_gzip;
    zstd += no_zstd;
  }
  EXPECT_EQ(*GzipDecompress(gzip, 20 << 20), text);
  EXPECT_EQ(*ZstdDecompress(zstd, 20 << 20), text);
}

TEST(Compress, AFalseLengthIsNotAllocated) {
  const std::string claim("\xff\xff\xff\x07\x00x", 6);  // 16 MiB in one literal byte
  const auto out = SnappyDecompress(claim, 1 << 30);
  ASSERT_FALSE(out);
  EXPECT_EQ(out.error().kind, ErrorKind::kBadInput);
  const std::string zeros(1 << 20, '\0');
  EXPECT_EQ(*SnappyDecompress(SnappyCompress(zeros), 1 << 20), zeros) << "the densest there is";
}

TEST(Compress, TruncationIsBadInput) {
  for (const std::string& whole :
       {GzipCompress(kText), ZstdCompress(kText), SnappyCompress(kText)}) {
    const std::string_view encoding = whole[0] == '\x1f'   ? "gzip"
                                      : whole[0] == '\x28' ? "zstd"
                                                           : "snappy";
    for (const size_t keep : {size_t{3}, whole.size() / 2, whole.size() - 1}) {
      const auto out = DecompressBody(encoding, std::string_view(whole).substr(0, keep), 1 << 20);
      ASSERT_FALSE(out) << encoding << " " << keep;
      EXPECT_EQ(out.error().kind, ErrorKind::kBadInput);
    }
  }
}

TEST(Compress, UnknownEncodingIsNamed) {
  EXPECT_EQ(DecompressBody("br", "x", 10).error().message, "unsupported content encoding \"br\"");
}

TEST(Compress, GzipFromPieces) {
  std::string text, zipped;
  GzipStream stream(1);
  for (int i = 0; i < 50; ++i) {
    std::string piece;
    for (int k = 0; k < i * 300; ++k) piece += static_cast<char>('a' + (k * k + i) % 23);
    stream.Add(piece, zipped);
    text += piece;
  }
  stream.Finish(zipped);
  EXPECT_LT(zipped.size(), text.size() / 2);
  const auto back = GzipDecompress(zipped, text.size());
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(*back, text);
  std::string empty;
  GzipStream(1).Finish(empty);
  EXPECT_EQ(*GzipDecompress(empty, 1), "");
}

}  // namespace
}  // namespace pharos::base
