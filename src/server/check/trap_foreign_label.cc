// Labels that a metric does not have make a query empty in silence. Two sources of certainty:
// a small table of exporters whose label names are often guessed wrong, and the queries
// themselves, where one thing (the same value, on metrics of one exporter) is asked for under
// two label names.
#include <algorithm>
#include <map>
#include <set>

#include "query/promql/function_table.h"
#include "server/check/label_flow.h"
#include "server/check/traps.h"

namespace pharos::server::check {
namespace {

using namespace query::promql;  // NOLINT: the tree's own words

/// What the exporter calls a thing that people call otherwise.
struct Vocabulary {
  std::string_view metric_prefix;
  std::string_view wrong, right;
  std::string_view exporter;
};
constexpr Vocabulary kVocabulary[] = {
    // Redpanda's kminion: docs/metrics.md of the project.
    {"kminion_kafka_consumer_group_", "consumer_group", "group_id", "kminion"},
    {"kminion_kafka_consumer_group_", "consumergroup", "group_id", "kminion"},
    {"kminion_kafka_consumer_group_", "group", "group_id", "kminion"},
    {"kminion_kafka_", "topic", "topic_name", "kminion"},
    {"kminion_kafka_", "partition", "partition_id", "kminion"},
    // danielqsj's kafka_exporter: its README's table of metrics.
    {"kafka_consumergroup_", "consumer_group", "consumergroup", "kafka_exporter"},
    {"kafka_consumergroup_", "group_id", "consumergroup", "kafka_exporter"},
    {"kafka_consumergroup_", "topic_name", "topic", "kafka_exporter"},
};

struct Use {
  const StackQuery* query;
  std::string metric;
  std::string label;
  std::string value;  ///< of an equality; "" for a grouping
};

/// Labels in matchers, and in the grouping of an aggregation right over the metric's selector.
std::vector<Use> UsesOf(const StackQuery& query) {
  std::vector<Use> uses;
  if (query.promql == nullptr) return uses;
  EachNode(*query.promql, [&](const Expr& node) {
    if (const auto* selector = As<VectorSelector>(&node, NodeKind::kVector)) {
      for (const model::Matcher& matcher : selector->matchers) {
        if (matcher.name() == "__name__") continue;
        uses.push_back({&query, MetricOf(*selector), matcher.name(),
                        matcher.op() == model::MatchOp::kEqual ? matcher.value() : ""});
      }
    }
    const auto* aggregate = As<AggregateExpr>(&node, NodeKind::kAggregate);
    if (aggregate == nullptr) return;
    std::set<std::string> metrics;
    bool renames = false;
    EachNode(*aggregate->expr, [&](const Expr& below) {
      if (const auto* selector = As<VectorSelector>(&below, NodeKind::kVector))
        metrics.insert(MetricOf(*selector));
      const auto* call = As<Call>(&below, NodeKind::kCall);
      renames = renames || (call != nullptr && call->function->name.starts_with("label_"));
    });
    if (renames || metrics.size() != 1) return;
    for (const std::string& label : aggregate->grouping)
      uses.push_back({&query, *metrics.begin(), label, ""});
  });
  return uses;
}

/// "sql_table_age_seconds" → "sql_table_"; "" when there are fewer than three words.
std::string TwoWords(const std::string& metric) {
  const size_t first = metric.find('_');
  const size_t second = first == std::string::npos ? first : metric.find('_', first + 1);
  return second == std::string::npos ? "" : metric.substr(0, second + 1);
}

bool SameThing(const std::string& a, const std::string& b) {
  return a == b + "_name" || a == b + "_id" || b == a + "_name" || b == a + "_id";
}

void TwoNames(const std::vector<Use>& uses, Findings& out) {
  std::map<std::pair<std::string, std::string>, std::vector<const Use*>> alike;
  std::set<std::pair<std::string, std::string>> told;
  for (const Use& now : uses) {
    const std::string words = TwoWords(now.metric);
    if (now.value.empty() || words.empty()) continue;
    auto& seen = alike[{words, now.value}];
    for (const Use* before : seen) {
      if (!SameThing(now.label, before->label) ||
          !told.insert({now.metric + "." + now.label, before->metric + "." + before->label}).second)
        continue;
      out.push_back({now.query->file->path, now.query->line, "two-label-names",
                     now.metric + " is asked for with " + now.label + "=\"" + now.value + "\", " +
                         before->metric + " (" + before->query->file->path + ":" +
                         std::to_string(before->query->line) + ") with " + before->label + "=\"" +
                         before->value +
                         "\": metrics of one exporter that name the same thing two ways, so one "
                         "of the two finds nothing. See which label the exporter has."});
    }
    if (std::none_of(seen.begin(), seen.end(), [&](const Use* use) {
          return use->metric == now.metric && use->label == now.label;
        }))
      seen.push_back(&now);
  }
}

}  // namespace

void FindForeignLabels(const Stack& stack, Findings& out) {
  std::vector<Use> all;
  for (const StackQuery& query : stack.queries) {
    std::set<std::string> told;
    for (Use& use : UsesOf(query)) {
      for (const Vocabulary& word : kVocabulary) {
        if (!use.metric.starts_with(word.metric_prefix) || use.label != word.wrong ||
            !told.insert(use.label).second)
          continue;
        out.push_back({query.file->path, query.line, "foreign-label",
                       use.metric + " has no label " + use.label + ": " +
                           std::string(word.exporter) + " calls it " + std::string(word.right) +
                           ", so " +
                           (use.value.empty() ? "the grouping loses it." : "nothing is found.")});
      }
      all.push_back(std::move(use));
    }
  }
  TwoNames(all, out);
}

}  // namespace pharos::server::check
