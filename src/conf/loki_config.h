// Loki's configuration file, as Loki 2.9.4 took it and as the newest does: what of it Pharos
// honours. Nearly all of it arranges Loki's own parts (rings, caches, chunk stores), which
// Pharos does not have; those keys are moot, with the reason.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "conf/yaml.h"

namespace pharos::conf {

struct LokiConfig {
  /// How long log lines are kept; none: the file does not say so (Pharos's own retention
  /// holds). Set only where the file also switches deletion on, as in Loki.
  std::optional<int64_t> retention_ms;
  /// Streams that are kept for another time; only where compactor.retention_enabled is true.
  struct StreamRetention {
    int line = 0;
    std::string selector;  ///< not parsed
    int64_t priority = 0;
    int64_t period_ms = 0;
  };
  std::vector<StreamRetention> retention_stream;
  /// Delete requests are taken: compactor.retention_enabled and not `deletion_mode: disabled`.
  bool deletes = false;
  bool deletes_for_good = true;  ///< false: `filter-only`, lines are hidden and stay on disk
  int64_t delete_cancel_ms = 24LL * 3600 * 1000;
  /// Bytes of lines a second, and at once; 0: no limit. Only where the file names one of the two.
  int64_t tenant_rate_bytes = 0;
  int64_t tenant_burst_bytes = 0;
  int64_t stream_rate_bytes = 0;
  int64_t stream_burst_bytes = 0;
  /// What a push is held against (limits_config), with Loki's defaults.
  bool reject_old_samples = true;
  int64_t reject_old_samples_max_age_ms = 7LL * 24 * 3600 * 1000;
  int64_t creation_grace_period_ms = 10LL * 60 * 1000;
  int64_t max_line_bytes = 256 << 10;  ///< 0: no limit
  int64_t max_label_names = 15;
  int64_t max_label_name_bytes = 1024;
  int64_t max_label_value_bytes = 2048;
  int64_t max_metadata_bytes = 64 << 10;       ///< 0: no limit
  int64_t max_metadata_count = 128;            ///< 0: no limit
  std::vector<std::string> alertmanager_urls;  ///< of the ruler
  /// Where Loki itself would listen; Pharos has listeners of its own.
  std::string http_address;
  int64_t http_port = 3100;
};

/// Parses and validates. kBadInput holds every fault, one a line, as `FILE:LINE: …`; `notes`
/// gets what becomes of each key, warnings included, also when there are faults.
base::Result<LokiConfig> ParseLokiConfig(std::string_view text, const std::string& file,
                                         std::vector<KeyNote>* notes = nullptr);
base::Result<LokiConfig> ReadLokiConfig(const std::string& file,
                                        std::vector<KeyNote>* notes = nullptr);

}  // namespace pharos::conf
