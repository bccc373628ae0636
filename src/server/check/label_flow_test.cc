#include "server/check/label_flow.h"

#include <gtest/gtest.h>

#include "query/promql/parser.h"

namespace pharos::server::check {
namespace {

/// "any", "any but a b", "only a b", "none".
std::string Flow(std::string_view text) {
  const auto expr = query::promql::ParseExpr(text);
  if (!expr) return expr.error().message;
  const LabelFlow flow = LabelsOf(**expr);
  std::string names;
  for (const std::string& name : flow.names) names += " " + name;
  if (flow.open) return names.empty() ? "any" : "any but" + names;
  return names.empty() ? "none" : "only" + names;
}

struct Case {
  const char* expr;
  const char* flow;
};

TEST(LabelFlow, Table) {
  for (const Case& c : {
           Case{"up", "any"},
           Case{"up{team=\"\"}", "any but team"},
           Case{"up == 0", "any"},
           Case{"1 + 2", "none"},
           Case{"vector(1)", "none"},
           Case{"time() - x > 5", "any"},
           Case{"sum(x)", "none"},
           Case{"sum(x) by (job)", "only job"},
           Case{"sum by (job, b) (x{b=\"\"})", "only job"},
           Case{"sum(x) without (pod)", "any but __name__ pod"},
           Case{"sum without (pod) (sum by (pod, job) (x))", "only job"},
           Case{"max(sum(x) by (a, b)) by (b, c)", "only b"},
           Case{"topk(3, sum(x) by (job))", "only job"},
           Case{"count_values(\"version\", x)", "only version"},
           Case{"count_values by (job) (\"version\", x)", "only job version"},
           Case{"(sum(rate(a[5m])) / sum(rate(b[5m]))) > 0.01", "none"},
           Case{"sum(a) by (job) / sum(b) by (job)", "only job"},
           Case{"a / on(job, instance) b", "only instance job"},
           Case{"a / ignoring(code) b", "any but code"},
           Case{"a * on(job) group_left(team) b", "any"},
           Case{"sum(a) by (job) * on(job) group_left(team) b", "only job team"},
           Case{"sum(a) by (job) * on(job) group_right(team) sum(b) by (job, pod)",
                "only job pod team"},
           Case{"sum(a) by (job) and b", "only job"},
           Case{"sum(a) by (job) unless sum(b) by (x)", "only job"},
           Case{"sum(a) by (job) or sum(b) by (x)", "only job x"},
           Case{"sum(a) by (job) or b{job=\"\"}", "any"},
           Case{"sum(a) or b{job=\"\"}", "any but job"},
           Case{"histogram_quantile(0.99, sum(rate(x_bucket[5m])) by (le, route)) > 1",
                "only route"},
           Case{"absent(up{job=\"a\", x=~\"b\"})", "only job"},
           Case{"absent_over_time(up{job=\"a\"}[5m])", "only job"},
           Case{"absent(sum(up))", "none"},
           Case{"label_replace(sum(x), \"dst\", \"$1\", \"src\", \"(.*)\")", "only dst"},
           Case{"label_join(sum(x) by (a), \"b\", \"-\", \"a\")", "only a b"},
           Case{"max_over_time(sum(x) by (job)[5m:1m])", "only job"},
           Case{"-sum(x) by (job)", "only job"},
           Case{"sum(x) by (job) > bool 3", "only job"},
           Case{"3 < sum(x) by (job)", "only job"},
       }) {
    EXPECT_EQ(Flow(c.expr), c.flow) << c.expr;
  }
}

}  // namespace
}  // namespace pharos::server::check
