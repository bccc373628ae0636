#include <gtest/gtest.h>

#include "io/sim_fs.h"
#include "query/exec/active_queries.h"
#include "query/exec/query_log.h"

namespace pharos::query::exec {
namespace {

std::string ReadAll(io::Fs& fs, const std::string& path) {
  const auto file = fs.OpenRead(path).value();
  return file->ReadAt(0, file->Size().value()).value();
}

TEST(ActiveQueriesTest, TellsWhatDidNotFinish) {
  io::SimFs fs;
  ASSERT_TRUE(fs.MakeDirs("d"));
  base::FakeClock clock(1'000'000'000);
  {
    const auto first = ActiveQueries::Open(fs, "d/queries.active", clock).value();
    EXPECT_TRUE(first->unfinished().empty());
    // A crash: it never ends.
    alignas(ActiveQueries::Running) char room[sizeof(ActiveQueries::Running)];
    new (room) ActiveQueries::Running(first.get(), "sum(up)\n+1 x");
    {
      const ActiveQueries::Running done(first.get(), "up");
    }
    EXPECT_EQ(first->running(), 1u);
  }
  const auto second = ActiveQueries::Open(fs, "d/queries.active", clock).value();
  ASSERT_EQ(second->unfinished().size(), 1u);
  EXPECT_EQ(second->unfinished()[0].query, "sum(up) +1 x");
  const auto third = ActiveQueries::Open(fs, "d/queries.active", clock).value();
  EXPECT_TRUE(third->unfinished().empty());
}

TEST(ActiveQueriesTest, BrokenFilesAreNoReasonToFail) {
  io::SimFs fs;
  ASSERT_TRUE(fs.MakeDirs("d"));
  {
    const auto file = fs.Create("d/queries.active").value();
    ASSERT_TRUE(file->Append("\n+\n-\n+x y\n-7\n+5 1000 up\n+6 10"));
  }
  base::FakeClock clock(1'000'000'000);
  const auto queries = ActiveQueries::Open(fs, "d/queries.active", clock).value();
  ASSERT_EQ(queries->unfinished().size(), 1u);
  EXPECT_EQ(queries->unfinished()[0].began_ms, 1000);
}

TEST(QueryLogTest, ALineAQuery) {
  io::SimFs fs;
  ASSERT_TRUE(fs.MakeDirs("d"));
  base::FakeClock clock(1'000'000'000);
  QueryLog log(fs, clock);
  QueryContext context({}, "default", clock);
  context.SetOrigin({.client = "127.0.0.1", .method = "GET", .path = "/api/v1/query_range"});
  log.Write({.query = "nowhere"}, context);
  ASSERT_TRUE(log.SetFile("d/query.log"));
  log.Write({.query = "up == \"0\"",
             .start_ms = 1'000,
             .end_ms = 61'500,
             .step_ms = 15'000,
             .elapsed_ns = 1'500'000,
             .stats = {.total_samples = 12, .peak_samples = 7}},
            context);
  log.Write({.query = "x", .error = "query timed out in expression evaluation"}, context);
  ASSERT_TRUE(log.SetFile(""));
  log.Write({.query = "nowhere"}, context);
  const std::string text = ReadAll(fs, "d/query.log");
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 2);
  EXPECT_NE(text.find(R"("params":{"end":"1970-01-01T00:01:01.5Z","query":"up == \"0\"",)"
                      R"("start":"1970-01-01T00:00:01Z","step":15})"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find(R"("samples":{"totalQueryableSamples":12,"peakSamples":7})"),
            std::string::npos);
  EXPECT_NE(text.find(R"("httpRequest":{"clientIP":"127.0.0.1","method":"GET",)"
                      R"("path":"/api/v1/query_range"})"),
            std::string::npos);
  EXPECT_NE(text.find(R"("error":"query timed out in expression evaluation")"), std::string::npos);
  EXPECT_EQ(text.find("nowhere"), std::string::npos);
}

}  // namespace
}  // namespace pharos::query::exec
