// Cost of an OTLP data point in front of the engine, its series known: decode, name, look-up.
#include <benchmark/benchmark.h>

#include <protozero/pbf_writer.hpp>
#include <unordered_map>

#include "ingest/receive/otlp_metrics.h"

namespace {

using namespace pharos;
using protozero::pbf_writer;

/// An engine of handles and nothing behind them.
class Sink final : public store::SampleSink {
 public:
  std::unique_ptr<store::SampleAppender> Begin(std::string_view) override {
    return std::make_unique<Appender>(*this);
  }

 private:
  class Appender final : public store::SampleAppender {
   public:
    explicit Appender(Sink& sink) : sink_(sink) {}
    std::optional<store::SeriesHandle> Lookup(base::Hash128 raw) override {
      const auto found = sink_.known_.find(raw);
      if (found == sink_.known_.end()) return std::nullopt;
      return found->second;
    }
    base::Result<store::SeriesHandle> Resolve(const model::Labels&) override {
      return store::SeriesHandle{sink_.next_++, 0};
    }
    void Remember(base::Hash128 raw, store::SeriesHandle handle) override {
      sink_.known_[raw] = handle;
    }
    void Append(std::span<const store::SampleWrite> samples,
                std::vector<store::Refused>*) override {
      benchmark::DoNotOptimize(samples.data());
    }
    void AppendHistograms(std::span<const store::HistogramWrite> samples,
                          std::vector<store::Refused>*) override {
      benchmark::DoNotOptimize(samples.data());
    }
    void AppendExemplars(std::span<const store::ExemplarWrite>) override {}
    void SetMetadata(std::string_view, const model::Metadata& what) override {
      benchmark::DoNotOptimize(what.help.data());
    }
    base::Ack Commit() override { return base::Ack::Durable(); }

   private:
    Sink& sink_;
  };
  std::unordered_map<base::Hash128, store::SeriesHandle, base::Hash128Hasher> known_;
  uint32_t next_ = 0;
};

void AddPair(pbf_writer& to, uint32_t field, const std::string& key, const std::string& value) {
  pbf_writer pair(to, field);
  pair.add_string(1, key);
  pbf_writer any(pair, 2);
  any.add_string(1, value);
}

void AddPoint(pbf_writer& data, int i, bool histogram) {
  pbf_writer point(data, 1);
  const uint32_t attributes = histogram ? 9 : 7;
  const std::pair<const char*, std::string> pairs[] = {
      {"http.request.method", i % 2 == 0 ? "GET" : "POST"},
      {"http.response.status_code", std::to_string(200 + i % 5)},
      {"http.route", "/api/products/" + std::to_string(i)},
      {"network.protocol.version", "1.1"},
      {"server.address", "shop.example.org"},
      {"url.scheme", "https"}};
  for (const auto& [key, value] : pairs) AddPair(point, attributes, key, value);
  point.add_fixed64(2, 1'700'000'000'000'000'000);
  point.add_fixed64(3, 1'700'000'060'000'000'000);
  if (!histogram) return point.add_double(4, i * 1.5);
  point.add_fixed64(4, 1000);
  point.add_double(5, 123.5);
  uint64_t counts[15];
  double bounds[14];
  for (int k = 0; k < 15; ++k) counts[k] = static_cast<uint64_t>(k * i);
  for (int k = 0; k < 14; ++k) bounds[k] = 0.005 * (1 << k);
  point.add_packed_fixed64(6, std::begin(counts), std::end(counts));
  point.add_packed_double(7, std::begin(bounds), std::end(bounds));
}

std::string Body(bool histogram, int metrics, int points) {
  std::string body;
  pbf_writer request(body);
  pbf_writer all(request, 1);
  {
    pbf_writer resource(all, 1);
    for (const char* key : {"service.name", "service.namespace", "service.instance.id", "host.name",
                            "telemetry.sdk.language", "telemetry.sdk.version", "process.pid"}) {
      AddPair(resource, 1, key, std::string("value of ") + key);
    }
  }
  pbf_writer scope(all, 2);
  for (int m = 0; m < metrics; ++m) {
    pbf_writer metric(scope, 2);
    metric.add_string(1, "http.server.request.duration." + std::to_string(m));
    metric.add_string(2, "Duration of HTTP server requests.");
    metric.add_string(3, "s");
    pbf_writer data(metric, histogram ? 9 : 7);
    for (int i = 0; i < points; ++i) AddPoint(data, i, histogram);
    data.add_int32(2, 2);
    if (!histogram) data.add_bool(3, true);
  }
  return body;
}

/// Time an item is time a data point; a histogram's has 17 series.
void Write(benchmark::State& state, bool histogram) {
  constexpr int kMetrics = 40;
  const auto points = static_cast<int>(state.range(0));
  const std::string body = Body(histogram, kMetrics, points);
  Sink sink;
  ingest::receive::OtlpMetricsWriter writer({.samples = &sink});
  for (auto _ : state) benchmark::DoNotOptimize(writer.Write("t", body));
  state.SetItemsProcessed(state.iterations() * kMetrics * points);
}
void BM_Sums(benchmark::State& state) { Write(state, false); }
void BM_Histograms(benchmark::State& state) { Write(state, true); }
BENCHMARK(BM_Sums)->Arg(5)->Arg(50);
BENCHMARK(BM_Histograms)->Arg(5)->Arg(50);

}  // namespace
