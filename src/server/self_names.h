// Which host:port is Pharos itself. The files of a stack name its programs as the stack's
// network knew them (loki:3100, otel-collector:8889); Pharos is all of them, so what is sent
// there is delivered in-process, and a scrape of them gives what that program would have shown.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "conf/yaml.h"

namespace pharos::server {

/// Owns: the names. Threads: built by one, then read by any. Errors: none; what it does not
/// know is another machine's. Cost: two map look-ups.
class SelfNames {
 public:
  /// The lab's service names at their classic ports. No port of this machine is known yet.
  SelfNames();

  /// `self_names: {LISTENER: [host:port, …]}` of pharos.yaml: replaces that listener's default
  /// names. What is wrong goes into `faults`.
  void ReadOverrides(const conf::Node& node, conf::Faults& faults);
  /// A listener is bound: its port on localhost is that face. Before this, classic ports of
  /// localhost belong to nobody (another program may have them).
  void Bind(const std::string& listener, std::string_view address);
  /// As if every listener were bound at its classic port: for checks without a server.
  void BindClassicPorts();

  /// The listener whose face answers at `host:port`, or nothing. The host's case does not count.
  std::optional<std::string> FaceOf(std::string_view host_port) const;
  /// "http://loki:3100/loki/api/v1/push" → "loki:3100"; the scheme's port where none is written.
  static std::string HostPort(std::string_view url);

 private:
  std::map<std::string, std::string, std::less<>> names_;  ///< "host:port" → listener
  std::map<std::string, std::string, std::less<>> ports_;  ///< port on this machine → listener
};

}  // namespace pharos::server
