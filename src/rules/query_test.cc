#include "rules/query.h"

#include <gtest/gtest.h>

#include "io/sim_fs.h"
#include "query/exec/query_log.h"
#include "query/promql/memory_source.h"

namespace pharos::rules {
namespace {

TEST(RuleQueryTest, TheQueryLogNamesTheGroup) {
  io::SimFs fs;
  ASSERT_TRUE(fs.MakeDirs("d"));
  base::FakeClock clock(1'000'000'000);
  query::exec::QueryLog log(fs, clock);
  ASSERT_TRUE(log.SetFile("d/queries.log"));
  query::promql::MemorySource source;
  source.Add({{"__name__", "up"}}, 0, 1);
  EngineQueryOptions options{.source = &source};
  options.engine.log = &log;
  options.clock = &clock;
  const auto vector = EngineGroupQuery(options)("rules/a.yml", "shop")("up + 1", 0);
  ASSERT_TRUE(vector);
  ASSERT_EQ(vector->size(), 1u);
  EXPECT_EQ((*vector)[0].value, 2);
  const auto file = fs.OpenRead("d/queries.log").value();
  const std::string line = file->ReadAt(0, file->Size().value()).value();
  EXPECT_NE(line.find(R"("ruleGroup":{"file":"rules/a.yml","name":"shop"})"), std::string::npos)
      << line;
}

}  // namespace
}  // namespace pharos::rules
