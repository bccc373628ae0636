// Promtail's file (2.9.4 and 3.x): where lines come from, what is made of them, where they go.
// What Pharos does not do is an error by name; what has nothing to act on here is moot.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "conf/relabel.h"
#include "conf/yaml.h"

namespace pharos::conf {

/// One `clients:` item.
struct PromtailClient {
  std::string name;
  std::string url;
  std::string tenant_id;
  std::map<std::string, std::string> external_labels;
  std::map<std::string, std::string> headers;
  std::string basic_user, basic_password;
  std::string authorization_type, authorization_credentials;
  int64_t batch_size_bytes = 1 << 20;
  int64_t timeout_ms = 10'000;
  int64_t min_backoff_ms = 500;
  int64_t max_backoff_ms = 300'000;
  bool drop_rate_limited = false;
};

/// One `static_configs:` item; the labels hold `__path__` and `__path_exclude__`.
struct PromtailStatic {
  std::vector<std::string> targets;
  std::map<std::string, std::string> labels;
};

/// One `docker_sd_configs:` item.
struct DockerDiscovery {
  std::string host;  ///< unix:///path, tcp://host:port or http://host:port
  int64_t refresh_ms = 60'000;
  int64_t port = 80;
  std::string host_networking_host = "localhost";
  bool match_first_network = true;
  std::vector<std::pair<std::string, std::vector<std::string>>> filters;
  std::string basic_user, basic_password;
  std::string authorization_type, authorization_credentials;
};

struct PromtailJob {
  std::string name;
  std::vector<PromtailStatic> static_groups;
  std::vector<DockerDiscovery> docker;
  std::vector<RelabelRule> relabel;
  std::vector<Node> stages;  ///< as written; the pipeline reads them
  std::string encoding;      ///< IANA name; "" for UTF-8
  int line = 0;
};

struct PromtailConfig {
  std::string positions_file = "/var/log/positions.yaml";
  int64_t positions_sync_ms = 10'000;
  bool ignore_invalid_positions = false;
  std::vector<PromtailClient> clients;
  std::vector<PromtailJob> jobs;
  int64_t max_line_bytes = 0;  ///< 0: none of the file's
  bool truncate_long_lines = false;
};

/// Checks a job's pipeline_stages; faults name line and stage. Given by a higher layer.
using StageCheck = std::function<void(const std::vector<Node>& stages, Faults& faults)>;

/// Parses and validates. kBadInput holds every fault, one a line, as `FILE:LINE: …`.
base::Result<PromtailConfig> ParsePromtailConfig(std::string_view text, const std::string& file,
                                                 std::vector<KeyNote>* notes = nullptr,
                                                 const StageCheck& check = {});
base::Result<PromtailConfig> ReadPromtailConfig(const std::string& file,
                                                std::vector<KeyNote>* notes = nullptr,
                                                const StageCheck& check = {});

/// The `clients` part (and the old `client`), for ParsePromtailConfig.
void ReadPromtailClients(MapReader& top, PromtailConfig& config);
/// basic_auth, authorization, bearer_token and their _file forms; tls_config, proxies and oauth2
/// are refused by name.
void ReadHttpAuth(MapReader& map, std::string* user, std::string* password, std::string* type,
                  std::string* credentials);

}  // namespace pharos::conf
