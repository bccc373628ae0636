// The write-ahead log: one a process, for all tenants and signals, so that one fdatasync
// acknowledges everything that arrived in a window. Format: docs/format/wal.md.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/ack.h"
#include "base/result.h"
#include "io/fs.h"
#include "io/limits.h"

namespace pharos::io {

enum class Signal : uint8_t { kSamples = 0, kEvents = 1 };
inline constexpr size_t kSignalCount = 2;

struct WalFrame {
  uint64_t sequence = 0;  ///< rises by one a frame, never reused
  Signal signal{};
  uint8_t codec = 0;  ///< the engine's own: how to read the payload
  std::string_view tenant;
  std::string_view payload;
};

/// How far a replay has come, for whoever waits for it. All in segments.
struct WalProgress {
  std::atomic<uint64_t> total{0}, done{0};
};

struct WalOptions {
  std::string directory;
  WalProgress* progress = nullptr;  ///< told during Open; may be null
  /// True: acknowledge after fdatasync. False (`durability: relaxed`): acknowledge after
  /// write(2), fdatasync every 200 ms.
  bool sync_before_ack = true;
  int64_t window_us = 2000;           ///< most that a frame waits for company
  uint64_t segment_bytes = 8u << 20;  ///< a new one starts beyond; the last is copied at a start
  /// New frames get this sequence or a higher one. Give the manifest's highest sealed
  /// sequence plus one, so that a lost log directory cannot repeat sequences.
  uint64_t first_sequence = 1;
  size_t pending_bytes = kWalPendingBytes;                   ///< beyond, Append blocks
  std::chrono::milliseconds pending_wait = kWalPendingWait;  ///< for so long; then kBusy
  /// Files to write over are given up when nothing came for so long.
  std::chrono::milliseconds keep_spares = kWalKeepSpares;
  std::chrono::milliseconds refuse_for{0};  ///< after a failure, Healthy() gives its error
};

/// Owns: the segments in its directory and one thread that writes and syncs. Threads:
/// Append, Release and the getters from any thread. Errors: after a failed write or sync
/// every Append fails with that error until the disk takes bytes again; nothing that failed
/// was acknowledged; what waited behind it fails with it. Cost: Append copies the payload once
/// under a short lock; it blocks for at most `pending_wait` while `pending_bytes` wait for the
/// disk, then the Ack fails with kBusy.
///
/// The destructor writes what is pending; no other call may overlap it.
class Wal {
 public:
  /// Reads the directory and calls `replay` for each whole frame in order of sequence. A
  /// torn tail of the last segment is cut off; a bad frame before the tail is kCorrupt.
  static base::Result<std::unique_ptr<Wal>> Open(
      Fs& fs, WalOptions options, const std::function<base::Result<void>(const WalFrame&)>& replay);
  virtual ~Wal() = default;

  struct Appended {
    uint64_t sequence;  ///< 0 when the frame was not taken (kBusy, kTooLarge, earlier ones failed)
    base::Ack ack;
  };
  /// The payload is `payload` and `more` behind it.
  Appended Append(Signal signal, uint8_t codec, std::string_view tenant, std::string_view payload,
                  std::string_view more = {}) {
    return AppendAfter(Failures(), signal, codec, tenant, payload, more);
  }
  /// For a frame that builds on earlier ones, as a sample does on the frame that declared its
  /// series: it is not taken when frames have failed since Failures() gave `failures`.
  virtual Appended AppendAfter(uint64_t failures, Signal signal, uint8_t codec,
                               std::string_view tenant, std::string_view payload,
                               std::string_view more) = 0;
  /// Rises when frames that were taken have failed, before their Acks do.
  virtual uint64_t Failures() const = 0;
  /// The last failure for `refuse_for` after it, unless a write has succeeded since. Who asks
  /// before taking anything into memory does not fill it with what cannot be logged; after that
  /// time one more write may try.
  virtual base::Result<void> Healthy() const = 0;

  /// All frames of `signal` up to and including `sequence` are in sealed parts. Segments
  /// that no signal needs any more are deleted.
  virtual void Release(Signal signal, uint64_t sequence) = 0;

  /// Frees the files that the next segments would be written over, which else wait for them for
  /// `keep_spares`.
  virtual void DropSpares() = 0;

  virtual uint64_t LastSequence() const = 0;
  /// Bytes in segments that are still there.
  virtual uint64_t Bytes() const = 0;
};

}  // namespace pharos::io
