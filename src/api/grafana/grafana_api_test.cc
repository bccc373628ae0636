#include "api/grafana/grafana_api.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "api/grafana/limits.h"
#include "api/testing/call.h"
#include "io/sim_fs.h"

namespace pharos::api::grafana {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
constexpr int64_t kSecond = 1'000'000'000;

constexpr const char* kRed =
    R"({"title":"Shop RED","uid":"red","tags":["shop","red"],"schemaVersion":38,"version":3,)"
    R"("panels":[{"type":"stat","title":"Rate","targets":[{"expr":"up{a=\"<b>\"}"}]}]})";

void WriteFile(io::Fs& fs, const std::string& path, std::string_view text) {
  ASSERT_TRUE(fs.MakeDirs(path.substr(0, path.rfind('/'))));
  auto file = fs.Create(path);
  ASSERT_TRUE(file);
  ASSERT_TRUE((*file)->Append(text));
  ASSERT_TRUE((*file)->Sync());
}

std::string SaveBody(const std::string& dashboard, const std::string& more = "") {
  return "{\"dashboard\":" + dashboard + more + "}";
}

/// A store on files in memory, with its API.
class GrafanaApi : public ::testing::Test {
 protected:
  void Start() {
    router_.reset();
    store_.reset();
    DashboardStoreOptions options;
    options.fs = &fs_;
    options.clock = &clock_;
    options.folder = "data/dashboards";
    options.providers = providers_;
    auto opened = DashboardStore::Open(options);
    ASSERT_TRUE(opened) << opened.error().message;
    store_ = *std::move(opened);
    router_ = std::make_unique<net::Router>();
    RegisterGrafanaApi(*router_, {.store = store_.get()});
  }
  net::Response Get(const std::string& target) {
    return api::testing::Call(*router_, "GET", target);
  }
  net::Response Post(const std::string& body) {
    return api::testing::Call(*router_, "POST", "/api/dashboards/db", body);
  }
  net::Response Delete(const std::string& uid) {
    return api::testing::Call(*router_, "DELETE", "/api/dashboards/uid/" + uid);
  }

