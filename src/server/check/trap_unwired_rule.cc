// Rules that nothing evaluates and alerts that nobody is told about: Prometheus takes a rule_files
// pattern without a file, a missing `alerting`, and a rule file that no configuration names, all
// in silence. In a compose stack the same happens when prometheus.yml is mounted alone.
#include <algorithm>
#include <filesystem>
#include <set>

#include "conf/prometheus_config.h"
#include "server/check/traps.h"

namespace pharos::server::check {
namespace {

namespace fs = std::filesystem;

std::string Normal(const fs::path& path) { return path.lexically_normal().string(); }

struct Pattern {
  std::string written;
  int line = 0;
  std::vector<std::string> files;
};

std::vector<Pattern> PatternsOf(const File& file) {
  std::vector<Pattern> out;
  const conf::Node* list = file.root.Find("rule_files");
  if (list == nullptr) return out;
  for (const conf::Node& item : list->items) {
    const fs::path path(item.scalar);
    const std::string whole =
        path.is_absolute() ? item.scalar : (fs::path(file.path).parent_path() / path).string();
    Pattern pattern{item.scalar, item.line, conf::ExpandRuleFiles(whole)};
    for (std::string& found : pattern.files) found = Normal(found);
    out.push_back(std::move(pattern));
  }
  return out;
}

bool HasAlerts(const Stack& stack, const std::string& path) {
  return std::any_of(stack.rules.begin(), stack.rules.end(), [&](const StackRule& rule) {
    return rule.alert && Normal(rule.file->path) == path;
  });
}

bool HasAlertmanagers(const File& file) {
  const conf::Node* alerting = file.root.Find("alerting");
  const conf::Node* managers = alerting != nullptr ? alerting->Find("alertmanagers") : nullptr;
  return managers != nullptr && !managers->items.empty();
}

void Prometheus(const Stack& stack, const File& file, std::set<std::string>& named, Findings& out) {
  std::vector<std::string> with_alerts;
  int line = 0;
  for (const Pattern& pattern : PatternsOf(file)) {
    if (pattern.files.empty()) {
      out.push_back({file.path, pattern.line, "no-rule-file",
                     "no file matches " + pattern.written +
                         "; Prometheus takes that in silence and evaluates nothing of it."});
    }
    for (const std::string& found : pattern.files) {
      named.insert(found);
      if (!HasAlerts(stack, found)) continue;
      with_alerts.push_back(fs::path(found).filename().string());
      if (line == 0) line = pattern.line;
    }
  }
  if (with_alerts.empty() || HasAlertmanagers(file)) return;
  std::string files;
  for (const std::string& name : with_alerts) files += (files.empty() ? "" : ", ") + name;
  out.push_back({file.path, line, "nobody-told",
                 "the alerts of " + files +
                     " fire, but this file names no Alertmanager (alerting.alertmanagers), so "
                     "nobody is told. Add one, with receivers in its own file."});
}

/// The first LogQL rule of a file, or null.
const StackRule* LokiRule(const Stack& stack, const File* file) {
  for (const StackRule& rule : stack.rules) {
    if (rule.file == file && rule.of_loki) return &rule;
  }
  return nullptr;
}

/// Does a volume of the service put something at `path`?
bool Mounted(const conf::Node& volumes, const std::string& path) {
  for (const conf::Node& volume : volumes.items) {
    std::string target = TextAt(volume, "target");
    if (volume.kind == conf::Node::Kind::kScalar) {
      const size_t from = volume.scalar.find(':');
      if (from == std::string::npos) continue;
      target = volume.scalar.substr(from + 1);
      target = target.substr(0, target.find(':'));
    }
    while (target.size() > 1 && target.ends_with('/')) target.pop_back();
    if (!target.empty() && (path == target || path.starts_with(target + "/"))) return true;
  }
  return false;
}

/// A compose service that mounts a prometheus.yml of ours but not the rule files beside it.
void Compose(const Stack& stack, const File& compose, Findings& out) {
  const conf::Node* services = compose.root.Find("services");
  if (services == nullptr) return;
  for (const conf::Field& service : services->fields) {
    const conf::Node* volumes = service.value.Find("volumes");
    if (volumes == nullptr) continue;
    for (const conf::Node& volume : volumes->items) {
      const size_t colon = volume.scalar.find(':');
      if (colon == std::string::npos) continue;
      const std::string source = volume.scalar.substr(0, colon);
      std::string target = volume.scalar.substr(colon + 1);
      target = target.substr(0, target.find(':'));
      const std::string path = Normal(fs::path(compose.path).parent_path() / source);
      for (const auto& file : stack.files) {
        if (file->kind != Kind::kPrometheus || Normal(file->path) != path) continue;
        for (const Pattern& pattern : PatternsOf(*file)) {
          const std::string inside = Normal(fs::path(target).parent_path() / pattern.written);
          if (pattern.files.empty() || Mounted(*volumes, inside)) continue;
          out.push_back({compose.path, volume.line, "rules-not-mounted",
                         "service " + service.name + " gets " + source + " but not " +
                             pattern.written + " (" + file->path + ":" +
                             std::to_string(pattern.line) + "): in the container " + inside +
                             " does not exist, and Prometheus evaluates no rules, in silence. "
                             "Mount the folder, or the rule file as well."});
        }
      }
    }
  }
}

}  // namespace

void FindUnwiredRules(const Stack& stack, Findings& out) {
  std::set<std::string> named;
  bool prometheus = false;
  for (const auto& file : stack.files) {
    if (file->kind == Kind::kPrometheus) {
      prometheus = true;
      Prometheus(stack, *file, named, out);
    }
    if (file->kind == Kind::kCompose) Compose(stack, *file, out);
  }
  for (const auto& file : stack.files) {
    if (file->kind == Kind::kRuleFragment) {
      out.push_back({file->path, file->root.line, "fragment",
                     "a bare list of rules: Prometheus refuses such a file (\"cannot unmarshal "
                     "!!seq into rulefmt.RuleGroups\"). Put it below groups: - name: …, rules:."});
    }
    if (const StackRule* rule = LokiRule(stack, file.get())) {
      out.push_back({file->path, rule->expr_line, "loki-rule",
                     rule->name + " is LogQL, a rule of Loki's ruler; those are not evaluated "
                                  "yet."});
      continue;
    }
    if (file->kind == Kind::kRules && prometheus && !named.contains(Normal(file->path))) {
      out.push_back({file->path, 1, "never-evaluated",
                     "no rule_files of the Prometheus files here names this file, so its rules "
                     "are never evaluated. Add it to rule_files."});
    }
  }
}

}  // namespace pharos::server::check
