// The admin calls and status/tsdb as Prometheus answers them: real cases, own ones beside.
#include <gtest/gtest.h>

#include "api/prometheus/prometheus_api.h"
#include "api/testing/call.h"
#include "query/promql/memory_source.h"

namespace pharos::api::prometheus {
namespace {

using testing::Call;
using testing::Encode;

class FakeAdmin final : public store::SampleAdmin, public store::CardinalitySource {
 public:
  base::Result<void> Delete(std::string_view, const std::vector<model::Matcher>& matchers,
                            int64_t start_ms, int64_t end_ms) override {
    if (broken) return base::Fail(base::ErrorKind::kFull, "no space");
    deleted.push_back(matchers.front().ToString() + " " + std::to_string(start_ms) + " " +
                      std::to_string(end_ms));
    return {};
  }
  base::Result<void> CleanTombstones() override {
    if (broken) return base::Fail(base::ErrorKind::kIo, "disk");
    return {};
  }
  base::Result<std::string> Snapshot(bool skip) override {
    if (broken) return base::Fail(base::ErrorKind::kIo, "disk");
    return std::string(skip ? "without" : "with");
  }
  std::vector<store::SamplePart> Parts(std::string_view) override {
    return {{.id = 7,
             .min_ms = 1'750'860'620'060,
             .max_ms = 1'750'867'199'999,
             .series = 716,
             .samples = 13'701,
             .level = 1}};
  }
  store::HeadCardinality InMemory(std::string_view, size_t limit) override {
    store::HeadCardinality head{.series = 2, .label_pairs = 3, .samples = 240};
    head.min_time_ms = 5;
    head.max_time_ms = 9;
    head.series_by_metric = {{"up", 2}};
    head.series_by_pair = {{"job=a", limit}};
    return head;
  }
  base::Result<store::CardinalityReport> Cardinality(const store::CardinalityQuery&) override {
    return store::CardinalityReport();
  }
  bool broken = false;
  std::vector<std::string> deleted;
};

struct AdminTest : ::testing::Test {
  explicit AdminTest(bool enabled = true) {
    PrometheusApiDeps deps;
    deps.source = &source;
    deps.clock = &clock;
    deps.admin = &admin;
    deps.cardinality = &admin;
    deps.enable_admin = enabled;
    RegisterPrometheusApi(router, "", std::move(deps));
  }
  net::Response Admin(const std::string& what, const std::string& form = "") {
    return Call(router, "POST", "/api/v1/admin/tsdb/" + what, form);
  }
  base::FakeClock clock{0};
  query::promql::MemorySource source;
  FakeAdmin admin;
  net::Router router;
};
struct AdminOffTest : AdminTest {
  AdminOffTest() : AdminTest(false) {}
};

TEST_F(AdminOffTest, EverythingIsUnavailable) {
  for (const char* what : {"delete_series?match[]=up", "clean_tombstones", "snapshot"}) {
    const auto response = Admin(what);
    EXPECT_EQ(response.status, 500);
    EXPECT_EQ(response.body,
              R"({"status":"error","errorType":"unavailable","error":"admin APIs disabled"})");
  }
  EXPECT_TRUE(admin.deleted.empty());
}

TEST_F(AdminTest, DeletesEachSelector) {
  const auto response =
      Admin("delete_series", "match[]=up&match[]=" + Encode("x{a=\"b\"}") + "&start=1&end=2.5");
  EXPECT_EQ(response.status, 204);
  EXPECT_EQ(response.body, "");
  ASSERT_EQ(admin.deleted.size(), 2u);
  EXPECT_EQ(admin.deleted[0], "__name__=\"up\" 1000 2500");
  EXPECT_EQ(Call(router, "PUT", "/api/v1/admin/tsdb/delete_series?match[]=up").status, 204);
}

TEST_F(AdminTest, RefusesWhatPrometheusRefuses) {
  EXPECT_EQ(Admin("delete_series").status, 400);
  EXPECT_NE(Admin("delete_series").body.find("no match[] parameter provided"), std::string::npos);
  for (const char* query :
       {"match[]=123", "match[]=up&start=xxx", "match[]=up&end=xxx", "match[]=up&match[]=1"}) {
    const auto response = Admin("delete_series", query);
    EXPECT_EQ(response.status, 400) << query;
    EXPECT_NE(response.body.find("\"bad_data\""), std::string::npos) << query;
  }
  EXPECT_TRUE(admin.deleted.empty());
  EXPECT_EQ(Admin("snapshot", "skip_head=xxx").status, 400);
  EXPECT_EQ(Call(router, "GET", "/api/v1/admin/tsdb/snapshot").status, 405);
}

TEST_F(AdminTest, SnapshotsAndCleans) {
  EXPECT_EQ(Admin("snapshot").body, R"({"status":"success","data":{"name":"with"}})");
  EXPECT_EQ(Admin("snapshot", "skip_head=true").body,
            R"({"status":"success","data":{"name":"without"}})");
  EXPECT_EQ(Admin("clean_tombstones").status, 204);
}

TEST_F(AdminTest, WhatFailsInsideIsInternal) {
  admin.broken = true;
  for (const char* what : {"delete_series?match[]=up", "clean_tombstones", "snapshot"}) {
    const auto response = Admin(what);
    EXPECT_EQ(response.status, 500) << what;
    EXPECT_NE(response.body.find("\"internal\""), std::string::npos) << what;
  }
}

TEST_F(AdminTest, TsdbStatus) {
  EXPECT_EQ(
      Call(router, "GET", "/api/v1/status/tsdb").body,
      R"({"status":"success","data":{"headStats":{"numSeries":2,"numLabelPairs":3,"chunkCount":4,)"
      R"("minTime":5,"maxTime":9},"seriesCountByMetricName":[{"name":"up","value":2}],)"
      R"("labelValueCountByLabelName":[],"memoryInBytesByLabelName":[],)"
      R"("seriesCountByLabelValuePair":[{"name":"job=a","value":10}]}})");
  for (const char* limit : {"0", "-1", "x", "10001"})
    EXPECT_EQ(Call(router, "GET", "/api/v1/status/tsdb?limit=" + std::string(limit)).status, 400);
  EXPECT_EQ(Call(router, "GET", "/api/v1/status/tsdb?limit=10000").status, 200);
}

TEST_F(AdminTest, Blocks) {
  EXPECT_EQ(Call(router, "GET", "/api/v1/status/tsdb/blocks").body,
            R"({"status":"success","data":{"blocks":[{"ulid":"01JYKX2HZZ0000000000000007",)"
            R"("minTime":1750860620060,"maxTime":1750867200000,"stats":{"numSamples":13701,)"
            R"("numSeries":716,"numChunks":830},"compaction":{"level":2,)"
            R"("sources":["01JYKX2HZZ0000000000000007"]},"version":1}]}})");
}

}  // namespace
}  // namespace pharos::api::prometheus
