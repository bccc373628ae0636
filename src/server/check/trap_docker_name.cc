// Docker's API gives a container's name with a slash in front ("/sample-app"), and discovery
// hands it on so. A relabel rule that copies __meta_docker_container_name as it is therefore
// makes container="/sample-app", and every {container="sample-app"} finds nothing. The rules are
// run on a made-up container; queries are those whose matcher takes the name without the slash
// and refuses it with one.
#include <algorithm>
#include <functional>
#include <map>
#include <set>

#include "server/check/traps.h"

namespace pharos::server::check {
namespace {

constexpr std::string_view kProbe = "/pharos-probe";

/// Labels that hold the name with its slash, and the rule (by number) that made each.
std::map<std::string, size_t> SlashedLabels(const StackJob& job) {
  model::Labels labels({{"__address__", "172.17.0.2:80"},
                        {"__meta_docker_container_id", "0123456789abcdef"},
                        {"__meta_docker_container_label_com_docker_compose_service", "probe"},
                        {"__meta_docker_container_log_stream", "stdout"},
                        {"__meta_docker_container_name", kProbe},
                        {"__meta_docker_network_name", "bridge"},
                        {"job", job.name}});
  std::map<std::string, size_t> slashed;
  for (size_t i = 0; i < job.relabel.size(); ++i) {
    const auto rule = conf::Relabeller::Make({job.relabel[i]});
    if (!rule) continue;
    // A rule that drops the made-up container chooses among real ones: pass it.
    const auto changed = rule->Apply(labels);
    if (!changed) continue;
    labels = *changed;
    std::map<std::string, size_t> now;
    for (const model::LabelView label : labels) {
      if (label.name.starts_with("__") || label.value != kProbe) continue;
      const auto known = slashed.find(std::string(label.name));
      now[std::string(label.name)] = known == slashed.end() ? i : known->second;
    }
    slashed = std::move(now);
  }
  return slashed;
}

void EachMatcher(const query::logql::Expr& expr,
                 const std::function<void(const model::Matcher&)>& f) {
  namespace l = query::logql;
  const auto log = [&](const l::LogExpr& found) {
    for (const model::Matcher& matcher : found.matchers) f(matcher);
  };
  if (const auto* node = expr.As<l::LogExpr>()) log(*node);
  if (const auto* node = expr.As<l::RangeAggregation>()) log(node->log);
  if (const auto* node = expr.As<l::VectorAggregation>()) EachMatcher(*node->inner, f);
  if (const auto* node = expr.As<l::LabelReplace>()) EachMatcher(*node->inner, f);
  if (const auto* node = expr.As<l::Binary>()) {
    EachMatcher(*node->left, f);
    EachMatcher(*node->right, f);
  }
}

/// Names of containers that the compose files start, and those that queries ask for.
std::set<std::string> ContainerNames(const Stack& stack, const std::string& label) {
  std::set<std::string> names;
  for (const auto& file : stack.files) {
    const conf::Node* services =
        file->kind == Kind::kCompose ? file->root.Find("services") : nullptr;
    if (services == nullptr) continue;
    for (const conf::Field& service : services->fields) {
      const std::string name = TextAt(service.value, "container_name");
      if (!name.empty()) names.insert(name);
    }
  }
  for (const StackQuery& query : stack.queries) {
    if (query.logql == nullptr) continue;
    EachMatcher(*query.logql, [&](const model::Matcher& matcher) {
      if (matcher.name() == label && matcher.op() == model::MatchOp::kEqual &&
          !matcher.value().empty() && !matcher.value().starts_with('/'))
        names.insert(matcher.value());
    });
  }
  return names;
}

std::string QueriesText(const Stack& stack, const std::string& label) {
  const std::set<std::string> names = ContainerNames(stack, label);
  std::map<std::string, std::vector<int>> hit;
  for (const StackQuery& query : stack.queries) {
    if (query.logql == nullptr) continue;
    bool misses = false;
    EachMatcher(*query.logql, [&](const model::Matcher& matcher) {
      if (matcher.name() != label) return;
      misses = misses || std::any_of(names.begin(), names.end(), [&](const std::string& name) {
                 return matcher.Matches(name) && !matcher.Matches("/" + name);
               });
    });
    if (misses) hit[query.file->path].push_back(query.line);
  }
  std::string out;
  for (const auto& [file, lines] : hit)
    out += (out.empty() ? "" : "; ") + file + " " + LinesText(lines);
  return out;
}

/// A name that a query asks for, else one that a compose file gives.
std::string Example(const Stack& stack, const std::string& label) {
  for (const StackQuery& query : stack.queries) {
    std::string found;
    if (query.logql == nullptr) continue;
    EachMatcher(*query.logql, [&](const model::Matcher& matcher) {
      if (matcher.name() == label && matcher.op() == model::MatchOp::kEqual)
        found = matcher.value();
    });
    if (!found.empty() && !found.starts_with('/')) return found;
  }
  const std::set<std::string> names = ContainerNames(stack, label);
  return names.empty() ? "app" : *names.begin();
}

}  // namespace

void FindDockerNames(const Stack& stack, Findings& out) {
  for (const StackJob& job : stack.jobs) {
    if (!job.docker) continue;
    for (const auto& [label, rule] : SlashedLabels(job)) {
      const std::string queries = QueriesText(stack, label);
      const std::string example = Example(stack, label);
      out.push_back({job.file->path, job.relabel_lines[rule], "docker-name",
                     "Docker's names begin with a slash, so this gives " + label + "=\"/" +
                         example + "\" and {" + label + "=\"" + example + "\"} finds nothing" +
                         (queries.empty() ? "" : " (" + queries + ")") +
                         ". Strip it: add regex: '/(.*)' to this rule."});
    }
  }
}

}  // namespace pharos::server::check
