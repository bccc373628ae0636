#include "wire/remote_write.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <protozero/pbf_writer.hpp>

#include "wire/histogram_check.h"

namespace pharos::wire {
namespace {

using protozero::pbf_writer;
using Item = RemoteWriteReader::Item;

void Label(pbf_writer& series, std::string_view name, std::string_view value) {
  pbf_writer label(series, 1);
  label.add_bytes(1, name.data(), name.size());
  label.add_bytes(2, value.data(), value.size());
}
void Sample(pbf_writer& series, double value, int64_t time_ms) {
  pbf_writer sample(series, 2);
  sample.add_double(1, value);
  sample.add_int64(2, time_ms);
}

std::string Request() {
  std::string body;
  pbf_writer request(body);
  for (int i = 0; i < 2; ++i) {
    pbf_writer series(request, 1);
    Label(series, "__name__", "up");
    Label(series, "job", i == 0 ? "a" : "b");
    Sample(series, 1.5 + i, 1000);
    Sample(series, -0.0, -5);
  }
  pbf_writer metadata(request, 3);
  metadata.add_enum(1, 1);
  metadata.add_string(2, "http_requests_total");
  metadata.add_string(4, "Requests.");
  return body;
}

TEST(RemoteWrite, GivesSeriesWithRawLabels) {
  const std::string body = Request();
  RemoteWriteReader reader(body);
  ASSERT_EQ(*reader.Next(), Item::kSeries);
  const auto labels = ReadLabelBlock(reader.series().label_block);
  ASSERT_TRUE(labels);
  EXPECT_EQ(*labels, (std::vector<model::LabelView>{{"__name__", "up"}, {"job", "a"}}));
  ASSERT_EQ(reader.series().samples.size(), 2u);
  EXPECT_EQ(reader.series().samples[0].value, 1.5);
  EXPECT_EQ(reader.series().samples[1].time_ms, -5);
  EXPECT_TRUE(std::signbit(reader.series().samples[1].value));
  ASSERT_EQ(*reader.Next(), Item::kSeries);
  EXPECT_EQ(reader.series().samples[0].value, 2.5);
  ASSERT_EQ(*reader.Next(), Item::kMetadata);
  EXPECT_EQ(reader.metadata().family, "http_requests_total");
  EXPECT_EQ(reader.metadata().metadata.type, model::MetricType::kCounter);
  EXPECT_EQ(reader.metadata().metadata.help, "Requests.");
  EXPECT_EQ(*reader.Next(), Item::kEnd);
}

TEST(RemoteWrite, APlainSeriesIsGuessedAsItIsRead) {
  for (const double value : {1.5, 0.0, -0.0, std::nan("")}) {
    for (const int64_t time_ms :
         {int64_t{1'700'000'000'000}, int64_t{1} << 35, (int64_t{1} << 42) - 1}) {
      for (const bool leaves_zero_out : {false, true}) {
        std::string body;
        {
          pbf_writer request(body), series(request, 1);
          Label(series, "__name__", "up");
          Label(series, "job", "a");
          pbf_writer sample(series, 2);
          if (value != 0 || !leaves_zero_out) sample.add_double(1, value);
          sample.add_int64(2, time_ms);
        }
        RemoteWriteReader reader(body);
        ASSERT_EQ(*reader.NextUnread(), Item::kSeries);
        PlainSeries guess;
        ASSERT_TRUE(GuessPlain(reader.message(), &guess));
        ASSERT_TRUE(reader.ReadSeries(reader.message()));
        ASSERT_EQ(reader.series().samples.size(), 1u);
        EXPECT_EQ(guess.label_block, reader.series().label_block);
        EXPECT_EQ(guess.time_ms, reader.series().samples[0].time_ms);
        EXPECT_EQ(std::bit_cast<uint64_t>(guess.value),
                  std::bit_cast<uint64_t>(reader.series().samples[0].value));
      }
    }
  }
}

TEST(RemoteWrite, WhatIsNotPlainIsNotGuessed) {
  const auto guessed = [](auto fill) {
    std::string message;
    pbf_writer series(message);
    Label(series, "__name__", "up");
    fill(series);
    PlainSeries guess;
    return GuessPlain(message, &guess);
  };
  EXPECT_FALSE(guessed([](pbf_writer&) {}));
  EXPECT_FALSE(guessed([](pbf_writer& series) { Sample(series, 1, 1000); }));
  EXPECT_FALSE(guessed([](pbf_writer& series) { Sample(series, 1, -1); }));
  EXPECT_FALSE(guessed([](pbf_writer& series) {
    Sample(series, 1, 1'700'000'000'000);
    Label(series, "job", "a");
  }));
  PlainSeries guess;
  EXPECT_FALSE(GuessPlain("", &guess));
}

TEST(RemoteWrite, GathersLabelsThatAreSpread) {
  std::string body;
  pbf_writer request(body);
  {
    pbf_writer series(request, 1);
    Label(series, "__name__", "up");
    Sample(series, 1, 1);
    Label(series, "a", "1");
    Sample(series, 2, 2);
    Label(series, "b", "2");
  }
  RemoteWriteReader reader(body);
  ASSERT_EQ(*reader.Next(), Item::kSeries);
  EXPECT_EQ(*ReadLabelBlock(reader.series().label_block),
            (std::vector<model::LabelView>{{"__name__", "up"}, {"a", "1"}, {"b", "2"}}));
  EXPECT_EQ(reader.series().samples.size(), 2u);
}

TEST(RemoteWrite, EveryTruncationIsAnErrorOrShorter) {
  const std::string body = Request();
  size_t errors = 0;
  for (size_t n = 0; n < body.size(); ++n) {
    RemoteWriteReader reader(std::string_view(body).substr(0, n));
    while (true) {
      const auto item = reader.Next();
      if (!item) {
        EXPECT_EQ(item.error().kind, base::ErrorKind::kBadInput);
        EXPECT_FALSE(item.error().message.empty());
        ++errors;
        break;
      }
      if (*item == Item::kEnd) break;
    }
  }
  EXPECT_GT(errors, body.size() - 5);
}

TEST(RemoteWrite, ReadsNativeHistograms) {
  std::string message;
  pbf_writer h(message);
  h.add_uint64(1, 7);
  h.add_double(3, 12.5);
  h.add_sint32(4, 2);
  h.add_double(5, 0.001);
  h.add_uint64(6, 1);
  {
    pbf_writer span(h, 11);
    span.add_sint32(1, -3);
    span.add_uint32(2, 3);
  }
  const std::vector<int64_t> deltas{1, 2, -2};
  h.add_packed_sint64(12, deltas.begin(), deltas.end());
  h.add_int64(15, 4711);
  const auto sample = ReadRemoteHistogram(message);
  ASSERT_TRUE(sample) << sample.error().message;
  EXPECT_EQ(sample->time_ms, 4711);
  EXPECT_EQ(sample->histogram->positive_counts, (std::vector<double>{1, 3, 1}));
  EXPECT_EQ(sample->histogram->positive_spans[0], (model::BucketSpan{-3, 3}));
  EXPECT_EQ(sample->histogram->count, 7);
  EXPECT_FALSE(sample->histogram->float_counts);
}

TEST(RemoteWrite, WrongWireTypeIsRefused) {
  std::string body;
  pbf_writer(body).add_uint64(1, 5);
  const auto item = RemoteWriteReader(body).Next();
  ASSERT_FALSE(item);
  EXPECT_NE(item.error().message.find("wireType"), std::string::npos);
}

TEST(CheckHistogram, BucketsLieWhereNumbersAre) {
  model::Histogram h;
  h.count = 2;
  h.positive_counts = {1, 1};
  h.positive_spans = {{275'000, 1}, {3, 1}};
  EXPECT_TRUE(CheckHistogram(h));
  for (const int32_t offset : {INT32_MAX, INT32_MIN}) {
    h.positive_spans = {{offset, 2}};
    EXPECT_FALSE(CheckHistogram(h)) << offset;
  }
  h.positive_spans = {{5, 1}, {INT32_MAX, 1}};
  EXPECT_FALSE(CheckHistogram(h));
}

}  // namespace
}  // namespace pharos::wire
