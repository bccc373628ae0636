// The segments of an open WAL on disk: which exist, which one is written, what of it is
// durable, and how a failed write is taken back. Knows nothing of Acks and threads.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "io/fs.h"
#include "io/log_bytes.h"
#include "io/wal.h"
#include "io/wal_format.h"
#include "io/wal_replay.h"

namespace pharos::io {

/// Frames that go to disk together, as made by AppendFrame.
struct WalBatch {
  LogBytes bytes;
  uint64_t first_sequence = 0;
  uint64_t last_sequence = 0;
  std::array<uint64_t, kSignalCount> last{};  ///< a signal's highest sequence; 0 for none
};

/// Owns: the active segment's file. Threads: the caller's lock; TotalBytes from any.
/// Errors: after a failed Write nothing of the batch counts, and what was durable before
/// still does; the next Write tries anew. After a failed fdatasync the segment is given up
/// for a new one, since the kernel may have dropped pages that it calls clean.
class WalSegments {
 public:
  /// `synced_at_once`: each Write is followed by a Sync.
  WalSegments(Fs& fs, std::string directory, bool synced_at_once, uint64_t segment_bytes,
              WalReplayed replayed);

  /// Writes the batch, in a new segment if the active one is full.
  base::Result<void> Write(WalBatch& batch);
  /// Makes all that was written durable.
  base::Result<void> Sync();
  /// Where the next batch goes in its segment, unless a new one is begun for it.
  uint64_t end() const { return active_ ? segments_.back().bytes : kSegmentHeaderBytes; }
  bool dirty() const { return active_ && durable_bytes_ < segments_.back().bytes; }

  /// Deletes what no signal needs, but for files that the next segments are written over: no zeros
  /// are needed ahead of their frames. `released`: a signal's frames up to there are in parts.
  base::Result<void> Release(const std::array<uint64_t, kSignalCount>& released);
  bool has_spares() const { return spare_count_.load(std::memory_order_relaxed) > 0; }
  void DropSpares();
  /// Ends the active segment with a mark, so that later damage to it can be told from a
  /// torn tail.
  base::Result<void> Close();

  /// Without the spare files.
  uint64_t TotalBytes() const { return total_bytes_.load(); }

 private:
  base::Result<void> StartSegment(uint64_t first_sequence, bool use_spare);
  base::Result<void> CreateFile(const std::string& path, const std::string& header);
  std::string SparePath() const;
  void NoteSpares() { spare_count_ = spares_.size(); }
  base::Result<void> WriteOverSpare(const std::string& path, const std::string& header);
  base::Result<void> AppendFrames(LogBytes& frames);
  /// Zeros ahead of `bytes` more, if they are not there.
  void Prepare(uint64_t bytes);
  void CutPrepared();
  void TakeBackTo(uint64_t bytes);
  void GiveUpActive();

  Fs& fs_;
  const std::string directory_;
  const bool synced_at_once_;
  const uint64_t segment_bytes_;
  std::vector<WalSegment> segments_;  ///< the last one is the active one while active_ is set
  std::unique_ptr<File> active_;
  uint64_t durable_bytes_ = 0;  ///< of the active segment
  uint64_t prepared_ = 0;       ///< so long is its file; zeros behind the frames
  uint32_t salt_ = 0;           ///< of the active segment
  uint64_t next_sequence_;      ///< every frame to come has this sequence or a higher one
  std::atomic<uint64_t> total_bytes_{0};
  std::vector<std::string> spares_;  ///< their paths
  std::atomic<size_t> spare_count_{0};
};

}  // namespace pharos::io
