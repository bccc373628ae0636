// The makers of all stages and what they share. Private to tail/.
#pragma once

#include <re2/re2.h>

#include <memory>
#include <string>
#include <string_view>

#include "conf/yaml.h"
#include "ingest/tail/pipeline.h"
#include "template/value.h"

namespace pharos::ingest::tail {

/// `node` is what stands under the stage's name (kNull for nothing). Null after a fault.
using StageMaker = StagePtr (*)(const conf::Node& node, conf::Faults& faults, int depth);

StagePtr MakeJsonStage(const conf::Node& node, conf::Faults& faults, int depth);
StagePtr MakeLogfmtStage(const conf::Node& node, conf::Faults& faults, int depth);
StagePtr MakeRegexStage(const conf::Node& node, conf::Faults& faults, int depth);
StagePtr MakeReplaceStage(const conf::Node& node, conf::Faults& faults, int depth);
StagePtr MakeTemplateStage(const conf::Node& node, conf::Faults& faults, int depth);
StagePtr MakeMatchStage(const conf::Node& node, conf::Faults& faults, int depth);
StagePtr MakeTimestampStage(const conf::Node& node, conf::Faults& faults, int depth);
StagePtr MakeOutputStage(const conf::Node& node, conf::Faults& faults, int depth);
StagePtr MakeLabelsStage(const conf::Node& node, conf::Faults& faults, int depth);
StagePtr MakeStructuredMetadataStage(const conf::Node& node, conf::Faults& faults, int depth);
StagePtr MakeStaticLabelsStage(const conf::Node& node, conf::Faults& faults, int depth);
StagePtr MakeLabelDropStage(const conf::Node& node, conf::Faults& faults, int depth);
StagePtr MakeLabelAllowStage(const conf::Node& node, conf::Faults& faults, int depth);
StagePtr MakeTenantStage(const conf::Node& node, conf::Faults& faults, int depth);
StagePtr MakeDropStage(const conf::Node& node, conf::Faults& faults, int depth);
StagePtr MakeSamplingStage(const conf::Node& node, conf::Faults& faults, int depth);
StagePtr MakeMultilineStage(const conf::Node& node, conf::Faults& faults, int depth);
StagePtr MakeDockerStage(const conf::Node& node, conf::Faults& faults, int depth);
StagePtr MakeCriStage(const conf::Node& node, conf::Faults& faults, int depth);
StagePtr MakePackStage(const conf::Node& node, conf::Faults& faults, int depth);
StagePtr MakeDecolorizeStage(const conf::Node& node, conf::Faults& faults, int depth);
StagePtr MakeEventLogMessageStage(const conf::Node& node, conf::Faults& faults, int depth);

/// A stage that looks at one entry and keeps it.
class OneStage : public Stage {
 public:
  void Process(Entry entry, std::vector<Entry>& out) final {
    Change(entry);
    out.push_back(std::move(entry));
  }

 protected:
  virtual void Change(Entry& entry) = 0;
};

/// The line, or what `source` names in the extracted map.
class Source {
 public:
  /// Reads the key `source`; a fault when it is given and empty.
  void Read(conf::MapReader& map, std::string_view empty_fault);
  bool given() const { return given_; }
  const std::string& name() const { return name_; }
  /// The text to look at, in `*scratch` or the entry; null when there is none.
  const std::string* Find(const Entry& entry, std::string* scratch) const;

 private:
  bool given_ = false;
  std::string name_;
};

/// Compiles a Go regex; a fault "could not compile regular expression: …" else.
std::shared_ptr<const RE2> CompileRegex(const std::string& pattern, int line,
                                        std::string_view context, conf::Faults& faults);
/// [a-zA-Z_][a-zA-Z0-9_]*
bool IsLabelName(std::string_view name);
bool IsUtf8(std::string_view text);
/// All extracted values that have a text, for templates.
tmpl::Map TemplateFields(const Entry& entry);
/// Sprig's functions, Loki's and Promtail's hashes.
const tmpl::FunctionMap& StageFunctions();
/// logentry_dropped_lines_total{reason=…}
void CountDropped(const std::string& reason);

}  // namespace pharos::ingest::tail
