// Relabel regexes are anchored at both ends, so one that is written for a part of the value
// never matches and its rule does nothing, in silence. The rules of a job that has only static
// targets are run, in order, on each of its targets; a rule whose regex matched none is told
// about, with the regex that would have, where `.*` around it is enough.
#include <re2/re2.h>

#include "server/check/traps.h"

namespace pharos::server::check {
namespace {

using conf::RelabelAction;

bool MatchesValues(RelabelAction action) {
  return action == RelabelAction::kReplace || action == RelabelAction::kKeep;
}

std::string Joined(const conf::RelabelRule& rule, const model::Labels& labels) {
  std::string out;
  for (size_t i = 0; i < rule.source_labels.size(); ++i) {
    if (i > 0) out += rule.separator;
    out += labels.Get(rule.source_labels[i]);
  }
  return out;
}

model::Labels LabelsOfTarget(const StackJob& job, const StackTarget& target) {
  std::vector<std::pair<std::string, std::string>> own = {{"__address__", target.address},
                                                          {"__metrics_path__", job.metrics_path},
                                                          {"__scheme__", job.scheme},
                                                          {"job", job.name}};
  for (const auto& [name, value] : job.params) own.emplace_back("__param_" + name, value);
  own.insert(own.end(), target.labels.begin(), target.labels.end());
  std::vector<model::LabelView> views;
  for (const auto& [name, value] : own) views.push_back({name, value});
  return model::Labels::FromPairs(std::move(views));
}

bool FullMatch(const std::string& regex, const std::string& value) {
  const RE2 compiled("(?s:" + regex + ")", RE2::Quiet);
  return compiled.ok() && RE2::FullMatch(value, compiled);
}

/// What each rule saw.
struct Seen {
  bool reached = false;
  bool matched = false;
  std::string value;  ///< the first
};

std::vector<Seen> Run(const StackJob& job) {
  std::vector<Seen> seen(job.relabel.size());
  for (const StackTarget& target : job.targets) {
    model::Labels labels = LabelsOfTarget(job, target);
    for (size_t i = 0; i < job.relabel.size(); ++i) {
      const std::string value = Joined(job.relabel[i], labels);
      if (!seen[i].reached) seen[i].value = value;
      seen[i].reached = true;
      seen[i].matched = seen[i].matched || FullMatch(job.relabel[i].regex, value);
      const auto rule = conf::Relabeller::Make({job.relabel[i]});
      const auto changed = rule ? rule->Apply(labels) : std::optional(labels);
      if (!changed) break;
      labels = *changed;
    }
  }
  return seen;
}

/// The regex with `.*` where it was missing, when that matches; else "".
std::string Loosened(const std::string& regex, const std::string& value) {
  for (const std::string& loose : {".*" + regex, regex + ".*", ".*" + regex + ".*"}) {
    if (FullMatch(loose, value)) return loose;
  }
  return "";
}

}  // namespace

void FindDeadRelabelRules(const Stack& stack, Findings& out) {
  for (const StackJob& job : stack.jobs) {
    if (!job.only_static || job.targets.empty() || job.file->kind != Kind::kPrometheus) continue;
    const std::vector<Seen> seen = Run(job);
    for (size_t i = 0; i < seen.size(); ++i) {
      const conf::RelabelRule& rule = job.relabel[i];
      if (!seen[i].reached || seen[i].matched || !MatchesValues(rule.action)) continue;
      const std::string loose = Loosened(rule.regex, seen[i].value);
      const std::string effect = rule.action == RelabelAction::kKeep
                                     ? "and every target of job " + job.name + " is dropped"
                                     : "and " + rule.target_label + " is never set";
      out.push_back({job.file->path, job.relabel_regex_lines[i], "dead-relabel",
                     "relabel regexes are anchored at both ends: '" + rule.regex +
                         "' matches none of this job's targets (the value is \"" + seen[i].value +
                         "\"), " + effect + "." +
                         (loose.empty() ? "" : " '" + loose + "' would match.")});
    }
  }
}

}  // namespace pharos::server::check
