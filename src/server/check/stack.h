// What `pharos check` was given, read once: the files as trees, and the views that the traps
// look at: rules, queries, scrape jobs, the Collector's Prometheus exporters. Views are taken
// from the trees, not from the strict readers, so that one bad key does not hide a trap.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "conf/relabel.h"
#include "conf/yaml.h"
#include "query/logql/ast.h"
#include "query/promql/ast.h"

namespace pharos::server::check {

enum class Kind : uint8_t {
  kUnknown,
  kPharos,
  kGrafana,
  kPrometheus,
  kRules,
  kRuleFragment,
  kLoki,
  kTempo,
  kPromtail,
  kOtelcol,
  kAlertmanager,
  kCompose,
  kDashboard,
  kQueryList,
};

struct File {
  std::string path;
  std::string text;
  Kind kind = Kind::kUnknown;
  conf::Node root;
  std::string error;  ///< why there is no tree; "" if there is one
};

/// A text of a rule that is a template: an annotation or a label.
struct RuleText {
  std::string key;  ///< "annotations.summary"
  std::string text;
  int line = 0;
};

struct StackRule {
  const File* file = nullptr;
  std::string name;
  bool alert = false;
  bool of_loki = false;  ///< LogQL: a rule of Loki's ruler
  std::string expr;
  int line = 0;  ///< of the rule
  int expr_line = 0;
  std::vector<RuleText> texts;
  std::string remarks;                             ///< the comment lines right above the rule
  std::shared_ptr<const query::promql::Expr> ast;  ///< null when it does not parse
};

/// A query of a rule, a dashboard or a list. One of `promql` and `logql` at most is set.
struct StackQuery {
  const File* file = nullptr;
  int line = 0;
  std::string where;  ///< "alert HighErrorRate", "panel \"Error Rate\""; "" in a list
  std::string text;
  std::shared_ptr<const query::promql::Expr> promql;
  std::shared_ptr<const query::logql::Expr> logql;
};

struct StackTarget {
  std::string address;
  int line = 0;
  std::vector<std::pair<std::string, std::string>> labels;
};

/// A job of prometheus.yml or of promtail's file.
struct StackJob {
  const File* file = nullptr;
  std::string name;
  int line = 0;
  std::string metrics_path = "/metrics", scheme = "http";
  std::vector<std::pair<std::string, std::string>> params;  ///< first value of each
  std::vector<StackTarget> targets;
  bool only_static = true;  ///< no discovery adds targets
  bool docker = false;      ///< docker_sd_configs
  std::vector<conf::RelabelRule> relabel;
  std::vector<int> relabel_lines;        ///< of each rule
  std::vector<int> relabel_regex_lines;  ///< of each rule's regex, else of the rule
};

/// The Collector's `prometheus` exporter of a pipeline that OTLP feeds.
struct StackExporter {
  const File* file = nullptr;
  std::string name_space;
  int line = 0;  ///< of `namespace`, else of the exporter
  std::string port;
};

/// Owns: the files and everything read from them (views point into `files`, which must not
/// move). Threads: one. Cost: linear in the files.
struct Stack {
  explicit Stack(std::vector<std::unique_ptr<File>> files);

  std::vector<std::unique_ptr<File>> files;
  std::vector<StackRule> rules;
  std::vector<StackQuery> queries;
  std::vector<StackJob> jobs;
  std::vector<StackExporter> exporters;
};

/// Something that a file does in silence and its author did not mean.
struct Finding {
  std::string file;
  int line = 0;
  std::string trap;  ///< a short name: "docker-name"
  std::string text;  ///< what happens, and what to do
};
using Findings = std::vector<Finding>;

/// The text of a scalar below a map, or "".
std::string TextAt(const conf::Node& map, std::string_view key);
int LineOfKey(const conf::Node& map, std::string_view key);
/// "line 4", "lines 4, 9 and 12", "lines 4, 9, 12, 15 and 7 more".
std::string LinesText(const std::vector<int>& lines);

}  // namespace pharos::server::check