  io::SimFs fs_;
  base::FakeClock clock_{1'700'000'000 * kSecond};
  std::vector<conf::GrafanaProvider> providers_;
  std::unique_ptr<DashboardStore> store_;
  std::unique_ptr<net::Router> router_;
};

TEST_F(GrafanaApi, SavesAndGivesBack) {
  Start();
  const auto saved = Post(SaveBody(kRed));
  EXPECT_EQ(saved.status, 200) << saved.body;
  EXPECT_EQ(saved.body, R"({"folderUid":"","id":)" + std::to_string(IdOfUid("red")) +
                            R"(,"slug":"shop-red","status":"success","uid":"red",)"
                            R"("url":"/d/red/shop-red","version":1})");
  const auto got = Get("/api/dashboards/uid/red");
  EXPECT_EQ(got.status, 200);
  EXPECT_THAT(got.body, HasSubstr(R"("targets":[{"expr":"up{a=\"<b>\"}"}])"));
  EXPECT_THAT(got.body, HasSubstr(R"("uid":"red","version":1,"title":"Shop RED")"));
  EXPECT_THAT(got.body, HasSubstr(R"("provisioned":false)"));
  EXPECT_EQ(Get("/api/dashboards/uid/none").status, 404);
}

TEST_F(GrafanaApi, OfTwoEditorsTheSecondIsTold) {
  Start();
  ASSERT_EQ(Post(SaveBody(kRed)).status, 200);
  const auto clash = Post(SaveBody(kRed));  // its version is 3, the kept one's is 1
  EXPECT_EQ(clash.status, 412);
  EXPECT_EQ(
      clash.body,
      R"({"message":"The dashboard has been changed by someone else","status":"version-mismatch"})");
  EXPECT_THAT(Post(SaveBody(kRed, R"(,"overwrite":true)")).body, HasSubstr("\"version\":2"));
  EXPECT_THAT(Post(SaveBody(R"({"title":"New","uid":"red","version":2,"panels":[]})")).body,
              HasSubstr("\"version\":3"));
}

TEST_F(GrafanaApi, FindsByWordTagAndKind) {
  Start();
  Post(SaveBody(kRed));
  Post(SaveBody(R"({"title":"Nodes","uid":"nodes","tags":["host"],"panels":[]})"));
  EXPECT_THAT(Get("/api/search").body, ::testing::AllOf(HasSubstr("Nodes"), HasSubstr("Shop RED")));
  EXPECT_THAT(Get("/api/search?query=shop&type=dash-db").body, Not(HasSubstr("Nodes")));
  EXPECT_THAT(Get("/api/search?tag=host").body, Not(HasSubstr("Shop")));
  EXPECT_EQ(Get("/api/search?tag=host&tag=red").body, "[]");
  EXPECT_EQ(Get("/api/search?type=dash-folder").body, "[]");
  EXPECT_THAT(Get("/api/search?limit=1&page=2").body, Not(HasSubstr("Nodes")));
  EXPECT_EQ(Get("/api/search?dashboardUIDs=none").body, "[]");
  EXPECT_EQ(Get("/api/dashboards/tags").body,
            R"([{"term":"host","count":1},{"term":"red","count":1},{"term":"shop","count":1}])");
}

TEST_F(GrafanaApi, DeletesWhatWasSaved) {
  Start();
  Post(SaveBody(kRed));
  EXPECT_THAT(Delete("red").body, HasSubstr("Dashboard Shop RED deleted"));
  EXPECT_EQ(Delete("red").status, 404);
  Start();
  EXPECT_EQ(Get("/api/search").body, "[]");
}

struct Refused {
  const char* body;
  int status;
  const char* message;
};
class GrafanaApiRefuses : public GrafanaApi, public ::testing::WithParamInterface<Refused> {};
TEST_P(GrafanaApiRefuses, WithASentence) {
  Start();
  const auto answer = Post(GetParam().body);
  EXPECT_EQ(answer.status, GetParam().status);
  EXPECT_THAT(answer.body, HasSubstr(GetParam().message));
  EXPECT_EQ(Get("/api/search").body, "[]");
}
INSTANTIATE_TEST_SUITE_P(
    All, GrafanaApiRefuses,
    ::testing::Values(
        Refused{"", 400, "bad request data"}, Refused{"[]", 400, "bad request data"},
        Refused{R"({"dashboard":3})", 400, "bad request data"},
        Refused{R"({"dashboard":{"panels":[]}})", 400, "Dashboard title cannot be empty"},
        Refused{R"({"dashboard":{"title":"a"}})", 400, "it has no panels"},
        Refused{R"({"dashboard":{"title":"a","panels":{}}})", 400, "panels is not a list"},
        Refused{R"({"dashboard":{"title":"a","panels":[],"uid":"../etc"}})", 400,
                "illegal characters"},
        Refused{R"({"dashboard":{"title":"a","panels":[],"id":7}})", 404, "not-found"},
        Refused{R"({"dashboard":{"title":"a","panels":[]},"folderUid":"none"})", 400,
                "folder not found"},
        Refused{R"({"dashboard":{"title":"a","elements":{},"layout":{}}})", 400, "newer schema"},
        Refused{
            R"({"dashboard":{"apiVersion":"dashboard.grafana.app/v2","kind":"Dashboard","spec":{}}})",
            400, "newer schema"}));

TEST_F(GrafanaApi, ProvisionedOnesFollowTheirFilesAndAreNotSavedOver) {
  providers_ = {{.name = "lab", .folder = "Lab", .path = "boards"}};
  WriteFile(fs_, "boards/red.json", kRed);
  WriteFile(fs_, "boards/deep/nodes.json", R"({"title":"Nodes","rows":[]})");
  WriteFile(fs_, "boards/broken.json", R"({"title":)");
  WriteFile(fs_, "boards/notes.txt", "no dashboard");
  Start();
  EXPECT_THAT(Get("/api/search").body,
              ::testing::AllOf(HasSubstr("Nodes"), HasSubstr(R"("folderTitle":"Lab")"),
                               HasSubstr("dash-folder")));
  const auto save = Post(SaveBody(kRed, R"(,"overwrite":true)"));
  EXPECT_EQ(save.status, 400);
  EXPECT_EQ(save.body, R"({"message":"Cannot save provisioned dashboard"})");
  EXPECT_EQ(Delete("red").status, 400);

  WriteFile(fs_, "boards/red.json", R"({"title":"Changed","uid":"red","panels":[]})");
  ASSERT_TRUE(fs_.RemoveAll("boards/deep"));
  EXPECT_THAT(Get("/api/search").body, Not(HasSubstr("Changed")));
  clock_.Advance(std::chrono::seconds(11));
  EXPECT_THAT(Get("/api/search").body,
              ::testing::AllOf(HasSubstr("Changed"), Not(HasSubstr("Nodes"))));
}

TEST_F(GrafanaApi, AProviderMayAllowSavesUntilItsFileChanges) {
  providers_ = {{.path = "boards", .allow_ui_updates = true}};
  WriteFile(fs_, "boards/red.json", kRed);
  Start();
  ASSERT_EQ(Post(SaveBody(R"({"title":"Mine","uid":"red","version":3,"panels":[]})")).status, 200);
  EXPECT_THAT(Get("/api/dashboards/uid/red").body, HasSubstr("Mine"));
  Start();
  EXPECT_THAT(Get("/api/dashboards/uid/red").body, HasSubstr("Mine"));
  EXPECT_EQ(Delete("red").status, 400);
  WriteFile(fs_, "boards/red.json", R"({"title":"Theirs","uid":"red","panels":[]})");
  clock_.Advance(std::chrono::seconds(11));
  EXPECT_THAT(Get("/api/dashboards/uid/red").body, HasSubstr("Theirs"));
}

TEST_F(GrafanaApi, SavedOnesSurviveAPowerCutAtEveryStep) {
  for (int wanted = 1; wanted < 30; ++wanted) {
    io::SimFs fs;
    DashboardStoreOptions options;
    options.fs = &fs;
    options.folder = "data/dashboards";
    std::vector<std::string> saved;
    int steps = 0;
    {
      auto store = DashboardStore::Open(options);
      ASSERT_TRUE(store);
      fs.SetHook([&](const io::SimOp&) -> base::Result<void> {
        if (++steps == wanted) fs.Halt();
        return {};
      });
      for (const char* uid : {"a", "b", "c"}) {
        SaveRequest request;
        request.dashboard.uid = uid;
        request.dashboard.title = uid;
        request.dashboard.model = "{\"title\":\"" + std::string(uid) + "\",\"panels\":[]}";
        if ((*store)->Save(request).saved) saved.push_back(uid);
      }
      fs.Halt();
    }
    fs.SetHook({});
    fs.CutPower(static_cast<uint64_t>(wanted));
    auto store = DashboardStore::Open(options);
    ASSERT_TRUE(store) << store.error().message;
    for (const std::string& uid : saved) EXPECT_NE((*store)->Find(uid), nullptr) << wanted << uid;
    for (const auto& one : (*store)->List()) EXPECT_EQ(one->uid, one->title);
  }
}

TEST_F(GrafanaApi, AFullDiskLeavesWhatWas) {
  Start();
  ASSERT_EQ(Post(SaveBody(kRed)).status, 200);
  fs_.SetHook([](const io::SimOp& op) -> base::Result<void> {
    if (op.name == "Append") return base::Fail(base::ErrorKind::kFull, "no space left");
    return {};
  });
  EXPECT_EQ(Post(SaveBody(kRed, R"(,"overwrite":true)")).status, 507);
  fs_.SetHook({});
  Start();
  EXPECT_THAT(Get("/api/dashboards/uid/red").body, HasSubstr(R"("version":1)"));
}

TEST(GrafanaImport, InputsBecomeOurSources) {
  const auto made = ImportDashboard(
      R"({"__inputs":[{"name":"DS_P","type":"datasource","pluginId":"prometheus"},)"
      R"({"name":"DS_X","type":"datasource","pluginId":"mysql"},)"
      R"({"name":"VAR_C","type":"constant","value":"x-${DS_P}"}],"__requires":[],"title":"T","panels":)"
      R"([{"datasource":{"uid":"${DS_P}"},"a":"${DS_X}","b":"${VAR_C}/${other}/$DS_P"}]})",
      OwnDatasources());
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(made->model, R"({"title":"T","panels":[{"datasource":{"uid":"prometheus"},"a":"mysql",)"
                         R"("b":"x-${DS_P}/${other}/$DS_P"}]})");
}

TEST(GrafanaImport, TitlesTakeInputsTooAndOnesWithoutAValueStay) {
  const auto made = ImportDashboard(
      R"({"__inputs":[{"name":"T","value":"Shop"},{"name":"E"}],"title":"${T} ${E}","tags":["${T}"],"panels":[]})",
      OwnDatasources());
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(made->title, "Shop ${E}");
  EXPECT_EQ(made->tags, std::vector<std::string>{"Shop"});
  EXPECT_THAT(made->model, HasSubstr(R"("title":"Shop ${E}")"));
}

TEST(GrafanaImport, HostileInputsAreBounded) {
  std::string json = R"({"title":"T","panels":[],"__inputs":[{"name":"A","value":")" +
                     std::string(100'000, 'x') + R"("}],"s":[)";
  for (int i = 0; i < 20'000; ++i) json += "\"${A}\",";
  json += "0]}";
  const auto made = ImportDashboard(json, OwnDatasources());
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().kind, base::ErrorKind::kTooLarge);
  EXPECT_FALSE(ImportDashboard(std::string(500, '['), {}));
  EXPECT_FALSE(ImportDashboard(std::string(kMaxDashboardBytes + 1, ' '), {}));
}

TEST(GrafanaDatasources, NamedOnesStandBesideOurOwn) {
  const auto all = WithOwn({{"Mimir", "prometheus", "", true}});
  EXPECT_EQ(PickDatasource(all, "prometheus")->name, "Mimir");
  EXPECT_FALSE(PickDatasource(all, "prometheus")->uid.empty());
  EXPECT_EQ(PickDatasource(all, "loki")->uid, "loki");
  EXPECT_EQ(PickDatasource(all, "mysql"), nullptr);
}

TEST_F(GrafanaApi, NamesSourcesAndHealth) {
  Start();
  EXPECT_THAT(Get("/api/datasources").body, HasSubstr(R"("uid":"loki")"));
  EXPECT_THAT(Get("/api/datasources/uid/tempo").body, HasSubstr(R"("type":"tempo")"));
  EXPECT_EQ(Get("/api/datasources/name/none").status, 404);
  EXPECT_EQ(Get("/api/health").body, R"({"commit":"","database":"ok","version":"10.3.1"})");
}

TEST(GrafanaCorpus, EveryRealDashboardIsTaken) {
  const std::filesystem::path root = "../shared/data/dashboards";
  if (!std::filesystem::exists(root)) GTEST_SKIP() << "no " << root;
  size_t count = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root)) {
    if (entry.path().extension() != ".json" || entry.path().filename() == "PANELS.json") continue;
    std::stringstream text;
    text << std::ifstream(entry.path()).rdbuf();
    const auto made = ImportDashboard(text.str(), OwnDatasources());
    EXPECT_TRUE(made) << entry.path() << ": " << made.error().message;
    ++count;
  }
  EXPECT_GE(count, 38u);
}

}  // namespace
}  // namespace pharos::api::grafana
