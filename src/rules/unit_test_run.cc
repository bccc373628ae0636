// Runs promtool's unit tests: time passes evaluation by evaluation over the series of the test.
#include <algorithm>
#include <bit>
#include <cmath>
#include <set>
#include <utility>

#include "conf/prometheus_config.h"
#include "query/promql/histogram_math.h"
#include "rules/group.h"
#include "rules/limits.h"
#include "rules/memory_store.h"
#include "rules/rule_set.h"
#include "rules/unit_test_file.h"
#include "text/duration.h"
#include "text/go_float.h"

namespace pharos::rules {
namespace {

using base::ErrorKind;
using base::Fail;
using base::Result;
using Failures = std::vector<std::string>;

model::Labels LabelsOf(const std::map<std::string, std::string>& map) {
  std::vector<model::LabelView> views;
  for (const auto& [name, value] : map) views.push_back({name, value});
  return model::Labels::FromPairs(std::move(views));
}

/// Equal floats; with `fuzzy` also neighbours. NaN is NaN.
bool SameFloat(double a, double b, bool fuzzy) {
  if (std::isnan(a) || std::isnan(b)) return std::isnan(a) && std::isnan(b);
  return a == b ||
         (fuzzy && (std::nextafter(a, -INFINITY) == b || std::nextafter(a, INFINITY) == b));
}

bool SameSample(const VectorSample& a, const VectorSample& b, bool fuzzy) {
  if (a.labels != b.labels || (a.histogram == nullptr) != (b.histogram == nullptr)) return false;
  return a.histogram != nullptr ? query::promql::SameHistogram(*a.histogram, *b.histogram)
                                : SameFloat(a.value, b.value, fuzzy);
}

std::string Text(const Vector& vector) {
  std::string out;
  for (const VectorSample& sample : vector) {
    out += (out.empty() ? "" : ", ") + model::ToString(sample.labels) + " " +
           (sample.histogram != nullptr ? query::promql::HistogramText(*sample.histogram)
                                        : text::GoFloat(sample.value, 'e'));
  }
  return out.empty() ? "nil" : out;
}

using LabelsAndAnnotations = std::vector<std::pair<model::Labels, model::Labels>>;

std::string Text(const LabelsAndAnnotations& alerts) {
  std::string out = "[";
  for (size_t i = 0; i < alerts.size(); ++i) {
    out += (i > 0 ? ",\n            " : "\n            ") + std::to_string(i) +
           ":\n              Labels:" + model::ToString(alerts[i].first) +
           "\n              Annotations:" + model::ToString(alerts[i].second);
  }
  return out + (alerts.empty() ? "]" : "\n            ]");
}

/// One test of a file.
class Runner {
 public:
  Runner(const UnitTestFile& file, const UnitTest& test) : file_(file), test_(test) {
    query::promql::EngineOptions engine;
    engine.default_subquery_step_ms = file.interval_ms;
    environment_.query = EngineQuery({.source = &store_.source(), .engine = engine});
    environment_.source = &store_.source();
    environment_.sink = &store_;
    environment_.clock = &clock_;
  }

  Failures Run(const std::vector<GroupSpec>& specs) {
    if (const auto made = MakeGroups(specs); !made) return {made.error().message};
    int64_t last_ms = 0;
    for (const AlertCase& one : test_.alerts) last_ms = std::max(last_ms, one.time_ms);
    for (const ExpressionCase& one : test_.expressions) last_ms = std::max(last_ms, one.time_ms);
    if (last_ms / file_.interval_ms > kMaxUnitTestSteps) {
      return {"the test takes more than " + std::to_string(kMaxUnitTestSteps) +
              " evaluations; give a longer evaluation_interval"};
    }
    for (int64_t at = 0; at <= last_ms; at += file_.interval_ms) {
      Load(at);
      if (!Evaluate(at)) return failures_;
      for (const AlertCase& one : test_.alerts) {
        if (one.time_ms >= at && one.time_ms < at + file_.interval_ms) CheckAlert(one);
      }
    }
    for (const ExpressionCase& one : test_.expressions) CheckExpressionCase(one);
    return failures_;
  }

 private:
  Result<void> MakeGroups(const std::vector<GroupSpec>& specs) {
    GroupDefaults defaults;
    defaults.interval_ms = test_.interval_ms;
    defaults.external_labels = test_.external_labels;
    defaults.external_url = test_.external_url;
    for (const GroupSpec& spec : specs) {
      PHAROS_TRY(auto group, Group::Make(spec, defaults, /*restore=*/false, environment_));
      groups_.push_back(std::move(group));
    }
    return {};
  }

