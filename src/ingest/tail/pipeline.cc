#include "ingest/tail/pipeline.h"

#include <algorithm>
#include <array>

#include "ingest/tail/limits.h"
#include "ingest/tail/stages.h"

namespace pharos::ingest::tail {
namespace {

struct Kind {
  std::string_view name;
  StageMaker make;
};
constexpr std::array<Kind, 23> kKinds = {{
    {"json", MakeJsonStage},
    {"logfmt", MakeLogfmtStage},
    {"regex", MakeRegexStage},
    {"replace", MakeReplaceStage},
    {"template", MakeTemplateStage},
    {"match", MakeMatchStage},
    {"timestamp", MakeTimestampStage},
    {"output", MakeOutputStage},
    {"labels", MakeLabelsStage},
    {"structured_metadata", MakeStructuredMetadataStage},
    {"non_indexed_labels", MakeStructuredMetadataStage},
    {"static_labels", MakeStaticLabelsStage},
    {"labeldrop", MakeLabelDropStage},
    {"labelallow", MakeLabelAllowStage},
    {"tenant", MakeTenantStage},
    {"drop", MakeDropStage},
    {"sampling", MakeSamplingStage},
    {"multiline", MakeMultilineStage},
    {"docker", MakeDockerStage},
    {"cri", MakeCriStage},
    {"pack", MakePackStage},
    {"decolorize", MakeDecolorizeStage},
    {"eventlogmessage", MakeEventLogMessageStage},
}};
constexpr std::array<std::string_view, 4> kNotYet = {"metrics", "limit", "geoip", "pipeline"};

/// One item of the list; null after a fault.
StagePtr MakeStage(const conf::Node& item, conf::Faults& faults, int depth) {
  if (item.kind != conf::Node::Kind::kMap || item.fields.empty()) {
    faults.Add(item.line,
               "invalid YAML config, make sure each stage of your pipeline is a YAML object (must "
               "end with a `:`), check stage `- " +
                   item.scalar + "`");
    return nullptr;
  }
  if (item.fields.size() > 1) {
    faults.Add(item.line, "pipeline stage must contain only one key");
    return nullptr;
  }
  const auto& [name, node, line] = item.fields.front();
  const auto kind =
      std::find_if(kKinds.begin(), kKinds.end(), [&](const Kind& k) { return k.name == name; });
  if (kind != kKinds.end()) {
    conf::Node at = node;
    if (at.kind == conf::Node::Kind::kNull) at.line = line;
    faults.Note({line, conf::Verdict::kHonoured, name, ""});
    return kind->make(at, faults, depth);
  }
  if (std::find(kNotYet.begin(), kNotYet.end(), name) != kNotYet.end()) {
    faults.Add(line, "stage " + name + " is not supported yet");
  } else {
    faults.Add(line, "Unknown stage type: " + name);
  }
  return nullptr;
}

}  // namespace

Pipeline::Pipeline(const std::vector<conf::Node>& stages, conf::Faults& faults, int depth) {
  if (depth > kMaxStageDepth || stages.size() > static_cast<size_t>(kMaxStages)) {
    faults.Add(stages.empty() ? 0 : stages.front().line, "too many stages");
    return;
  }
  for (const conf::Node& item : stages) {
    if (StagePtr stage = MakeStage(item, faults, depth)) stages_.push_back(std::move(stage));
  }
}

void Pipeline::Run(std::vector<Entry> entries, std::vector<Entry>& out) {
  for (Entry& entry : entries) {
    for (const auto& [name, value] : entry.labels) entry.extracted.insert_or_assign(name, value);
  }
  RunFrom(0, std::move(entries), out);
}

void Pipeline::RunFrom(size_t first, std::vector<Entry> entries, std::vector<Entry>& out) {
  for (size_t i = first; i < stages_.size(); ++i) {
    std::vector<Entry> next;
    next.reserve(entries.size());
    for (Entry& entry : entries) stages_[i]->Process(std::move(entry), next);
    entries = std::move(next);
  }
  std::move(entries.begin(), entries.end(), std::back_inserter(out));
}

void Pipeline::Tick(int64_t now_ns, std::vector<Entry>& out) {
  for (size_t i = 0; i < stages_.size(); ++i) {
    std::vector<Entry> late;
    stages_[i]->Tick(now_ns, late);
    if (!late.empty()) RunFrom(i + 1, std::move(late), out);
  }
}

uint64_t Pipeline::HeldFrom() const {
  uint64_t least = UINT64_MAX;
  for (const StagePtr& stage : stages_) least = std::min(least, stage->HeldFrom());
  return least;
}

void CheckStages(const std::vector<conf::Node>& stages, conf::Faults& faults) {
  const Pipeline checked(stages, faults);
}

}  // namespace pharos::ingest::tail
