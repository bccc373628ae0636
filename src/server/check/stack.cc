#include "server/check/stack.h"

#include <algorithm>
#include <functional>

#include "query/logql/parser.h"
#include "query/promql/parser.h"

namespace pharos::server::check {
namespace {

using conf::Field;
using conf::Node;

std::vector<std::string> LinesOf(const std::string& text) {
  std::vector<std::string> lines;
  for (size_t at = 0; at <= text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    lines.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return lines;
}

/// Grafana fills these in; any duration and any value do for looking at names and labels.
std::string WithoutVariables(std::string text) {
  for (const std::string_view name :
       {"$__rate_interval", "$__interval_ms", "$__interval", "$__range_s", "$__range", "$interval",
        "${__rate_interval}", "${__interval}", "${__range}", "[[interval]]"}) {
    for (size_t at; (at = text.find(name)) != std::string::npos;)
      text.replace(at, name.size(), "5m");
  }
  return text;
}

class Builder {
 public:
  explicit Builder(Stack& stack) : stack_(stack) {}

  void Add(const File& file) {
    switch (file.kind) {
      case Kind::kRules: RuleGroups(file); break;
      case Kind::kRuleFragment: RuleList(file, file.root); break;
      case Kind::kPrometheus:
      case Kind::kPromtail: Jobs(file); break;
      case Kind::kOtelcol: Exporters(file); break;
      case Kind::kDashboard: Panels(file, file.root, ""); break;
      case Kind::kQueryList: QueryList(file); break;
      default: break;
    }
  }

 private:
  void RuleGroups(const File& file) {
    const Node* groups = file.root.Find("groups");
    if (groups == nullptr) return;
    for (const Node& group : groups->items) {
      if (const Node* rules = group.Find("rules")) RuleList(file, *rules);
    }
  }

  void RuleList(const File& file, const Node& rules) {
    const std::vector<std::string> lines = LinesOf(file.text);
    for (const Node& node : rules.items) {
      StackRule rule;
      rule.file = &file;
      rule.alert = node.Find("alert") != nullptr;
      rule.name = TextAt(node, rule.alert ? "alert" : "record");
      rule.expr = TextAt(node, "expr");
      rule.line = node.line;
      rule.expr_line = LineOfKey(node, "expr");
      rule.remarks = RemarksAbove(lines, node.line);
      for (const char* map : {"labels", "annotations"}) Texts(node, map, rule);
      StackQuery query = Promql(file, rule.expr_line, rule.expr);
      query.where = (rule.alert ? "alert " : "recording rule ") + rule.name;
      rule.ast = query.promql;
      if (query.promql == nullptr) {
        query.logql = Logql(file, rule.expr_line, rule.expr).logql;
        rule.of_loki = query.logql != nullptr;
      }
      stack_.queries.push_back(std::move(query));
      stack_.rules.push_back(std::move(rule));
    }
  }

  static void Texts(const Node& node, const char* map, StackRule& rule) {
    const Node* texts = node.Find(map);
    if (texts == nullptr) return;
    for (const Field& field : texts->fields)
      rule.texts.push_back({std::string(map) + "." + field.name, field.value.scalar, field.line});
  }

  static std::string RemarksAbove(const std::vector<std::string>& lines, int line) {
    std::string out;
    for (int i = line - 2; i >= 0 && i < static_cast<int>(lines.size()); --i) {
      const size_t at = lines[i].find_first_not_of(" \t");
      if (at == std::string::npos || lines[i][at] != '#') break;
      out = lines[i].substr(at + 1) + "\n" + out;
    }
    return out;
  }

  static StackQuery Promql(const File& file, int line, const std::string& text) {
    StackQuery query{.file = &file, .line = line, .text = text};
    if (auto parsed = query::promql::ParseExpr(text)) query.promql = std::move(*parsed);
    return query;
  }
  static StackQuery Logql(const File& file, int line, const std::string& text) {
    StackQuery query{.file = &file, .line = line, .text = text};
    if (auto parsed = query::logql::Parse(text)) query.logql = std::move(*parsed);
    return query;
  }

  void QueryList(const File& file) {
    for (const Field& field : file.root.fields) {
      for (const Node& item : field.value.items) {
        if (item.kind != Node::Kind::kScalar) continue;
        if (field.name == "promql")
          stack_.queries.push_back(Promql(file, item.line, item.scalar));
        else if (field.name == "logql")
          stack_.queries.push_back(Logql(file, item.line, item.scalar));
        else
          stack_.queries.push_back({.file = &file, .line = item.line, .text = item.scalar});
      }
    }
  }

  void Panels(const File& file, const Node& node, const std::string& title) {
    std::string own = TextAt(node, "title");
    if (own.empty()) own = title;
    if (const Node* targets = node.Find("targets")) {
      for (const Node& target : targets->items) {
        const std::string text = WithoutVariables(TextAt(target, "expr"));
        if (text.empty()) continue;
        StackQuery query = Promql(file, LineOfKey(target, "expr"), text);
        if (query.promql == nullptr) query = Logql(file, query.line, text);
        query.where = "panel \"" + own + "\"";
        stack_.queries.push_back(std::move(query));
      }
    }
    for (const char* list : {"panels", "rows"}) {
      const Node* below = node.Find(list);
      if (below == nullptr) continue;
      for (const Node& panel : below->items) Panels(file, panel, own);
    }
    if (const Node* dashboard = node.Find("dashboard"); dashboard && !dashboard->fields.empty())
      Panels(file, *dashboard, own);
  }

  void Jobs(const File& file) {
    const Node* list = file.root.Find("scrape_configs");
    if (list == nullptr) return;
    for (const Node& node : list->items) {
      StackJob job;
      job.file = &file;
      job.line = node.line;
      job.name = TextAt(node, "job_name");
      if (std::string text = TextAt(node, "metrics_path"); !text.empty()) job.metrics_path = text;
      if (std::string text = TextAt(node, "scheme"); !text.empty()) job.scheme = text;
      for (const Field& field : node.fields) {
        if (field.name == "static_configs") continue;
        if (field.name.ends_with("_sd_configs")) job.only_static = false;
        if (field.name == "docker_sd_configs") job.docker = true;
      }
      Params(node, job);
      Targets(node, job);
      Relabel(node, job);
      stack_.jobs.push_back(std::move(job));
    }
  }

  static void Params(const Node& node, StackJob& job) {
    const Node* params = node.Find("params");
    if (params == nullptr) return;
    for (const Field& field : params->fields) {
      if (!field.value.items.empty())
        job.params.emplace_back(field.name, field.value.items.front().scalar);
    }
  }

  static void Targets(const Node& node, StackJob& job) {
    const Node* groups = node.Find("static_configs");
    if (groups == nullptr) return;
    for (const Node& group : groups->items) {
      StackTarget target;
      if (const Node* labels = group.Find("labels")) {
        for (const Field& field : labels->fields)
          target.labels.emplace_back(field.name, field.value.scalar);
      }
      const Node* targets = group.Find("targets");
      if (targets == nullptr) continue;
      for (const Node& item : targets->items) {
        target.address = item.scalar;
        target.line = item.line;
        job.targets.push_back(target);
      }
    }
  }

  static void Relabel(const Node& node, StackJob& job) {
    const Node* rules = node.Find("relabel_configs");
    if (rules == nullptr) return;
    for (const Node& item : rules->items) {
      conf::Faults faults(job.file->path);
      auto read = conf::ReadRelabelRules({item}, faults);
      if (read.size() != 1 || !faults.empty()) continue;  // the reader of the file says why
      job.relabel.push_back(std::move(read.front()));
      job.relabel_lines.push_back(item.line);
      job.relabel_regex_lines.push_back(LineOfKey(item, "regex"));
    }
  }

  void Exporters(const File& file) {
    const Node* exporters = file.root.Find("exporters");
    const Node* service = file.root.Find("service");
    const Node* pipelines = service != nullptr ? service->Find("pipelines") : nullptr;
    if (exporters == nullptr || pipelines == nullptr) return;
    for (const Field& field : exporters->fields) {
      if (field.name != "prometheus" && !field.name.starts_with("prometheus/")) continue;
      if (!FedByOtlp(*pipelines, field.name)) continue;
      const std::string endpoint = TextAt(field.value, "endpoint");
      const std::string name_space = TextAt(field.value, "namespace");
      stack_.exporters.push_back(
          {&file, name_space, name_space.empty() ? field.line : LineOfKey(field.value, "namespace"),
           endpoint.substr(endpoint.rfind(':') + 1)});
    }
  }

  static bool FedByOtlp(const Node& pipelines, const std::string& exporter) {
    for (const Field& pipeline : pipelines.fields) {
      const Node* to = pipeline.value.Find("exporters");
      const Node* from = pipeline.value.Find("receivers");
      if (!pipeline.name.starts_with("metrics") || to == nullptr || from == nullptr) continue;
      const auto is = [](auto test) { return [test](const Node& n) { return test(n.scalar); }; };
      if (std::any_of(to->items.begin(), to->items.end(),
                      is([&](const std::string& name) { return name == exporter; })) &&
          std::any_of(from->items.begin(), from->items.end(), is([](const std::string& name) {
                        return name == "otlp" || name.starts_with("otlp/");
                      })))
        return true;
    }
    return false;
  }

  Stack& stack_;
};

}  // namespace

Stack::Stack(std::vector<std::unique_ptr<File>> given) : files(std::move(given)) {
  Builder builder(*this);
  for (const auto& file : files) builder.Add(*file);
}

std::string TextAt(const Node& map, std::string_view key) {
  const Node* value = map.Find(key);
  return value != nullptr ? value->scalar : std::string();
}

int LineOfKey(const Node& map, std::string_view key) {
  for (const Field& field : map.fields) {
    if (field.name == key) return field.line;
  }
  return map.line;
}

std::string LinesText(const std::vector<int>& lines) {
  static constexpr size_t kShown = 5;
  if (lines.size() == 1) return "line " + std::to_string(lines.front());
  std::string out = "lines ";
  const size_t shown = std::min(lines.size(), kShown);
  for (size_t i = 0; i < shown; ++i) {
    if (i > 0) out += i + 1 == lines.size() ? " and " : ", ";
    out += std::to_string(lines[i]);
  }
  if (lines.size() > shown) out += " and " + std::to_string(lines.size() - shown) + " more";
  return out;
}

}  // namespace pharos::server::check
