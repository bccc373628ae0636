#include "base/metrics.h"

#include <unistd.h>

#include <charconv>
#include <cmath>
#include <ctime>
#include <fstream>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

namespace pharos::base {
namespace {

struct Family {
  std::string help;
  std::string_view type;
  std::map<std::string, std::unique_ptr<Counter>> counters;
  std::map<std::string, std::unique_ptr<Latency>> latencies;
  std::map<std::string, std::function<double()>> gauges;
};

struct Registry {
  /// Held while gauges are read and while one is set, so that a reader never outlives what it
  /// reads. Taken before `mutex`. Counters need only `mutex`: whoever counts while holding a lock
  /// that a gauge takes must not wait for the gauge.
  std::mutex gauge_mutex;
  std::mutex mutex;
  std::map<std::string, Family, std::less<>> families;

  Family& Get(std::string_view name, std::string_view help, std::string_view type) {
    auto it = families.find(name);
    if (it == families.end()) {
      it = families.emplace(std::string(name), Family{std::string(help), type, {}, {}, {}}).first;
    }
    return it->second;
  }
};

Registry& TheRegistry() {
  static auto* registry = new Registry;  // outlives every static that counts
  return *registry;
}

void AppendNumber(std::string& out, double value) {
  if (std::isnan(value)) {
    out += "NaN";
  } else if (std::isinf(value)) {
    out += value > 0 ? "+Inf" : "-Inf";
  } else {
    char buffer[40];
    out.append(buffer, std::to_chars(buffer, buffer + sizeof buffer, value).ptr);
  }
}

void AppendSample(std::string& out, std::string_view name, std::string_view labels, double value) {
  out += name;
  if (!labels.empty()) ((out += '{') += labels) += '}';
  out += ' ';
  AppendNumber(out, value);
  out += '\n';
}

void AppendProcess(std::string& out) {
  long pages = 0, resident = 0;
  if (std::ifstream statm("/proc/self/statm"); statm >> pages >> resident) {
    const double page = static_cast<double>(sysconf(_SC_PAGESIZE));
    out +=
        "# HELP process_resident_memory_bytes Resident memory size in bytes.\n"
        "# TYPE process_resident_memory_bytes gauge\n";
    AppendSample(out, "process_resident_memory_bytes", "", static_cast<double>(resident) * page);
    out +=
        "# HELP process_virtual_memory_bytes Virtual memory size in bytes.\n"
        "# TYPE process_virtual_memory_bytes gauge\n";
    AppendSample(out, "process_virtual_memory_bytes", "", static_cast<double>(pages) * page);
  }
  timespec cpu{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu);
  out +=
      "# HELP process_cpu_seconds_total Total user and system CPU time spent in seconds.\n"
      "# TYPE process_cpu_seconds_total counter\n";
  AppendSample(out, "process_cpu_seconds_total", "",
               static_cast<double>(cpu.tv_sec) + static_cast<double>(cpu.tv_nsec) * 1e-9);
  out +=
      "# HELP process_start_time_seconds Start time of the process since unix epoch in seconds.\n"
      "# TYPE process_start_time_seconds gauge\n";
  static const double started = static_cast<double>(std::time(nullptr));
  AppendSample(out, "process_start_time_seconds", "", started);
}

}  // namespace

void Latency::ObserveNs(int64_t ns) {
  const double seconds = static_cast<double>(ns) * 1e-9;
  size_t bucket = 0;
  while (bucket < kBounds.size() && seconds > kBounds[bucket]) ++bucket;
  counts_[bucket].fetch_add(1, std::memory_order_relaxed);
  sum_ns_.fetch_add(ns, std::memory_order_relaxed);
}

void Latency::AppendTo(std::string& out, std::string_view name, std::string_view labels) const {
  const std::string base(name);
  const std::string prefix = labels.empty() ? std::string() : std::string(labels) + ",";
  uint64_t total = 0;
  for (size_t i = 0; i <= kBounds.size(); ++i) {
    total += counts_[i].load(std::memory_order_relaxed);
    std::string with_le = prefix + "le=\"";
    AppendNumber(with_le, i < kBounds.size() ? kBounds[i] : INFINITY);
    AppendSample(out, base + "_bucket", with_le + "\"", static_cast<double>(total));
  }
  AppendSample(out, base + "_sum", labels,
               static_cast<double>(sum_ns_.load(std::memory_order_relaxed)) * 1e-9);
  AppendSample(out, base + "_count", labels, static_cast<double>(total));
}

Counter& GetCounter(std::string_view name, std::string_view help, std::string_view labels) {
  Registry& registry = TheRegistry();
  std::lock_guard lock(registry.mutex);
  auto& slot = registry.Get(name, help, "counter").counters[std::string(labels)];
  if (!slot) slot = std::make_unique<Counter>();
  return *slot;
}

Latency& GetLatency(std::string_view name, std::string_view help, std::string_view labels) {
  Registry& registry = TheRegistry();
  std::lock_guard lock(registry.mutex);
  auto& slot = registry.Get(name, help, "histogram").latencies[std::string(labels)];
  if (!slot) slot = std::make_unique<Latency>();
  return *slot;
}

void SetGauge(std::string_view name, std::string_view help, std::function<double()> read,
              std::string_view labels) {
  Registry& registry = TheRegistry();
  std::lock_guard reading(registry.gauge_mutex);
  std::lock_guard lock(registry.mutex);
  auto& gauges = registry.Get(name, help, "gauge").gauges;
  if (read) {
    gauges[std::string(labels)] = std::move(read);
  } else {
    gauges.erase(std::string(labels));
  }
}

std::string ExposeMetrics(std::string_view prefix) {
  struct Part {
    const std::string* name;
    std::string head;  ///< help and type, counters
    std::map<std::string, std::function<double()>> gauges;
    std::string tail;  ///< latencies
  };
  Registry& registry = TheRegistry();
  std::lock_guard reading(registry.gauge_mutex);
  std::vector<Part> parts;
  {
    std::lock_guard lock(registry.mutex);
    for (const auto& [name, family] : registry.families) {
      if (!name.starts_with(prefix)) continue;
      Part& part = parts.emplace_back(Part{&name, "", family.gauges, ""});
      part.head.append("# HELP ").append(name).append(" ").append(family.help);
      part.head.append("\n# TYPE ").append(name).append(" ").append(family.type).append("\n");
      for (const auto& [labels, counter] : family.counters) {
        AppendSample(part.head, name, labels, static_cast<double>(counter->Value()));
      }
      for (const auto& [labels, latency] : family.latencies)
        latency->AppendTo(part.tail, name, labels);
    }
  }
  std::string out;
  for (const Part& part : parts) {
    out += part.head;
    for (const auto& [labels, read] : part.gauges) AppendSample(out, *part.name, labels, read());
    out += part.tail;
  }
  AppendProcess(out);
  return out;
}

}  // namespace pharos::base
