#include "conf/grafana_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace pharos::conf {
namespace {

using testing::Contains;
using testing::HasSubstr;

constexpr const char* kProvider = R"(apiVersion: 1
providers:
  - name: lab
    orgId: 1
    folder: Shop
    type: file
    disableDeletion: false
    updateIntervalSeconds: 30
    allowUiUpdates: true
    options:
      path: dashboards
)";

TEST(GrafanaConfig, ReadsAProvider) {
  std::vector<KeyNote> notes;
  const auto config = ParseGrafanaConfig(kProvider, "/etc/grafana/provider.yaml", &notes);
  ASSERT_TRUE(config) << config.error().message;
  ASSERT_EQ(config->providers.size(), 1u);
  const GrafanaProvider& provider = config->providers[0];
  EXPECT_EQ(provider.name, "lab");
  EXPECT_EQ(provider.folder, "Shop");
  EXPECT_EQ(provider.path, "/etc/grafana/dashboards");
  EXPECT_EQ(provider.update_interval_ms, 30'000);
  EXPECT_TRUE(provider.allow_ui_updates);
  EXPECT_THAT(notes, Contains(testing::Field(&KeyNote::key, HasSubstr("orgId"))));
}

TEST(GrafanaConfig, ReadsDatasources) {
  const auto config = ParseGrafanaConfig(R"(apiVersion: 1
datasources:
  - {name: Prom, type: prometheus, uid: abc, url: "http://prometheus:9090", isDefault: true}
)",
                                         "d.yaml");
  ASSERT_TRUE(config) << config.error().message;
  ASSERT_EQ(config->datasources.size(), 1u);
  EXPECT_EQ(config->datasources[0].uid, "abc");
  EXPECT_TRUE(config->datasources[0].is_default);
}

struct BadCase {
  const char* text;
  const char* want;
};
class GrafanaConfigBad : public testing::TestWithParam<BadCase> {};
TEST_P(GrafanaConfigBad, IsRefusedByName) {
  const auto config = ParseGrafanaConfig(GetParam().text, "p.yaml");
  ASSERT_FALSE(config);
  EXPECT_THAT(config.error().message, HasSubstr(GetParam().want));
}
INSTANTIATE_TEST_SUITE_P(
    All, GrafanaConfigBad,
    testing::Values(
        BadCase{"apiVersion: 2\nproviders: [{options: {path: a}}]\n", "p.yaml:1: apiVersion"},
        BadCase{"providers:\n- {name: x, type: http, options: {path: a}}\n", "type \"http\""},
        BadCase{"providers:\n- {name: x}\n", "no options.path"},
        BadCase{"providers:\n- {name: x, colour: red, options: {path: a}}\n", "colour"},
        BadCase{"providers:\n- {folder: F, options: {path: a, foldersFromFilesStructure: true}}\n",
                "exclude each other"},
        BadCase{"datasources:\n- {name: x}\n", "needs a type"},
        BadCase{"apiVersion: 1\n", "neither providers"}));

TEST(GrafanaConfig, AFolderIsAProviderAndHoldsProvisioningFiles) {
  const std::filesystem::path root = std::filesystem::path(testing::TempDir()) / "grafana_folder";
  std::filesystem::remove_all(root);
  std::filesystem::create_directories(root / "dashboards");
  EXPECT_FALSE(ReadGrafanaConfig(root.string()));
  std::ofstream(root / "dashboards" / "p.yaml") << kProvider;
  std::ofstream(root / "red.json") << "{}";
  const auto config = ReadGrafanaConfig(root.string());
  ASSERT_TRUE(config) << config.error().message;
  ASSERT_EQ(config->providers.size(), 2u);
  EXPECT_EQ(config->providers[0].path, (root / "dashboards" / "dashboards").string());
  EXPECT_EQ(config->providers[1].path, root.string());
  std::filesystem::remove_all(root);
}

}  // namespace
}  // namespace pharos::conf
