// What the Collector's loki exporter makes of a log record: stream labels from hints and
// defaults, and the line in the format that a hint asks for.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "conf/otelcol_config.h"
#include "model/event.h"

namespace pharos::exporting {

struct LokiRecord {
  std::string labels;  ///< `{exporter="OTLP", job="x"}`, names sanitised, sorted
  std::string line;
  std::string tenant;  ///< from the loki.tenant hint; "" for none
};

/// kUnprocessable for a format that does not exist and for values that have no JSON (NaN).
base::Result<LokiRecord> MakeLokiRecord(const model::Event& event,
                                        const conf::OtelcolLokiExporter& settings);

/// The attribute, also inside of maps: "a.b.c" finds {"a.b.c": …}, {"a.b": {"c": …}}, {"a": {"b.c":
/// …}}; the longest name wins. Null when there is none.
const model::Value* FindNested(std::span<const model::KeyValue> attributes, std::string_view name,
                               int depth = 0);

/// The line of each format, from attributes that are left after hints and labels were taken out.
base::Result<std::string> LokiJson(const model::Event& event,
                                   std::span<const model::KeyValue> attributes,
                                   std::span<const model::KeyValue> resource);
std::string LokiLogfmt(const model::Event& event, std::span<const model::KeyValue> attributes,
                       std::span<const model::KeyValue> resource);

}  // namespace pharos::exporting
