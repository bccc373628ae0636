#include "query/promql/engine.h"

#include <gtest/gtest.h>
#include <re2/re2.h>

#include <filesystem>
#include <fstream>

#include "query/promql/function_table.h"
#include "query/promql/memory_source.h"
#include "query/promql/script.h"

namespace pharos::query::promql {
namespace {

std::string ReadAll(const std::filesystem::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

TEST(PromqlScriptTest, OwnScripts) {
  int passed = 0;
  for (const auto& entry : std::filesystem::directory_iterator("test/promql")) {
    if (entry.path().extension() != ".test") continue;
    const ScriptReport report = RunScript(ReadAll(entry.path()));
    for (const std::string& failure : report.failures)
      ADD_FAILURE() << entry.path() << " " << failure;
    passed += report.passed;
  }
  EXPECT_GE(passed, 350);
}

/// Nothing of the language is without a script.
TEST(PromqlScriptTest, OwnScriptsCoverTheLanguage) {
  std::string all;
  for (const auto& entry : std::filesystem::directory_iterator("test/promql"))
    all += ReadAll(entry.path());
  const auto expect = [&](const std::string& text) {
    EXPECT_NE(all.find(text), std::string::npos) << "no script under test/promql has " << text;
  };
  for (const Function& function : AllFunctions()) {
    EXPECT_TRUE(RE2::PartialMatch(all, "[^a-z_]" + std::string(function.name) + "\\("))
        << "no script under test/promql calls " << function.name;
  }
  for (const char* aggregation :
       {"sum", "avg", "min", "max", "count", "group", "stddev", "stdvar", "quantile", "topk",
        "bottomk", "count_values", "limitk", "limit_ratio"}) {
    EXPECT_TRUE(
        RE2::PartialMatch(all, std::string("at \\w+ .*\\b") + aggregation + " ?(by|without|\\()"))
        << aggregation;
  }
  for (const char* word :
       {" + ",        " - ",         " * ",    " / ",       " % ",        " ^ ",    " atan2 ",
        " == ",       " != ",        " > ",    " < ",       " >= ",       " <= ",   " and ",
        " or ",       " unless ",    " </ ",   " >/ ",      "bool",       "on (",   "ignoring (",
        "group_left", "group_right", "fill (", "fill_left", "fill_right", "offset", "offset -",
        "@ start()",  "@ end()",     "@ 40",   "smoothed",  "anchored",   "step()", "range()",
        "min_of(",    "max_of(",     "=~",     "!~",        "@st",        "without"}) {
    expect(word);
  }
}

TEST(PromqlScriptTest, ReportsWhatIsWrong) {
  const ScriptReport report = RunScript(
      "load 1m\n  x 1\n\neval instant at 0 x\n  x 2\n\neval instant at 0 x\n  x 1\n\nbogus\n");
  EXPECT_EQ(report.passed, 1);
  EXPECT_EQ(report.failed, 2);
}

TEST(PromqlScriptTest, PrometheusScripts) {
  const std::filesystem::path folder = "../shared/data/prometheus/promqltest";
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << "the shared scripts are not here";
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() != ".test") continue;
    const ScriptReport report = RunScript(ReadAll(entry.path()));
    for (const std::string& failure : report.failures)
      ADD_FAILURE() << entry.path() << " " << failure;
    EXPECT_GT(report.passed, 0) << entry.path();
  }
}

class PromqlEngineTest : public ::testing::Test {
 protected:
  PromqlEngineTest() {
    for (int s = 0; s < 20; ++s) {
      const std::string name = std::to_string(s);
      for (int i = 0; i < 100; ++i)
        source_.Add({{"__name__", "x_total"}, {"s", name}}, i * 1000, i);
    }
  }
  base::Result<QueryAnswer> Run(const std::string& query, exec::QueryLimits limits,
                                std::function<bool()> cancelled = {}) {
    exec::QueryContext context(limits, "default");
    if (cancelled) context.SetCancelled(std::move(cancelled));
    return Engine(&source_, {}).Range(query, 0, 99'000, 1000, context);
  }
  MemorySource source_;
};

TEST_F(PromqlEngineTest, SampleLimitEndsTheQuery) {
  exec::QueryLimits limits;
  limits.max_samples = 500;
  const auto answer = Run("x_total", limits);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, base::ErrorKind::kLimit);
  EXPECT_EQ(answer.error().message,
            "query processing would load too many samples into memory in query execution");
}

TEST_F(PromqlEngineTest, CancellationEndsTheQuery) {
  const auto answer = Run("sum(rate(x_total[5s]))", {}, [] { return true; });
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, base::ErrorKind::kCancelled);
}

