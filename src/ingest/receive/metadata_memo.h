// What was last told of metric families, as hashes: senders repeat it with every sample, and
// only news is worth the engine's lock and look-up.
#pragma once

#include <cstdint>
#include <mutex>
#include <span>
#include <unordered_map>

namespace pharos::ingest::receive {

/// Owns: 16 bytes a family, at most kMaxMetadataMemo families; beyond that it starts anew.
/// Threads: any. Errors: none. Cost: one lock a call, one look-up a family.
class MetadataMemo {
 public:
  struct Told {
    uint64_t family = 0;   ///< hash of tenant and family name
    uint64_t content = 0;  ///< hash of type, help and unit
    bool news = true;
  };

  /// Marks what was told before as no news, and remembers the rest.
  void Check(std::span<Told> told);
  /// What was told last may not have been kept: everything is news again.
  void Forget();

 private:
  std::mutex mutex_;
  std::unordered_map<uint64_t, uint64_t> last_;
};

}  // namespace pharos::ingest::receive
