// What a line and a span cost: CPU to append, bytes on disk, and searches over a million
// lines. The data has the shape of an ordinary shop: JSON lines of ten services, traces of
// 8 to 14 spans over seven.
#include <benchmark/benchmark.h>

#include <cstdio>
#include <ctime>
#include <filesystem>
#include <random>

#include "base/compress.h"
#include "events/engine.h"
#include "events/shop_lines_test.h"

namespace pharos::events {
namespace {

constexpr int64_t kNow = 1'800'000'000'000'000'000;
constexpr int64_t kHour = 3'600'000'000'000;
constexpr size_t kLines = 1'000'000;
constexpr size_t kTraces = 50'000;

/// All batches of a workload, as receivers hand them over.
std::vector<model::EventBatch> LogBatches(uint64_t* raw_bytes) {
  Shop shop;
  std::vector<model::EventBatch> out;
  for (size_t start = 0; start < kLines; start += 1000) {
    model::EventBatch& batch = out.emplace_back();
    std::vector<std::vector<model::Event>> pods(50);
    for (size_t i = start; i < start + 1000; ++i) {
      const size_t pod = shop.Below(50);
      const int64_t ms = (kNow - kHour) / 1'000'000 + static_cast<int64_t>(i * 3'600'000 / kLines);
      model::Event event;
      event.time_ns = ms * 1'000'000 + static_cast<int64_t>(i % 1000 * 1000);
      const std::string line = shop.Line(i, event.time_ns, pod % 10);
      *raw_bytes += line.size();
      event.body = model::Value::String(batch.arena.Copy(line));
      pods[pod].push_back(event);
    }
    for (size_t pod = 0; pod < 50; ++pod) {
      const std::string service = "svc-" + std::to_string(pod % 10),
                        name = "pod-" + std::to_string(pod);
      batch.streams.push_back(
          {model::Labels{
               {"container", service}, {"env", "prod"}, {"pod", name}, {"service", service}},
           std::move(pods[pod])});
    }
  }
  return out;
}

struct Step {
  const char* service;
  const char* name;
  int parent;
  uint8_t kind;
};
constexpr Step kTree[] = {
    {"frontend", "GET /checkout", -1, 2},   {"api", "POST /checkout", 0, 2},
    {"api", "verify_product", 1, 1},        {"postgres", "SELECT products", 2, 3},
    {"inventory", "reserve", 1, 2},         {"redis", "GET sku", 4, 3},
    {"postgres", "UPDATE inventory", 4, 3}, {"payment", "charge", 1, 2},
    {"payment", "stripe.charge", 7, 3},     {"api", "create_order", 1, 1},
    {"postgres", "INSERT orders", 9, 3},    {"api", "queue_publish", 1, 4},
    {"worker", "process_order", 11, 5},     {"postgres", "UPDATE orders", 12, 3}};

template <class T>
std::span<const T> Keep(model::EventBatch& batch, const std::vector<T>& items) {
  return batch.arena.CopySpan(std::span<const T>(items));
}

std::vector<model::EventBatch> SpanBatches(uint64_t* spans, std::vector<model::TraceId>* ids) {
  using model::Value;
  Shop shop;
  std::vector<model::EventBatch> out;
  for (size_t first = 0; first < kTraces; first += 90) {
    model::EventBatch& batch = out.emplace_back();
    std::map<std::string, std::vector<model::Event>> services;
    std::map<std::string, const model::Origin*> origins;
    for (size_t t = first; t < std::min(kTraces, first + 90); ++t) {
      model::TraceId trace;
      for (auto& byte : trace.bytes) byte = static_cast<uint8_t>(shop.Below(256));
      ids->push_back(trace);
      std::vector<model::SpanId> span_ids(14);
      for (auto& id : span_ids) {
        for (auto& byte : id.bytes) byte = static_cast<uint8_t>(shop.Below(256));
      }
      const size_t n = 8 + shop.Below(7);
      const int64_t start =
          kNow - kHour + static_cast<int64_t>(t) * (kHour / kTraces) / 1'000'000 * 1'000'000;
      for (size_t j = 0; j < n; ++j) {
        const Step& step = kTree[j];
        model::SpanPart span;
        model::Event event;
        event.kind = model::EventKind::kSpan;
        event.trace_id = trace;
        event.span_id = span_ids[j];
        if (step.parent >= 0) span.parent_id = span_ids[static_cast<size_t>(step.parent)];
        span.name = step.name;
        span.kind = step.kind;
        event.time_ns = start + static_cast<int64_t>(j * (1'000'000 + shop.Below(3'000'000)));
        span.end_ns = event.time_ns + 200'000 +
                      static_cast<int64_t>(
                          -20e6 * std::log((static_cast<double>(shop.Below(1'000'000)) + 1) / 1e6));
        if (step.kind == 3 && std::string_view(step.service) == "postgres") {
          const std::string statement = std::string(step.name) + " WHERE id = $1";
          event.attributes = Keep<model::KeyValue>(
              batch, {{"db.system", Value::String("postgresql")},
                      {"db.statement", Value::String(batch.arena.Copy(statement))},
                      {"db.rows", Value::Int(static_cast<int64_t>(shop.Below(50)))}});
        } else {
          const std::string user = "u" + std::to_string(shop.Below(100'000));
          event.attributes =
              Keep<model::KeyValue>(batch, {{"http.method", Value::String("POST")},
                                            {"http.route", Value::String("/checkout")},
                                            {"http.status_code", Value::Int(200)},
                                            {"user.id", Value::String(batch.arena.Copy(user))}});
        }
        const model::Origin*& origin = origins[step.service];
        if (origin == nullptr) {
          model::Origin made;
          const std::string pod =
              std::string(step.service) + "-7d9f6b-" + std::to_string(first / 90 % 7);
          made.resource = Keep<model::KeyValue>(
              batch, {{"service.name", Value::String(step.service)},
                      {"service.version", Value::String("1.4.2")},
                      {"k8s.pod.name", Value::String(batch.arena.Copy(pod))}});
          made.scope_name = "demo";
          origin = Keep<model::Origin>(batch, {made}).data();
        }
        event.origin = origin;
        event.span = Keep<model::SpanPart>(batch, {span}).data();
        services[step.service].push_back(event);
        ++*spans;
      }
    }
    for (auto& [service, events] : services) {
      batch.streams.push_back({model::Labels{{"service_name", service}}, std::move(events)});
    }
  }
  return out;
}

/// An engine over a directory of its own, filled with both workloads.
struct Filled {
  std::string directory;
  base::FakeClock clock{kNow};
  base::MemoryBudget budget{size_t{8} << 30};
  std::unique_ptr<io::Manifest> manifest;
  std::unique_ptr<Engine> engine;
  std::unique_ptr<io::Wal> wal;

  Filled() {
    directory = (std::filesystem::temp_directory_path() /
                 ("pharos-bench-" + std::to_string(std::random_device{}())))
                    .string();
    manifest = *io::Manifest::Open(io::Fs::Real(), directory);
    engine = *Engine::Open(*manifest, clock, budget);
    wal = *io::Wal::Open(io::Fs::Real(), {.directory = directory + "/wal"},
                         [](const io::WalFrame&) -> base::Result<void> { return {}; });
    engine->AttachWal(*wal);
  }
  ~Filled() {
    engine.reset();
    wal.reset();
    manifest.reset();
    std::filesystem::remove_all(directory);
  }
  void Append(const std::vector<model::EventBatch>& batches) {
    for (const model::EventBatch& batch : batches) {
      PHAROS_CHECK(engine->Append("default", batch)->rejected == 0, "rejected");
    }
  }
};

void BM_AppendAndSeal(benchmark::State& state) {
  const bool logs = state.range(0) == 0;
  uint64_t raw = 0, items = 0;
  std::vector<model::TraceId> ids;
  const auto batches = logs ? LogBatches(&raw) : SpanBatches(&items, &ids);
  if (logs) items = kLines;
  double append_seconds = 0, seal_seconds = 0, bytes = 0;
  const auto cpu = [] { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; };
  for (auto _ : state) {
    Filled filled;
    const double start = cpu();
    filled.Append(batches);
    const double appended = cpu();
    PHAROS_CHECK(filled.engine->Flush().has_value(), "flush");
    append_seconds += appended - start;
    seal_seconds += cpu() - appended;
    const auto kind = logs ? model::EventKind::kLog : model::EventKind::kSpan;
    bytes = static_cast<double>(filled.engine->Stats("default", kind).part_bytes);
    for (const auto& entry : filled.manifest->Live(io::Signal::kEvents)) {
      const auto reader = io::PartReader::Open(
          io::Fs::Real(), filled.directory + "/" + entry.path + "/data", kPartKind, kPartVersion);
      for (const io::Section& section : (*reader)->Sections()) {
        double stored = 0;
        for (const io::PageRef& page : section.pages) stored += page.stored_bytes;
        state.counters[section.name] += stored / static_cast<double>(items);
      }
    }
  }
  const double n = static_cast<double>(items) * static_cast<double>(state.iterations());
  state.counters["append_ns"] = append_seconds / n * 1e9;
  state.counters["seal_ns"] = seal_seconds / n * 1e9;
  state.counters["bytes_each"] = bytes / static_cast<double>(items);
}
BENCHMARK(BM_AppendAndSeal)->Arg(0)->Arg(1)->Iterations(1)->Unit(benchmark::kMillisecond);

Filled& SealedLines() {
  static Filled filled;
  static const bool done = [] {
    uint64_t raw = 0;
    filled.Append(LogBatches(&raw));
    return filled.engine->Flush().has_value();
  }();
  PHAROS_CHECK(done, "flush");
  return filled;
}

void BM_Search(benchmark::State& state, const char* needle, bool regex, size_t limit) {
  Filled& filled = SealedLines();
  store::EventQuery query;
  query.end_ns = INT64_MAX;
  query.limit = limit;
  if (needle[0] != '\0') {
    query.predicate.op =
        regex ? store::Predicate::Op::kLineRegex : store::Predicate::Op::kLineContains;
    query.predicate.text = needle;
  }
  size_t found = 0;
  for (auto _ : state) {
    found = 0;
    const auto cursor = *filled.engine->Select(query);
    for (model::EventBatch page; *cursor->Next(&page);) found += page.EventCount();
  }
  state.counters["found"] = static_cast<double>(found);
}
BENCHMARK_CAPTURE(BM_Search, needle, "zyxw-needle-373456", false, 0)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(BM_Search, absent, "no such thing", false, 0)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(BM_Search, substring, "OperationalErr", false, 0)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(BM_Search, regex, R"(10\.0\.7\d\.\d+ failed)", true, 0)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(BM_Search, newest_100, "", false, 100)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(BM_Search, all, "", false, 0)->Unit(benchmark::kMillisecond);

void BM_TraceById(benchmark::State& state) {
  static Filled filled;
  static std::vector<model::TraceId> ids;
  if (ids.empty()) {
    uint64_t spans = 0;
    filled.Append(SpanBatches(&spans, &ids));
    PHAROS_CHECK(filled.engine->Flush().has_value(), "flush");
  }
  size_t at = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(filled.engine->TraceById("default", ids[at++ * 7919 % ids.size()]));
  }
}
BENCHMARK(BM_TraceById)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace pharos::events
