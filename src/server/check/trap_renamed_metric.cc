// The Collector's prometheus exporter puts `namespace` in front of every name that passes it. A
// query that still uses the bare name sees nothing of what came through the Collector (only what
// is scraped directly). The files themselves say which names those are: a family that is asked
// for both with and without the prefix.
#include <map>
#include <set>

#include "server/check/label_flow.h"
#include "server/check/traps.h"

namespace pharos::server::check {
namespace {

/// A histogram's parts are one metric.
std::string Family(std::string_view name) {
  for (const std::string_view part : {"_bucket", "_count", "_sum"}) {
    if (name.size() > part.size() && name.ends_with(part)) {
      return std::string(name.substr(0, name.size() - part.size()));
    }
  }
  return std::string(name);
}

std::set<std::string> FamiliesOf(const StackQuery& query) {
  std::set<std::string> out;
  if (query.promql == nullptr) return out;
  EachSelector(*query.promql, [&](const query::promql::VectorSelector& selector) {
    if (const std::string name = MetricOf(selector); !name.empty()) out.insert(Family(name));
  });
  return out;
}

}  // namespace

void FindRenamedMetrics(const Stack& stack, Findings& out) {
  std::set<std::string> asked;
  for (const StackQuery& query : stack.queries) asked.merge(FamiliesOf(query));
  for (const StackExporter& exporter : stack.exporters) {
    if (exporter.name_space.empty()) continue;
    const std::string prefix = exporter.name_space + "_";
    std::map<std::pair<const File*, std::string>, std::vector<int>> uses;
    for (const StackQuery& query : stack.queries) {
      for (const std::string& family : FamiliesOf(query)) {
        if (!family.starts_with(prefix) && asked.contains(prefix + family))
          uses[{query.file, family}].push_back(query.line);
      }
    }
    for (const auto& [use, lines] : uses) {
      const auto& [file, family] = use;
      out.push_back({file->path, lines.front(), "renamed-metric",
                     "the Collector's namespace: " + exporter.name_space + " (" +
                         exporter.file->path + ":" + std::to_string(exporter.line) + ") makes " +
                         family + " into " + prefix + family + "; " + LinesText(lines) +
                         " with the bare name see nothing that came through it. Ask for " + prefix +
                         family + ", or take the namespace away."});
    }
  }
}

}  // namespace pharos::server::check
