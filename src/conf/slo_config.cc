#include "conf/slo_config.h"

#include <set>

#include "text/duration.h"
#include "text/go_float.h"

namespace pharos::conf {
namespace {

using base::ErrorKind;
using base::Fail;
using base::Result;

constexpr int64_t kDayMs = 86'400'000;

void ReadLatency(MapReader& map, SloConfig& slo) {
  std::string text;
  if (!map.String("latency", &text)) return;
  const auto ns = text::ParseGoDuration(text);
  if (!ns) {
    map.faults().Add(map.LineOf("latency"), "latency: " + ns.error().message);
  } else if (*ns <= 0) {
    map.faults().Add(map.LineOf("latency"), "latency must be above zero");
  } else {
    slo.latency_seconds = static_cast<double>(*ns) / 1e9;
  }
}

void ReadWindow(MapReader& map, SloConfig& slo) {
  if (!map.DurationMs("window", &slo.window_ms)) return;
  if (slo.window_ms < 7 * kDayMs || slo.window_ms > 366 * kDayMs) {
    map.faults().Add(map.LineOf("window"),
                     "window must be from 7d to 366d: its alerts look at up to 3d");
  }
}

SloConfig ReadSlo(const Node& node, Faults& faults) {
  MapReader map(node, "slo", faults);
  SloConfig slo;
  slo.line = node.line;
  map.String("name", &slo.name);
  if (slo.name.empty()) faults.Add(node.line, "an SLO needs a name");
  map.String("service", &slo.service);
  map.String("selector", &slo.selector);
  if (slo.service.empty() && slo.selector.empty())
    faults.Add(node.line, "an SLO needs a service, or a selector of its series");
  std::string objective;
  if (!map.String("objective", &objective)) {
    faults.Add(node.line, "an SLO needs an objective, as in 99.5%");
  } else if (const auto ratio = ParseObjective(objective); ratio) {
    slo.objective = *ratio;
  } else {
    faults.Add(map.LineOf("objective"), "objective: " + ratio.error().message);
  }
  ReadLatency(map, slo);
  ReadWindow(map, slo);
  map.String("metric", &slo.metric);
  map.String("errors", &slo.errors);
  if (slo.metric.empty()) faults.Add(map.LineOf("metric"), "metric must not be empty");
  if (slo.latency_seconds && slo.metric.ends_with("_total")) {
    faults.Add(map.LineOf("metric"),
               "a latency needs a histogram; " + slo.metric + " is a counter");
  }
  map.Done();
  return slo;
}

}  // namespace

Result<double> ParseObjective(const std::string& text) {
  const bool percent = text.ends_with('%');
  // Shifted in decimal: 99.9 / 100 is not 0.999 in binary.
  const std::string number = percent ? text.substr(0, text.size() - 1) + "e-2" : text;
  double value = 0;
  if (!text::ParseGoFloat(number, &value))
    return Fail(ErrorKind::kBadInput, "\"" + text + "\" is not a share; write 99.5% or 0.995");
  if (!(value > 0 && value < 1)) {
    return Fail(ErrorKind::kBadInput,
                "\"" + text + "\" must be above 0% and below 100%; write 99.5% or 0.995");
  }
  return value;
}

std::vector<SloConfig> ReadSlos(const Node& node, Faults& faults) {
  std::vector<SloConfig> slos;
  if (node.kind == Node::Kind::kNull) return slos;
  if (node.kind != Node::Kind::kSequence) {
    faults.Add(node.line, "slo must be a list of {name, service, objective, …}");
    return slos;
  }
  std::set<std::string> names;
  for (const Node& one : node.items) {
    slos.push_back(ReadSlo(one, faults));
    if (!slos.back().name.empty() && !names.insert(slos.back().name).second)
      faults.Add(one.line, "the SLO \"" + slos.back().name + "\" is there twice");
  }
  return slos;
}

}  // namespace pharos::conf
