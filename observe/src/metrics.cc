#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/text_serializer.h>

#include <map>
#include <mutex>

#include "observe/observe.h"
#include "state.h"

namespace observe {

Shared& TheShared() {
  static auto* shared = new Shared;  // outlives every thread that still counts
  return *shared;
}

std::string MetricsText() {
  const Shared& shared = TheShared();
  if (!shared.serve_metrics) return "";
  return prometheus::TextSerializer().Serialize(shared.registry->Collect());
}

namespace {

/// The family of that name, made on first use.
template <class Metric, class Builder>
prometheus::Family<Metric>& FamilyOf(Builder builder, const std::string& name,
                                     const std::string& help) {
  static std::mutex mutex;
  static std::map<std::string, prometheus::Family<Metric>*> families;
  std::lock_guard lock(mutex);
  auto& slot = families[name];
  if (slot == nullptr) slot = &builder.Name(name).Help(help).Register(*TheShared().registry);
  return *slot;
}

}  // namespace

void Count(const std::string& name, const std::string& help,
           const std::vector<std::pair<std::string, std::string>>& labels, double by) {
  FamilyOf<prometheus::Counter>(prometheus::BuildCounter(), name, help)
      .Add({labels.begin(), labels.end()})
      .Increment(by);
}

void Add(const std::string& name, const std::string& help,
         const std::vector<std::pair<std::string, std::string>>& labels, double by) {
  FamilyOf<prometheus::Gauge>(prometheus::BuildGauge(), name, help)
      .Add({labels.begin(), labels.end()})
      .Increment(by);
}

void Record(const std::string& name, const std::string& help,
            const std::vector<std::pair<std::string, std::string>>& labels, double value,
            const std::vector<double>& bounds) {
  FamilyOf<prometheus::Histogram>(prometheus::BuildHistogram(), name, help)
      .Add({labels.begin(), labels.end()}, bounds)
      .Observe(value);
}

}  // namespace observe
