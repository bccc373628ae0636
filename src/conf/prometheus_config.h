// prometheus.yml: what Pharos does with each of its keys. Known keys that Pharos does not do
// yet are errors by name; unknown ones are errors in Prometheus's words.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "conf/alerting.h"
#include "conf/relabel.h"
#include "conf/yaml.h"
#include "model/labels.h"

namespace pharos::conf {

/// The forms of pages, in the order in which prometheus.yml may name them.
enum class ScrapeProtocol : uint8_t {
  kPrometheusProto,
  kPrometheusText004,
  kPrometheusText100,
  kOpenMetricsText001,
  kOpenMetricsText100,
};

struct ScrapeJob {
  std::string name;
  int64_t interval_ms = 60'000;
  int64_t timeout_ms = 10'000;
  std::string metrics_path = "/metrics";
  std::string scheme = "http";
  std::map<std::string, std::vector<std::string>> params;
  bool honor_labels = false;
  bool honor_timestamps = true;
  bool track_timestamps_staleness = false;
  bool follow_redirects = true;
  /// Most wanted first.
  std::vector<ScrapeProtocol> protocols{
      ScrapeProtocol::kOpenMetricsText100, ScrapeProtocol::kOpenMetricsText001,
      ScrapeProtocol::kPrometheusText100, ScrapeProtocol::kPrometheusText004};
  std::optional<ScrapeProtocol> fallback_protocol;  ///< of a page that does not say what it is
  bool scrape_native_histograms = false;
  bool always_scrape_classic_histograms = false;
  bool extra_scrape_metrics = false;
  std::vector<StaticGroup> static_groups;
  std::vector<RelabelRule> relabel;
  std::vector<RelabelRule> metric_relabel;
  int64_t sample_limit = 0;  ///< 0: none, as for the following
  int64_t target_limit = 0;
  int64_t body_size_limit = 0;  ///< bytes, uncompressed
  int64_t label_limit = 0;
  int64_t label_name_length_limit = 0;
  int64_t label_value_length_limit = 0;
  std::string basic_user, basic_password;
  std::string authorization_type, authorization_credentials;
};

struct PrometheusConfig {
  int64_t evaluation_interval_ms = 60'000;
  std::string query_log_file;        ///< as written; "" for none
  int64_t rule_query_offset_ms = 0;  ///< for groups that have no query_offset of their own
  std::map<std::string, std::string> external_labels;
  std::vector<std::string> rule_files;  ///< resolved against the file's folder; globs as written
  AlertingConfig alerting;
  std::vector<ScrapeJob> jobs;
  int64_t out_of_order_window_ms = 0;
  std::optional<int64_t> retention_ms;     ///< storage.tsdb.retention.time
  std::optional<int64_t> retention_bytes;  ///< storage.tsdb.retention.size
};

/// Parses and validates. kBadInput holds every fault, one a line, as `FILE:LINE: …`. What
/// becomes of each key goes to `notes`, also when there are faults.
base::Result<PrometheusConfig> ParsePrometheusConfig(std::string_view text, const std::string& file,
                                                     std::vector<KeyNote>* notes = nullptr);
base::Result<PrometheusConfig> ReadPrometheusConfig(const std::string& file,
                                                    std::vector<KeyNote>* notes = nullptr);

/// A whole file; kNotFound and kTooLarge in words.
base::Result<std::string> ReadTextFile(const std::string& file);

/// The files that a rule_files pattern names (`*` and `?` in the last element only), sorted.
std::vector<std::string> ExpandRuleFiles(const std::string& pattern);

}  // namespace pharos::conf
