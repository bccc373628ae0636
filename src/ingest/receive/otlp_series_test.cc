// Data points that are known by their bytes become the same samples as those whose attributes
// are read each time.
#include "ingest/receive/otlp_series.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <protozero/pbf_writer.hpp>
#include <random>

#include "ingest/receive/fake_sinks.h"
#include "ingest/receive/otlp_metrics.h"

namespace pharos::ingest::receive {
namespace {

using protozero::pbf_writer;

constexpr int64_t kNow = 1'700'000'000'000'000'000;
using Pairs = std::vector<std::pair<std::string, std::string>>;

void AddPair(pbf_writer& to, uint32_t field, const std::string& key, const std::string& value) {
  pbf_writer pair(to, field);
  pair.add_string(1, key);
  pbf_writer any(pair, 2);
  if (value.starts_with('#')) {
    any.add_int64(3, std::atoll(value.c_str() + 1));
  } else {
    any.add_string(1, value);
  }
}

/// Requests of few names and values, so that series meet again in many forms.
class Requests {
 public:
  explicit Requests(uint32_t seed) : random_(seed) {}

  std::string Next() {
    ++round_;
    std::string body;
    pbf_writer request(body);
    for (size_t i = 0, n = 1 + Below(3); i < n; ++i) Resource(request);
    return body;
  }
  size_t Below(size_t n) { return random_() % n; }

 private:
  template <size_t N>
  std::string OneOf(const char* const (&list)[N]) {
    return list[Below(N)];
  }
  std::string Value() { return OneOf({"", "a", "b", "a;b", "#7", "7"}); }

  void Resource(pbf_writer& request) {
    pbf_writer all(request, 1);
    {
      pbf_writer resource(all, 1);
      for (const char* key :
           {"service.name", "service.namespace", "service.instance.id", "host.name"}) {
        if (Below(3) > 0) AddPair(resource, 1, key, Value());
      }
    }
    pbf_writer scope(all, 2);
    for (size_t i = 0, n = 1 + Below(4); i < n; ++i) Metric(scope);
  }

  void Metric(pbf_writer& scope) {
    pbf_writer metric(scope, 2);
    metric.add_string(1, OneOf({"m", "m.x", "m_x", "n", "__"}));
    if (Below(2) == 0) metric.add_string(2, OneOf({"One.", "Two."}));
    metric.add_string(3, OneOf({"", "1", "s", "By/s"}));
    constexpr uint32_t kKinds[] = {5, 7, 9, 10, 11};
    const uint32_t kind = kKinds[Below(5)];
    pbf_writer data(metric, kind);
    for (size_t i = 0, n = Below(4); i < n; ++i) Point(data, kind);
    if (kind == 7 || kind == 9 || kind == 10) data.add_int32(2, Below(8) == 0 ? 1 : 2);
    if (kind == 7) data.add_bool(3, Below(2) == 0);
  }

  void Attributes(pbf_writer& point, uint32_t field) {
    for (size_t i = 0, n = Below(4); i < n; ++i) {
      AddPair(point, field, OneOf({"k", "l.m", "l_m", "job", "le", "___"}), Value());
    }
  }

