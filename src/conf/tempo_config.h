// Tempo's configuration file, as Tempo 2.4 took it and as the newest does: what of it Pharos
// honours. Most of it arranges Tempo's own parts (rings, blocks, object stores), which Pharos
// does not have; those keys are moot, with the reason.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "conf/yaml.h"

namespace pharos::conf {

/// A place where spans arrive. Equal endpoints of two files are one listener.
struct TempoReceiver {
  enum class Protocol : uint8_t { kOtlpGrpc, kOtlpHttp } protocol = Protocol::kOtlpGrpc;
  std::string endpoint;  ///< "host:port", as written or Tempo's default
  int line = 0;
};

struct TempoConfig {
  std::optional<int64_t> retention_ms;  ///< how long traces are kept, where the file says so
  std::vector<TempoReceiver> receivers;
  /// Where Tempo itself would listen; Pharos has listeners of its own.
  std::string http_address;
  int64_t http_port = 80;
};

/// Parses and validates. kBadInput holds every fault, one a line, as `FILE:LINE: …`; `notes`
/// gets what becomes of each key, warnings included, also when there are faults.
base::Result<TempoConfig> ParseTempoConfig(std::string_view text, const std::string& file,
                                           std::vector<KeyNote>* notes = nullptr);
base::Result<TempoConfig> ReadTempoConfig(const std::string& file,
                                          std::vector<KeyNote>* notes = nullptr);

}  // namespace pharos::conf
