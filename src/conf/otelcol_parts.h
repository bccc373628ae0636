// The pieces of the reader of Collector files, one a section. Private to conf/.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "conf/otelcol_config.h"

namespace pharos::conf {

/// Replaces ${env:NAME}, ${NAME}, ${env:NAME:-default}, $NAME (as until 0.103) and $$ in all
/// scalars. A scalar that is nothing but one reference takes the type of its value.
void ExpandOtelcolEnv(Node& node, const EnvLookup& env, Faults& faults);

/// A Go duration (or a bare 0) in milliseconds; a fault for anything else.
bool ReadGoDurationMs(MapReader& map, std::string_view key, int64_t* out);
/// A map that may be missing or null: an empty one then.
const Node& SectionOf(const Node* node);

std::optional<OtelcolReceiver> ReadOtelcolReceiver(OtelcolId id, const Node* node, Faults& faults);
std::optional<OtelcolProcessor> ReadOtelcolProcessor(OtelcolId id, const Node* node,
                                                     Faults& faults);
std::optional<OtelcolExporter> ReadOtelcolExporter(OtelcolId id, const Node* node, Faults& faults);
/// `what` is "resource" or "attributes"; also its include and exclude.
std::vector<OtelcolAction> ReadOtelcolActions(const std::vector<Node>& list, int line,
                                              Faults& faults);
std::optional<OtelcolMatch> ReadOtelcolMatch(const Node* node, std::string_view what,
                                             Faults& faults);

/// Components that exist in the Collector's distributions but not here, and types that exist
/// nowhere: a fault either way.
void RefuseOtelcolType(const OtelcolId& id, std::string_view section,
                       std::span<const std::string_view> ours, Faults& faults);

/// service.pipelines, checked against the components that were read. `defined` are the ids of
/// each section whether or not they were read well.
struct OtelcolDefined {
  std::vector<std::string> receivers, processors, exporters, connectors, extensions;
};
void ReadOtelcolService(const Node* service, const OtelcolDefined& defined, OtelcolConfig& config,
                        Faults& faults);

}  // namespace pharos::conf