  void Point(pbf_writer& data, uint32_t kind) {
    pbf_writer point(data, 1);
    const uint32_t attributes = kind == 9 ? 9 : kind == 10 ? 1 : 7;
    Attributes(point, attributes);
    point.add_fixed64(2, static_cast<uint64_t>(kNow));
    point.add_fixed64(3, static_cast<uint64_t>(kNow + round_ * 1'000'000'000));
    if (Below(3) == 0) Attributes(point, attributes);  // something lies between them
    switch (kind) {
      case 5:
      case 7: point.add_double(4, static_cast<double>(round_)); break;
      case 9: Explicit(point); break;
      case 10: Exponential(point); break;
      default: Summary(point); break;
    }
    if (Below(10) == 0) point.add_uint32(kind == 9 || kind == 10 ? 10 : 8, 1);
    if (kind != 11 && Below(3) == 0) Exemplar(point, kind == 9 ? 8 : kind == 10 ? 11 : 5);
  }

  void Explicit(pbf_writer& point) {
    point.add_fixed64(4, static_cast<uint64_t>(3 * round_));
    if (Below(2) == 0) point.add_double(5, 1.5);
    const uint64_t counts[] = {1, static_cast<uint64_t>(round_), 2};
    point.add_packed_fixed64(6, std::begin(counts), std::end(counts));
    const double bounds[] = {0.1, Below(2) == 0 ? 1.0 : 2.0};
    point.add_packed_double(7, std::begin(bounds), std::end(bounds));
  }
  void Exponential(pbf_writer& point) {
    point.add_fixed64(4, static_cast<uint64_t>(round_));
    point.add_sint32(6, Below(8) == 0 ? -9 : 3);
    pbf_writer side(point, 8);
    const uint64_t counts[] = {static_cast<uint64_t>(round_)};
    side.add_packed_uint64(2, std::begin(counts), std::end(counts));
  }
  void Summary(pbf_writer& point) {
    point.add_fixed64(4, static_cast<uint64_t>(round_));
    pbf_writer quantile(point, 6);
    quantile.add_double(1, Below(2) == 0 ? 0.5 : 0.9);
    quantile.add_double(2, 7);
  }
  void Exemplar(pbf_writer& point, uint32_t field) {
    pbf_writer exemplar(point, field);
    exemplar.add_fixed64(2, static_cast<uint64_t>(kNow + round_));
    exemplar.add_double(3, 0.5);
    exemplar.add_bytes(5, std::string(16, 'x'));
  }

  std::mt19937 random_;
  int64_t round_ = 0;
};

/// What an engine holds, as text.
std::map<std::string, std::string> Contents(const FakeSamples& samples) {
  std::map<std::string, std::string> out;
  for (const auto& series : samples.series) {
    std::string& text = out[model::ToString(series.labels)];
    for (const auto& s : series.samples) {
      text +=
          std::to_string(s.time_ms) + "=" + std::to_string(std::bit_cast<uint64_t>(s.value)) + " ";
    }
    for (const auto& h : series.histograms) {
      text += std::to_string(h.time_ms) + "=h" + std::to_string(h.histogram->count) + " ";
    }
    for (const auto& e : series.exemplars) text += model::ToString(e.labels) + " ";
  }
  for (const auto& [family, what] : samples.metadata) {
    out["metadata of " + family] =
        std::to_string(static_cast<int>(what.type)) + what.help + "," + what.unit;
  }
  return out;
}

class Pair {
 public:
  Pair() : clock_(kNow) { forgetful_.forgets = true; }
  void Write(const std::string& body) {
    const auto a = known_writer_.Write("t", body), b = forgetful_writer_.Write("t", body);
    ASSERT_EQ(a.has_value(), b.has_value());
    if (!a) return;
    EXPECT_EQ(a->rejected, b->rejected);
    EXPECT_EQ(a->reason, b->reason);
  }
  void Evict(size_t series) {
    if (series < known_.series.size()) ++known_.series[series].epoch;
  }
  void Compare() {
    EXPECT_EQ(Contents(known_), Contents(forgetful_));
    EXPECT_LT(known_.resolved, forgetful_.resolved);
  }
  FakeSamples& known() { return known_; }

 private:
  base::FakeClock clock_;
  FakeSamples known_, forgetful_;
  OtlpMetricsWriter known_writer_{Target{.samples = &known_, .clock = &clock_}};
  OtlpMetricsWriter forgetful_writer_{Target{.samples = &forgetful_, .clock = &clock_}};
};

TEST(OtlpSeriesTest, KnownPointsAreWhatReadOnesAre) {
  const int runs = std::getenv("PHAROS_LONG") != nullptr ? 2000 : 20;
  for (int run = 0; run < runs; ++run) {
    SCOPED_TRACE(run);
    Requests requests(static_cast<uint32_t>(run));
    Pair pair;
    for (int i = 0; i < 30; ++i) {
      pair.Write(requests.Next());
      if (requests.Below(4) == 0) pair.Evict(requests.Below(40));
    }
    pair.Compare();
    if (HasFailure()) return;
  }
}

std::string Gauge(const std::string& job, const Pairs& attributes) {
  std::string body;
  pbf_writer request(body);
  pbf_writer all(request, 1);
  {
    pbf_writer resource(all, 1);
    AddPair(resource, 1, "service.name", job);
  }
  pbf_writer scope(all, 2);
  pbf_writer metric(scope, 2);
  metric.add_string(1, "m");
  pbf_writer data(metric, 5);
  pbf_writer point(data, 1);
  for (const auto& [key, value] : attributes) AddPair(point, 7, key, value);
  point.add_fixed64(3, static_cast<uint64_t>(kNow));
  point.add_double(4, 1);
  return body;
}

TEST(OtlpSeriesTest, OrderOfAttributesIsNoDifferenceAndTheResourceIsOne) {
  Pair pair;
  pair.Write(Gauge("a", {{"x", "1"}, {"y", "2"}}));
  pair.Write(Gauge("a", {{"y", "2"}, {"x", "1"}}));
  EXPECT_EQ(pair.known().Names(), (std::vector<std::string>{R"(m{job="a", x="1", y="2"})"}));
  pair.Write(Gauge("b", {{"x", "1"}, {"y", "2"}}));
  pair.Write(Gauge("a", {{"x", "1y"}, {"2", ""}}));
  EXPECT_EQ(pair.known().Names(),
            (std::vector<std::string>{R"(m{job="a", x="1", y="2"})", R"(m{job="a", x="1y"})",
                                      R"(m{job="b", x="1", y="2"})"}));
  const size_t resolved = pair.known().resolved;
  pair.Write(Gauge("a", {{"y", "2"}, {"x", "1"}}));
  EXPECT_EQ(pair.known().resolved, resolved);
}

TEST(OtlpSeriesTest, MetadataAreToldWhenTheyChangeOrWereLost) {
  base::FakeClock clock(kNow);
  FakeSamples samples;
  OtlpMetricsWriter writer(Target{.samples = &samples, .clock = &clock});
  const std::string body = Gauge("a", {});
  const auto told = [&] {
    samples.metadata.clear();
    EXPECT_TRUE(writer.Write("t", body));
    return samples.metadata.size();
  };
  EXPECT_EQ(told(), 1u);
  EXPECT_EQ(told(), 0u);
  writer.Write("other", body);
  samples.fate = base::Fail(base::ErrorKind::kFull, "full");
  EXPECT_EQ(told(), 0u);
  samples.fate = {};
  EXPECT_EQ(told(), 1u);
}

TEST(OtlpSeriesTest, AMalformedAttributeRefusesTheRequest) {
  base::FakeClock clock(kNow);
  FakeSamples samples;
  OtlpMetricsWriter writer(Target{.samples = &samples, .clock = &clock});
  std::string body;
  {
    pbf_writer request(body);
    pbf_writer all(request, 1);
    pbf_writer scope(all, 2);
    pbf_writer metric(scope, 2);
    metric.add_string(1, "m");
    pbf_writer data(metric, 5);
    {
      pbf_writer good(data, 1);
      good.add_fixed64(3, static_cast<uint64_t>(kNow));
    }
    pbf_writer point(data, 1);
    point.add_fixed64(3, static_cast<uint64_t>(kNow));
    point.add_string(7, "\x0a\xff");
  }
  const auto written = writer.Write("t", body);
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().kind, base::ErrorKind::kBadInput);
  EXPECT_EQ(samples.commits, 0u);
  for (const auto& series : samples.series) EXPECT_TRUE(series.samples.empty());
}

}  // namespace
}  // namespace pharos::ingest::receive
