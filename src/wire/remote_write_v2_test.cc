#include "wire/remote_write_v2.h"

#include <gtest/gtest.h>

#include <protozero/pbf_writer.hpp>
#include <set>

#include "wire/histogram_reduce.h"

namespace pharos::wire {
namespace {

using protozero::pbf_writer;
using Refs = std::vector<uint32_t>;

TEST(RemoteWriteV2, SymbolsMayComeLast) {
  std::string body;
  pbf_writer request(body);
  {
    pbf_writer series(request, 5);
    const Refs refs = {1, 2};
    for (const uint32_t ref : refs) series.add_uint32(1, ref);  // not packed
    pbf_writer sample(series, 2);
    sample.add_double(1, 4.5);
    sample.add_int64(2, -7);
  }
  for (const char* symbol : {"", "__name__", "up"}) request.add_string(4, symbol);
  RemoteWriteV2Reader reader(body);
  ASSERT_TRUE(reader.ReadSymbols());
  ASSERT_EQ(reader.symbols().size(), 3u);
  ASSERT_TRUE(*reader.Next());
  const auto labels = ResolveLabelRefs(reader.series().label_refs, reader.symbols());
  ASSERT_TRUE(labels);
  EXPECT_EQ((*labels)[0].value, "up");
  EXPECT_EQ(reader.series().samples[0].time_ms, -7);
  EXPECT_EQ(ReadLabelRefsV2(reader.series().message), (Refs{1, 2}));
  EXPECT_FALSE(*reader.Next());
}

TEST(RemoteWriteV2, HashesTellListsApart) {
  const std::vector<std::string_view> symbols = {"", "a", "b", "c"};
  const SymbolHashes hashes(symbols);
  std::set<base::Hash128> seen;
  size_t lists = 0;
  for (uint32_t n = 0; n < 256; ++n) {
    for (size_t length = 0; length <= 4; ++length) {
      if (length < 4 && n >> (2 * length) != 0) continue;
      Refs refs;
      for (size_t i = 0; i < length; ++i) refs.push_back(n >> (2 * i) & 3);
      seen.insert(hashes.Of(refs));
      ++lists;
    }
  }
  EXPECT_EQ(seen.size(), lists);
  // Beyond the table of constants, too.
  Refs large(300, 1);
  const auto before = hashes.Of(large);
  std::swap(large[200] = 2, large[250]);
  EXPECT_NE(hashes.Of(large), before);
}

TEST(RemoteWriteV2, SaysWhatIsWrong) {
  const std::vector<std::string_view> symbols = {"", "a"};
  EXPECT_EQ(ResolveLabelRefs(Refs{1}, symbols).error().message, "invalid labelRefs length 1");
  EXPECT_EQ(ResolveLabelRefs(Refs{1, 9}, symbols).error().message,
            "labelRefs 1 (name) = 9 (value) outside of symbols table (size 2)");
  RemoteWriteV2Reader torn(std::string_view("\x2a\x05\x0a", 3));
  EXPECT_EQ(torn.ReadSymbols().error().message, "unexpected EOF");
}

TEST(RemoteWriteV2, FineHistogramsBecomeCoarse) {
  model::Histogram h{.schema = 9};
  // Buckets 1, 2, 3 | 10 and, on the other side, -3, -2.
  h.positive_spans = {{1, 3}, {6, 1}};
  h.positive_counts = {1, 2, 4, 8};
  h.negative_spans = {{-3, 2}};
  h.negative_counts = {16, 32};
  ReduceToMaxSchema(&h);
  EXPECT_EQ(h.schema, 8);
  EXPECT_EQ(h.positive_spans, (std::vector<model::BucketSpan>{{1, 2}, {2, 1}}));
  EXPECT_EQ(h.positive_counts, (std::vector<double>{3, 4, 8}));
  EXPECT_EQ(h.negative_spans, (std::vector<model::BucketSpan>{{-1, 1}}));
  EXPECT_EQ(h.negative_counts, (std::vector<double>{48}));
  model::Histogram odd{.schema = 9, .positive_counts = {1}};
  ReduceToMaxSchema(&odd);
  EXPECT_EQ(odd.schema, 9) << "what does not fit is left for the check";
}

}  // namespace
}  // namespace pharos::wire
