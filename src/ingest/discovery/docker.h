// Containers of a Docker daemon as targets: docker_sd_configs with the labels that Prometheus's
// and Promtail's discovery give them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "conf/promtail_config.h"
#include "model/labels.h"
#include "net/client.h"

namespace pharos::ingest::discovery {

struct DockerTarget {
  std::string container_id;
  model::Labels labels;  ///< __meta_docker_…, __address__
};

/// A request to the daemon: `path` begins with '/'. Over its unix socket or over HTTP.
net::ClientRequest DockerRequest(const conf::DockerDiscovery& config, std::string_view path);

/// Answers of /containers/json and /networks → one target a container, network and TCP port, in
/// the daemon's order. kBadInput for what is not Docker's JSON.
base::Result<std::vector<DockerTarget>> DockerTargetsOf(const conf::DockerDiscovery& config,
                                                        std::string_view containers,
                                                        std::string_view networks);

/// Asks the daemon. kIo and kTimeout in words; kUnprocessable with what the daemon said.
base::Result<std::vector<DockerTarget>> ListDockerTargets(const conf::DockerDiscovery& config,
                                                          const net::Cancellation& cancelled);

/// Whether the container has a terminal: its log is then raw, not framed.
base::Result<bool> ContainerHasTty(const conf::DockerDiscovery& config, const std::string& id,
                                   const net::Cancellation& cancelled);

}  // namespace pharos::ingest::discovery