TEST_F(PromqlEngineTest, DeadlineEndsTheQuery) {
  exec::QueryLimits limits;
  limits.timeout_ms = -1;
  const auto answer = Run("x_total", limits);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, base::ErrorKind::kTimeout);
}

TEST_F(PromqlEngineTest, HugeSubqueryEndsInAnError) {
  exec::QueryLimits limits;
  limits.max_samples = 100'000;
  const auto answer = Run("count_over_time(x_total[1y:1ms])", limits);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, base::ErrorKind::kLimit);
}

TEST_F(PromqlEngineTest, HostileQueriesEndInClearErrors) {
  exec::QueryLimits limits;
  limits.max_samples = 100'000;
  limits.timeout_ms = 5'000;
  const std::string deep = std::string(50'000, '(') + "1" + std::string(50'000, ')');
  const std::string signs = std::string(50'000, '-') + "1";
  std::string chain = "1";
  for (int i = 0; i < 50'000; ++i) chain += "+1";
  const std::string regex = "x_total{s=~\"((a{1,500}){1,500}){1,500}\"}";
  for (const std::string& query :
       {deep, signs, chain, regex, std::string(10'000'000, 'x'),
        std::string("{__name__=~\".+\"}[1y:1ms]"),
        std::string("count_over_time({__name__=~\".+\"}[1y:1ms])"),
        std::string("count_over_time(count_over_time(x_total[100d:1s])[100d:1s])")}) {
    const auto answer = Run(query, limits);
    ASSERT_FALSE(answer) << query.substr(0, 80);
    EXPECT_FALSE(answer.error().message.empty());
    EXPECT_LT(answer.error().message.size(), 2'000u) << query.substr(0, 80);
  }
}

TEST_F(PromqlEngineTest, ManyGroupsAreBounded) {
  for (int s = 0; s < 3'000; ++s) {
    const std::string name = std::to_string(s);
    source_.Add({{"__name__", "many"}, {"s", name}}, 0, 1);
  }
  exec::QueryLimits limits;
  limits.max_samples = 20'000;
  const auto answer = Run("count by (s) (many)", limits);  // 3,000 groups, 100 steps
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, base::ErrorKind::kLimit);
}

TEST_F(PromqlEngineTest, OneSlowSeriesIsStoppedToo) {
  for (int i = 0; i < 20'000; ++i) source_.Add({{"__name__", "long"}}, i, i % 97);
  exec::QueryLimits limits;
  int asked = 0;
  exec::QueryContext context(limits, "default");
  context.SetCancelled([&asked] { return ++asked > 3; });
  const auto answer =
      Engine(&source_, {}).Range("quantile_over_time(0.5, long[20s])", 0, 20'000, 1, context);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, base::ErrorKind::kCancelled);
}

TEST_F(PromqlEngineTest, NamesGoOperatorByOperatorByDefault) {
  source_.Add({{"__name__", "y_total"}, {"s", "0"}}, 0, 1);
  const auto answer = Run("rate({__name__=~\".+_total\", s=\"0\"}[10s])", {});
  EXPECT_TRUE(answer);  // y_total has too few samples to clash
  const auto clash = Run("abs({__name__=~\".+_total\", s=\"0\"})", {});
  ASSERT_FALSE(clash);
  EXPECT_EQ(clash.error().message, "vector cannot contain metrics with the same labelset");
}

}  // namespace
}  // namespace pharos::query::promql
