// What pages are asked for: scrape_protocols, scrape_native_histograms and their like.
#include <gtest/gtest.h>

#include <filesystem>

#include "conf/prometheus_config.h"

namespace pharos::conf {
namespace {

using P = ScrapeProtocol;

constexpr const char* kFolder = "../shared/data/prometheus/config/";
const std::vector<P> kTexts = {P::kOpenMetricsText100, P::kOpenMetricsText001,
                               P::kPrometheusText100, P::kPrometheusText004};
const std::vector<P> kProtoFirst = {P::kPrometheusProto, P::kOpenMetricsText100,
                                    P::kOpenMetricsText001, P::kPrometheusText100,
                                    P::kPrometheusText004};

TEST(ScrapeProtocols, FilesOfTheOriginal) {
  if (!std::filesystem::exists(kFolder)) GTEST_SKIP() << kFolder << " is not here";
  const std::vector<P> text = {P::kPrometheusText004};
  const std::tuple<const char*, bool, std::vector<P>> cases[] = {
      {"global_enable_scrape_native_hist", true, kProtoFirst},
      {"global_enable_scrape_native_hist_and_scrape_protocols", true, text},
      {"global_scrape_protocols_and_local_disable_scrape_native_hist", false, text},
      {"local_disable_scrape_native_hist", false, kTexts},
      {"local_enable_scrape_native_hist", true, kProtoFirst},
      {"local_enable_scrape_native_hist_and_scrape_protocols", true, text}};
  for (const auto& [name, native, protocols] : cases) {
    const auto config = ReadPrometheusConfig(kFolder + std::string(name) + ".good.yml");
    ASSERT_TRUE(config) << config.error().message;
    EXPECT_EQ(config->jobs.at(0).scrape_native_histograms, native) << name;
    EXPECT_EQ(config->jobs.at(0).protocols, protocols) << name;
  }
}

std::string Fault(const std::string& keys) {
  const auto config =
      ParsePrometheusConfig("scrape_configs:\n- job_name: a\n  " + keys + "\n", "f.yml");
  return config ? "" : config.error().message;
}

TEST(ScrapeProtocols, FaultsInPrometheusWords) {
  EXPECT_EQ(Fault("scrape_protocols: [OpenMetricsText1.0.0, Prometheus]"),
            "f.yml:3: unknown scrape protocol Prometheus, supported: [OpenMetricsText0.0.1 "
            "OpenMetricsText1.0.0 PrometheusProto PrometheusText0.0.4 PrometheusText1.0.0]");
  EXPECT_EQ(Fault("scrape_protocols: []"), "f.yml:3: scrape_protocols cannot be empty");
  EXPECT_EQ(Fault("scrape_protocols: [PrometheusProto, PrometheusProto]"),
            "f.yml:3: duplicated protocol in scrape_protocols: PrometheusProto");
  EXPECT_EQ(Fault("fallback_scrape_protocol: text"),
            "f.yml:3: unknown scrape protocol text, supported: [OpenMetricsText0.0.1 "
            "OpenMetricsText1.0.0 PrometheusProto PrometheusText0.0.4 PrometheusText1.0.0]");
  EXPECT_EQ(Fault("convert_classic_histograms_to_nhcb: true"),
            "f.yml:3: field convert_classic_histograms_to_nhcb of config.plain is not supported "
            "yet");
}

TEST(ScrapeProtocols, KeysOfAJob) {
  const auto config = ParsePrometheusConfig(
      "global: {scrape_protocols: [PrometheusProto], always_scrape_classic_histograms: true}\n"
      "scrape_configs:\n- {job_name: a, fallback_scrape_protocol: PrometheusText0.0.4, "
      "track_timestamps_staleness: true}\n- {job_name: b, scrape_classic_histograms: false, "
      "scrape_protocols: [OpenMetricsText0.0.1]}\n",
      "f.yml");
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->jobs[0].protocols, (std::vector<P>{P::kPrometheusProto}));
  EXPECT_EQ(config->jobs[0].fallback_protocol, P::kPrometheusText004);
  EXPECT_TRUE(config->jobs[0].track_timestamps_staleness);
  EXPECT_TRUE(config->jobs[0].always_scrape_classic_histograms);
  EXPECT_EQ(config->jobs[1].protocols, (std::vector<P>{P::kOpenMetricsText001}));
  EXPECT_FALSE(config->jobs[1].fallback_protocol);
  EXPECT_FALSE(config->jobs[1].always_scrape_classic_histograms);
  EXPECT_FALSE(config->jobs[1].scrape_native_histograms);
}

}  // namespace
}  // namespace pharos::conf
