// Prometheus's relabelling: rules that rewrite, keep or drop label sets.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "conf/yaml.h"
#include "model/labels.h"

namespace pharos::conf {

enum class RelabelAction : uint8_t {
  kReplace,
  kKeep,
  kDrop,
  kKeepEqual,
  kDropEqual,
  kHashMod,
  kLabelMap,
  kLabelDrop,
  kLabelKeep,
  kLowercase,
  kUppercase
};

struct RelabelRule {
  std::vector<std::string> source_labels;
  std::string separator = ";";
  std::string regex = "(.*)";
  uint64_t modulus = 0;
  std::string target_label;
  std::string replacement = "$1";
  RelabelAction action = RelabelAction::kReplace;
};

/// Compiled rules, applied in order.
///
/// Owns: the compiled regexes, shared by copies. Threads: Apply from any thread. Errors: Make
/// says which rule is wrong, in Prometheus's words. Cost: a regex match a rule; replacements
/// allocate.
class Relabeller {
 public:
  Relabeller() = default;
  static base::Result<Relabeller> Make(std::vector<RelabelRule> rules);
  /// The new label set, or nothing when a rule dropped it.
  std::optional<model::Labels> Apply(const model::Labels& labels) const;
  bool empty() const { return rules_ == nullptr || rules_->empty(); }

 private:
  struct Compiled;
  std::shared_ptr<const std::vector<Compiled>> rules_;
};

/// Reads a list of rules (`relabel_configs`); what is wrong goes into `faults`.
std::vector<RelabelRule> ReadRelabelRules(const std::vector<Node>& nodes, Faults& faults);

}  // namespace pharos::conf
