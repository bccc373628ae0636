// What tailing takes from files and containers, with unit and reason.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace pharos::ingest::tail {

/// One line, bytes. Longer ones are cut here and the rest up to the line's end is dropped and
/// counted; Loki's own limit (256 KiB) refuses them anyway.
inline constexpr size_t kMaxLineBytes = 1u << 20;
/// One read of a file, bytes, and so the size of a batch; bounds memory a file.
inline constexpr size_t kReadBytes = 1u << 20;
/// Lines of one batch: bounds what one acknowledgement covers.
inline constexpr size_t kMaxBatchLines = 10'000;
/// How often files are looked at. Four stats a second and file cost nothing measurable up to
/// thousands of files, work on every file system (NFS, overlay) and need no inotify watches,
/// which run out by default at 8,192.
inline constexpr std::chrono::milliseconds kPoll{250};
/// How often directories are searched for new files.
inline constexpr std::chrono::milliseconds kRescan{1000};
/// Files that are followed at once; more are named and left out. Each holds a descriptor.
inline constexpr size_t kMaxFiles = 4096;
/// Directory entries that one pattern may visit in one scan.
inline constexpr size_t kMaxScannedEntries = 200'000;
/// Levels of directories below a `**`.
inline constexpr int kMaxScanDepth = 32;
/// A renamed file is followed on until it was silent this long: writers keep their descriptor
/// until the rotator has told them.
inline constexpr int64_t kRotatedSilenceNs = 5'000'000'000;
/// Bytes at a file's front by which it is known again after a restart.
inline constexpr size_t kFingerprintBytes = 256;
/// The intent file is rewritten beyond this many bytes.
inline constexpr size_t kMaxIntentFileBytes = 1u << 20;
/// Bytes of positions.yaml that are read: 100 bytes a file, 100,000 files.
inline constexpr size_t kMaxPositionsBytes = 16u << 20;

/// Stages of one pipeline, nested ones counted; real ones have below 30.
inline constexpr int kMaxStages = 200;
/// Nesting of `match` stages.
inline constexpr int kMaxStageDepth = 16;
/// Streams whose last time the timestamp stage keeps, as in Promtail.
inline constexpr size_t kMaxKnownTimes = 10'000;
/// Streams for which the multiline stage collects at once; more pass line by line.
inline constexpr size_t kMaxMultilineStreams = 1'000;
/// Partial lines of the cri stage, as in Promtail, and the bytes one may grow to.
inline constexpr size_t kMaxPartialLines = 100;

/// Containers whose logs are followed at once: a thread each.
inline constexpr size_t kMaxContainers = 256;
/// One frame of a log stream; Docker's own are at most 16 KiB and a time stamp.
inline constexpr size_t kMaxFrameBytes = 2u << 20;
/// Lines of a container that are delivered together.
inline constexpr size_t kMaxContainerBatch = 1'000;

}  // namespace pharos::ingest::tail
