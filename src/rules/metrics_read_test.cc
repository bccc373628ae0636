#include "rules/metrics_read.h"

#include <gmock/gmock.h>

namespace pharos::rules {
namespace {

TEST(MetricsRead, NamesOfAllSelectors) {
  RuleSet set;
  GroupSpec& group = set.groups.emplace_back();
  for (const char* expr :
       {"sum by (job) (rate(errors_total{job=\"a\"}[5m])) / -(max_over_time(all_total[1h:1m]) + 1)",
        "{__name__=\"named\"} and topk(scalar(limit_k), quantile_over_time(0.9, q[1m]))",
        "{__name__=~\"regex.*\"}", "broken("}) {
    group.group.rules.push_back({.record = "r", .expr = expr});
  }
  EXPECT_THAT(MetricsRead(set),
              testing::ElementsAre("all_total", "errors_total", "limit_k", "named", "q"));
}

}  // namespace
}  // namespace pharos::rules
