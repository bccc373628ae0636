#include "ingest/receive/remote_write.h"

#include <gtest/gtest.h>

#include <protozero/pbf_writer.hpp>

#include "base/compress.h"
#include "ingest/receive/fake_sinks.h"

namespace pharos::ingest::receive {
namespace {

using protozero::pbf_writer;
using Labels = std::vector<std::pair<std::string, std::string>>;

void AddSeries(std::string& body, const Labels& labels, double value, int64_t time_ms) {
  pbf_writer request(body), series(request, 1);
  for (const auto& [name, v] : labels) {
    pbf_writer label(series, 1);
    label.add_string(1, name);
    label.add_string(2, v);
  }
  pbf_writer sample(series, 2);
  sample.add_double(1, value);
  sample.add_int64(2, time_ms);
}

class RemoteWriteTest : public testing::Test {
 protected:
  RemoteWriteTest() { RegisterRemoteWrite(router_, "", {.samples = &samples_}); }
  net::Response Post(const std::string& body, Labels headers = {}) {
    if (headers.empty()) {
      headers = {{"Content-Type", "application/x-protobuf"}, {"Content-Encoding", "snappy"}};
    }
    return Ask(router_, "/api/v1/write", base::SnappyCompress(body), headers);
  }
  FakeSamples samples_;
  net::Router router_;
};

TEST_F(RemoteWriteTest, StoresAndFindsSeriesByRawLabels) {
  std::string body;
  AddSeries(body, {{"__name__", "up"}, {"job", "a"}}, 1, 1000);
  AddSeries(body, {{"__name__", "up"}, {"job", "b"}}, 0, 1000);
  EXPECT_EQ(Post(body).status, 204);
  body.clear();
  AddSeries(body, {{"__name__", "up"}, {"job", "a"}}, 2, 2000);
  EXPECT_EQ(Post(body).status, 204);
  EXPECT_EQ(samples_.resolved, 2u) << "the second request must not read labels";
  ASSERT_NE(samples_.Find(R"(up{job="a"})"), nullptr);
  EXPECT_EQ(samples_.Find(R"(up{job="a"})")->samples.size(), 2u);
  EXPECT_EQ(samples_.commits, 2u);
}

TEST_F(RemoteWriteTest, PlainAndOtherSeriesKeepTheirOrder) {
  constexpr int64_t kNow = 1'700'000'000'000;
  const auto body_at = [&](int64_t time_ms) {
    std::string body;
    for (int i = 0; i < 100; ++i) {
      const Labels labels = {{"__name__", "m"}, {"i", std::to_string(i)}};
      AddSeries(body, labels, i, time_ms);
      if (i % 7 == 0) {  // the same series again, with two samples
        pbf_writer request(body), series(request, 1);
        for (const auto& [name, v] : labels) {
          pbf_writer label(series, 1);
          label.add_string(1, name);
          label.add_string(2, v);
        }
        for (const int64_t later : {1, 2}) {
          pbf_writer sample(series, 2);
          sample.add_double(1, i + 0.5);
          sample.add_int64(2, time_ms + later);
        }
      }
    }
    return body;
  };
  EXPECT_EQ(Post(body_at(kNow)).status, 204);
  EXPECT_EQ(samples_.resolved, 100u);
  EXPECT_EQ(Post(body_at(kNow + 15'000)).status, 204);
  EXPECT_EQ(samples_.resolved, 100u) << "all are known now";
  for (int i = 0; i < 100; ++i) {
    const auto* series = samples_.Find("m{i=\"" + std::to_string(i) + "\"}");
    ASSERT_NE(series, nullptr);
    ASSERT_EQ(series->samples.size(), i % 7 == 0 ? 6u : 2u) << i;
    for (size_t k = 1; k < series->samples.size(); ++k)
      EXPECT_LT(series->samples[k - 1].time_ms, series->samples[k].time_ms);
  }
}

TEST_F(RemoteWriteTest, AKnownBlockBeforeOtherBytesIsNoProofOfThem) {
  constexpr int64_t kNow = 1'700'000'000'000;
  std::string body;
  AddSeries(body, {{"__name__", "up"}}, 1, kNow);
  EXPECT_EQ(Post(body).status, 204);
  // Another label whose value ends in what looks like a sample.
  std::string sample;
  {
    pbf_writer series(sample), inner(series, 2);
    inner.add_double(1, 5);
    inner.add_int64(2, kNow + 1);
  }
  body.clear();
  AddSeries(body, {{"__name__", "up"}, {"zzz", sample}}, 2, kNow + 2);
  std::string only_labels;
  {
    pbf_writer request(only_labels), series(request, 1), label(series, 1);
    label.add_string(1, "__name__");
    label.add_string(2, "up" + sample);
  }
  (void)Post(body);
  (void)Post(only_labels);
  EXPECT_EQ(samples_.Find("up")->samples.size(), 1u);
}

TEST_F(RemoteWriteTest, AnswersRefusalsInPrometheusWords) {
  std::string body;
  AddSeries(body, {{"__name__", "up"}}, 1, 2000);
  EXPECT_EQ(Post(body).status, 204);
  EXPECT_EQ(Post(body).status, 204) << "the same bits again are fine";
  body.clear();
  AddSeries(body, {{"__name__", "up"}}, 1, 1000);
  AddSeries(body, {{"__name__", "other"}}, 1, 1000);
  const auto old = Post(body);
  EXPECT_EQ(old.status, 400);
  EXPECT_EQ(old.body, "out of order sample\n");
  EXPECT_EQ(samples_.Find("other")->samples.size(), 1u) << "the rest is stored";
  body.clear();
  AddSeries(body, {{"__name__", "up"}}, 7, 2000);
  EXPECT_EQ(Post(body).body, "duplicate sample for timestamp\n");
  samples_.oldest_ms = 100'000;
  body.clear();
  AddSeries(body, {{"__name__", "up"}}, 7, 3000);
  EXPECT_EQ(Post(body).body, "out of bounds\n");
}

TEST_F(RemoteWriteTest, SkipsInvalidLabels) {
  std::string body;
  AddSeries(body, {{"job", "no name"}}, 1, 1);
  AddSeries(body, {{"__name__", "a"}, {"x", "1"}, {"x", "2"}}, 1, 1);
  AddSeries(body, {{"__name__", "a\xff"}}, 1, 1);
  AddSeries(body, {{"z", "1"}, {"__name__", "unsorted"}, {"empty", ""}}, 1, 1);
  EXPECT_EQ(Post(body).status, 204);
  EXPECT_EQ(samples_.Names(), (std::vector<std::string>{R"(unsorted{z="1"})"}));
}

TEST_F(RemoteWriteTest, ChecksTypeAndEncoding) {
  const auto with = [&](const char* type, const char* encoding) {
    return Post("", {{"Content-Type", type}, {"Content-Encoding", encoding}});
  };
  EXPECT_EQ(with("application/json", "snappy").status, 415);
  EXPECT_EQ(with("application/json", "snappy").body,
            "expected application/x-protobuf as the first (media) part, got application/json "
            "content-type\n");
  EXPECT_EQ(with("application/x-protobuf;proto=yolo", "snappy").body,
            "got application/x-protobuf;proto=yolo content type; unknown type for remote write "
            "protobuf message yolo, supported: prometheus.WriteRequest, "
            "io.prometheus.write.v2.Request\n");
  EXPECT_EQ(with("application/x-protobuf;proto=prometheus.WriteRequest", "snappy").status, 204);
  EXPECT_EQ(with("application/x-protobuf", "gzip").body,
            "gzip encoding (compression) is not accepted by this server; only snappy is "
            "acceptable\n");
  EXPECT_EQ(with("", "").status, 204);
}

TEST_F(RemoteWriteTest, RefusesGarbageWithoutStoring) {
  const Labels headers = {{"Content-Type", "application/x-protobuf"}};
  auto answer = Ask(router_, "/api/v1/write", "not snappy", headers);
  EXPECT_EQ(answer.status, 400);
  EXPECT_EQ(answer.body, "snappy: corrupt input\n");
  std::string body;
  AddSeries(body, {{"__name__", "up"}}, 1, 1);
  body.resize(body.size() - 1);
  EXPECT_EQ(Post(body).status, 400);
  for (const auto& series : samples_.series) EXPECT_TRUE(series.samples.empty());
}

TEST_F(RemoteWriteTest, EvictedSeriesAreMadeAgain) {
  std::string body;
  AddSeries(body, {{"__name__", "up"}}, 1, 1);
  EXPECT_EQ(Post(body).status, 204);
  samples_.series[0].epoch = 9;  // evicted and reused since
  body.clear();
  AddSeries(body, {{"__name__", "up"}}, 2, 2);
  EXPECT_EQ(Post(body).status, 204);
  EXPECT_EQ(samples_.series[0].samples.size(), 2u);
}

TEST_F(RemoteWriteTest, SaysWhatBecameOfTheWrite) {
  std::string body;
  AddSeries(body, {{"__name__", "up"}}, 1, 1);
  AddSeries(body, {{"__name__", "down"}}, 1, 1);
  samples_.max_series = 1;
  const auto limited = Post(body);
  EXPECT_EQ(limited.status, 400);
  EXPECT_NE(limited.body.find("too many series"), std::string::npos);
  samples_.fate = base::Fail(base::ErrorKind::kIo, "disk gone");
  const auto failed = Post(body);
  EXPECT_EQ(failed.status, 500);
  EXPECT_EQ(failed.body, "disk gone\n");
}

}  // namespace
}  // namespace pharos::ingest::receive