  /// Samples up to `at` after the start: a rule must not see the future.
  void Load(int64_t at) {
    for (; loaded_ * test_.interval_ms <= at; ++loaded_) {
      const auto i = static_cast<size_t>(loaded_);
      const int64_t time_ms = test_.start_ms + loaded_ * test_.interval_ms;
      for (const auto& series : test_.series) {
        if (i >= series.values.size() || series.values[i].omitted) continue;
        const auto& value = series.values[i];
        if (value.histogram) {
          store_.source().AddHistogram(series.labels, time_ms, *value.histogram);
        } else {
          store_.Add(series.labels, time_ms, value.value);
        }
      }
    }
  }

  bool Evaluate(int64_t at) {
    clock_.Set((test_.start_ms + at) * 1'000'000);
    bool fine = true;
    for (const auto& group : groups_) {
      group->Evaluate(test_.start_ms + at);
      for (const RuleStatus& rule : group->Status().rules) {
        if (rule.record.last_error.empty()) continue;
        failures_.push_back("    rule: " + rule.name + ", time: " +
                            text::GoDuration(at * 1'000'000) + ", err: " + rule.record.last_error);
        fine = false;
      }
    }
    return fine;
  }

  void CheckAlert(const AlertCase& one) {
    LabelsAndAnnotations expected, got;
    for (const AlertCase::Expected& alert : one.expected)
      expected.emplace_back(LabelsOf(alert.labels), LabelsOf(alert.annotations));
    for (const auto& group : groups_) {
      for (const RuleStatus& rule : group->Status().rules) {
        if (!rule.alerting || rule.name != one.alert) continue;
        for (const ActiveAlert& alert : rule.alerts) {
          if (alert.state == AlertState::kFiring) got.emplace_back(alert.labels, alert.annotations);
        }
      }
    }
    std::ranges::sort(expected);
    std::ranges::sort(got);
    if (expected == got) return;
    const std::string name = test_.name.empty() ? "" : "    name: " + test_.name + ",\n";
    failures_.push_back(name + "    alertname: " + one.alert +
                        ", time: " + text::PrometheusDuration(one.time_ms) +
                        ", \n        exp:" + Text(expected) + ", \n        got:" + Text(got));
  }

  void CheckExpressionCase(const ExpressionCase& one) {
    const std::string where =
        "    expr: \"" + one.expression + "\", time: " + text::PrometheusDuration(one.time_ms);
    auto got = environment_.query(one.expression, test_.start_ms + one.time_ms);
    if (!got) {
      failures_.push_back(where + ", err: " + got.error().message);
      return;
    }
    Vector expected = one.expected;
    const auto by_labels = [](const VectorSample& a, const VectorSample& b) {
      return a.labels < b.labels;
    };
    std::ranges::stable_sort(expected, by_labels);
    std::ranges::stable_sort(*got, by_labels);
    const bool same = std::ranges::equal(expected, *got, [&](const auto& a, const auto& b) {
      return SameSample(a, b, file_.fuzzy_compare);
    });
    if (same) return;
    failures_.push_back(where + ",\n        exp: " + Text(expected) +
                        "\n        got: " + Text(*got));
  }

  const UnitTestFile& file_;
  const UnitTest& test_;
  base::FakeClock clock_{0};
  MemoryStore store_;
  Environment environment_;
  std::vector<std::unique_ptr<Group>> groups_;
  int64_t loaded_ = 0;  ///< steps of the series that are in the store
  Failures failures_;
};

/// The groups of all rule files, in the order that the test file asks for.
Result<std::vector<GroupSpec>> ReadGroups(const UnitTestFile& file,
                                          std::vector<std::string>* warnings) {
  PHAROS_TRY(std::vector<GroupSpec> specs, ReadRuleFiles(file.rule_files, warnings));
  const auto order = [&](const GroupSpec& spec) {
    const auto at = std::ranges::find(file.group_order, spec.group.name);
    return at == file.group_order.end() ? 0 : at - file.group_order.begin();
  };
  std::ranges::stable_sort(
      specs, [&](const GroupSpec& a, const GroupSpec& b) { return order(a) < order(b); });
  return specs;
}

}  // namespace

Result<std::vector<std::string>> RunUnitTests(const std::string& file,
                                              std::vector<std::string>* warnings) {
  PHAROS_TRY(const std::string text, conf::ReadTextFile(file));
  PHAROS_TRY(const UnitTestFile parsed, ParseUnitTestFile(text, file));
  PHAROS_TRY(const std::vector<GroupSpec> specs, ReadGroups(parsed, warnings));
  Failures failures;
  for (const UnitTest& test : parsed.tests) {
    Failures found = Runner(parsed, test).Run(specs);
    failures.insert(failures.end(), std::make_move_iterator(found.begin()),
                    std::make_move_iterator(found.end()));
  }
  return failures;
}

}  // namespace pharos::rules
