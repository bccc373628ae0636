// Reads a WAL directory back at start: finds what counts, hands each whole frame on, and
// cuts what a crash left behind.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "io/fs.h"
#include "io/wal.h"

namespace pharos::io {

/// A segment in which everything up to `bytes` is whole and durable.
struct WalSegment {
  std::string path;
  uint64_t first_sequence = 0;
  uint64_t bytes = 0;
  /// The highest sequence of each signal in it; 0 for none.
  std::array<uint64_t, kSignalCount> last{};
  bool reusable = false;  ///< its file had no failure and was written by this process
};

/// In the log's directory, files of segments that were released begin so: nothing in them counts.
inline constexpr std::string_view kWalSparePrefix = "spare.";

struct WalReplayed {
  std::vector<WalSegment> segments;  ///< oldest first
  uint64_t last_sequence = 0;        ///< no lower sequence may be used again
};

/// Calls `replay` in order of sequence. Afterwards torn tails are cut durably, and files of
/// segments whose creation did not finish are gone. Errors: kCorrupt with segment and offset
/// for damage to what was durable; whatever `replay` returns; kIo. Threads: one.
base::Result<WalReplayed> ReplayWal(
    Fs& fs, const std::string& directory,
    const std::function<base::Result<void>(const WalFrame&)>& replay,
    WalProgress* progress = nullptr);

}  // namespace pharos::io
