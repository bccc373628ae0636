#include "io/wal_replay.h"

#include <algorithm>
#include <map>
#include <optional>

#include "base/log.h"
#include "io/limits.h"
#include "io/wal_format.h"

namespace pharos::io {
namespace {

using base::ErrorKind;
using base::Fail;
using base::Result;

/// Bytes looked at together in search of a frame.
constexpr uint64_t kScanStep = 64 << 10;

/// Of a segment that is being rewritten.
constexpr std::string_view kCopySuffix = ".copy";

using ReplayCallback = std::function<Result<void>(const WalFrame&)>;

/// Reads a file from front to back through a window, so that a long segment is never in
/// memory as a whole.
class WindowReader {
 public:
  WindowReader(const File& file, uint64_t end) : file_(file), end_(end) {}

  /// Fewer than `length` bytes only at the end. Valid until the next call.
  Result<std::string_view> At(uint64_t offset, size_t length) {
    const uint64_t have = offset < end_ ? std::min<uint64_t>(length, end_ - offset) : 0;
    if (have == 0) return std::string_view{};
    if (offset < start_ || offset + have > start_ + window_.size()) {
      const uint64_t wanted = std::max<uint64_t>(have, kWalReadBytes);
      window_.clear();
      PHAROS_TRY(window_, file_.ReadAt(offset, std::min(wanted, end_ - offset)));
      start_ = offset;
    }
    return std::string_view(window_).substr(offset - start_, have);
  }

 private:
  const File& file_;
  const uint64_t end_;
  uint64_t start_ = 0;
  std::string window_;
};

struct Segment {
  WalSegment info;
  SegmentHeader header;
  uint64_t size = 0;              ///< of the file
  std::optional<uint64_t> bound;  ///< what counts of it, by the word of a later segment
  std::optional<uint64_t> mark;   ///< where its close mark lies: all before it is durable
};

std::unexpected<base::Error> Damaged(const Segment& segment, uint64_t offset,
                                     std::string_view what) {
  return Fail(ErrorKind::kCorrupt, "write-ahead log segment " + segment.info.path +
                                       " is damaged at byte " + std::to_string(offset) + ": " +
                                       std::string(what));
}

class Replayer {
 public:
  Replayer(Fs& fs, const std::string& directory, const ReplayCallback& replay)
      : fs_(fs), directory_(directory), replay_(replay) {}

  Result<WalReplayed> Run(WalProgress* progress) {
    PHAROS_TRY_VOID(FindSegments());
    if (progress != nullptr) progress->total = segments_.size();
    for (Segment& segment : segments_) {
      PHAROS_TRY_VOID(ReplaySegment(segment));
      if (progress != nullptr) ++progress->done;
      done_.last_sequence = std::max(done_.last_sequence, segment.info.first_sequence);
      done_.segments.push_back(segment.info);
    }
    PHAROS_TRY_VOID(fs_.SyncDir(directory_));
    return std::move(done_);
  }

 private:
  Result<void> FindSegments() {
    PHAROS_TRY(const std::vector<std::string> names, fs_.List(directory_));
    for (const std::string& name : names) {
      const std::string path = directory_ + "/" + name;
      if (name.ends_with(kCopySuffix) || name.starts_with(kWalSparePrefix)) {
        PHAROS_TRY_VOID(fs_.Remove(path));
      } else if (const std::optional<uint64_t> first = ParseSegmentName(name)) {
        PHAROS_TRY_VOID(FindSegment(path, *first));
      }
    }
    std::map<uint64_t, uint64_t> bounds;
    for (const Segment& segment : segments_) {
      if (segment.header.previous_first == 0) continue;
      auto [it, added] =
          bounds.emplace(segment.header.previous_first, segment.header.previous_bytes);
      if (!added) it->second = std::min(it->second, segment.header.previous_bytes);
    }
    for (Segment& segment : segments_) {
      const auto it = bounds.find(segment.info.first_sequence);
      if (it != bounds.end()) segment.bound = it->second;
    }
    return {};
  }

  Result<void> FindSegment(std::string path, uint64_t first) {
    PHAROS_TRY(const std::unique_ptr<File> file, fs_.OpenRead(path));
    Segment segment;
    segment.info = {.path = std::move(path), .first_sequence = first};
    PHAROS_TRY(segment.size, file->Size());
    const size_t head = std::min<uint64_t>(segment.size, kSegmentHeaderBytes);
    PHAROS_TRY(const std::string bytes, file->ReadAt(0, head));
    const std::optional<SegmentHeader> header = ParseSegmentHeader(bytes);
    if (!header || header->first_sequence != first) {
      // Frames follow only a durable header, so a bare bad header was never in use.
      if (segment.size <= kSegmentHeaderBytes) return fs_.Remove(segment.info.path);
      return Damaged(segment, 0, "the header of the segment is not whole");
    }
    segment.header = *header;
    segments_.push_back(std::move(segment));
    return {};
  }

  Result<void> ReplaySegment(Segment& segment) {
    PHAROS_TRY(const std::unique_ptr<File> file, fs_.OpenRead(segment.info.path));
    const uint64_t end = segment.bound.value_or(segment.size);
    if (end > segment.size) {
      return Damaged(segment, segment.size,
                     "it ends here, but " + std::to_string(end) + " bytes were written and synced");
    }
    WindowReader window(*file, end);
    uint64_t at = kSegmentHeaderBytes;
    while (at < end) {
      PHAROS_TRY(const uint64_t frame_bytes, ReplayFrame(segment, window, at, end));
      if (frame_bytes == 0) break;
      at += frame_bytes;
    }
    if (at < end) PHAROS_TRY_VOID(CheckTorn(segment, window, at, end));
    segment.info.bytes = at;
    if (segment.bound) return CutTail(segment);
    if (segment.mark) segment.info.bytes = *segment.mark;
    const bool durable = segment.mark || at == kSegmentHeaderBytes;
    return durable ? CutTail(segment) : Rewrite(segment, *file);
  }

  /// The frame's length, or 0 when no whole frame lies there.
  Result<uint64_t> ReplayFrame(Segment& segment, WindowReader& window, uint64_t at, uint64_t end) {
    PHAROS_TRY(const std::string_view head, window.At(at, kFrameHeaderBytes));
    const std::optional<FrameHeader> header = ParseFrameHeader(head);
    if (!header || header->TotalBytes() > end - at) return 0;
    PHAROS_TRY(const std::string_view frame, window.At(at, header->TotalBytes()));
    if (!FrameIsWhole(*header, frame, segment.header.salt)) return 0;
    if (header->signal == kCloseMark) {
      segment.mark = at;
      return header->TotalBytes();
    }
    segment.mark.reset();
    if (header->signal >= kSignalCount) {
      return Damaged(segment, at,
                     "signal " + std::to_string(header->signal) + " is not known to this version");
    }
    if (header->sequence < segment.info.first_sequence || header->sequence <= done_.last_sequence) {
      return Damaged(segment, at,
                     "sequence " + std::to_string(header->sequence) + " does not rise");
    }
    WalFrame out{.sequence = header->sequence,
                 .signal = static_cast<Signal>(header->signal),
                 .codec = header->codec,
                 .tenant = frame.substr(kFrameHeaderBytes, header->tenant_bytes),
                 .payload = frame.substr(kFrameHeaderBytes + header->tenant_bytes)};
    PHAROS_TRY_VOID(replay_(out));
    done_.last_sequence = out.sequence;
    segment.info.last[header->signal] = out.sequence;
    return header->TotalBytes();
  }

  /// The first place from `probe` on where a frame may begin; `end` when there is none. What
  /// was prepared for frames that never came is long, and zero.
  Result<uint64_t> NextMagic(WindowReader& window, uint64_t probe, uint64_t end) {
    while (probe < end) {
      PHAROS_TRY(const std::string_view ahead, window.At(probe, std::min(end - probe, kScanStep)));
      const size_t found = ahead.find(kFrameFirstByte);
      if (found != ahead.npos) return probe + found;
      probe += ahead.size();
    }
    return end;
  }

  /// At `at` lies no whole frame. An error if it was durable once: either a later segment
  /// says so, or a whole frame behind it does.
  Result<void> CheckTorn(const Segment& segment, WindowReader& window, uint64_t at, uint64_t end) {
    if (segment.bound) return Damaged(segment, at, "the frame fails its checksum");
    uint64_t hashed = 0;
    for (uint64_t probe = at + 1; probe + kFrameHeaderBytes <= end; ++probe) {
      PHAROS_TRY(probe, NextMagic(window, probe, end));
      if (probe + kFrameHeaderBytes > end) break;
      PHAROS_TRY(const std::string_view head, window.At(probe, kFrameHeaderBytes));
      const std::optional<FrameHeader> header = ParseFrameHeader(head);
      if (!header || header->TotalBytes() > end - probe) continue;
      if (header->durable_bytes <= at || header->durable_bytes > probe) continue;
      hashed += header->TotalBytes();
      if (hashed > kWalScanBytes) break;
      PHAROS_TRY(const std::string_view frame, window.At(probe, header->TotalBytes()));
      if (FrameIsWhole(*header, frame, segment.header.salt)) {
        return Damaged(segment, at,
                       "the frame fails its checksum; the frame at byte " + std::to_string(probe) +
                           " shows that it was synced");
      }
    }
    return {};
  }

  /// Makes the file end at what counts, durably: the next segment's header will say so.
  Result<void> CutTail(const Segment& segment) {
    const bool longer = segment.size > segment.info.bytes;
    if (segment.bound && !longer) return {};  // was synced before its successor was made
    PHAROS_TRY(const std::unique_ptr<File> file, fs_.OpenAppend(segment.info.path));
    if (longer) {
      LogCut(segment);
      PHAROS_TRY_VOID(file->Truncate(segment.info.bytes));
    }
    return file->Sync();
  }

  /// After a crash. Had the disk failed a sync before it, bytes could be read now that are in
  /// the page cache alone and count as clean; so they are written once more, elsewhere.
  Result<void> Rewrite(const Segment& segment, const File& file) {
    const std::string copy_path = segment.info.path + std::string(kCopySuffix);
    if (auto copied = Copy(file, segment.info.bytes, copy_path); !copied) {
      (void)fs_.Remove(copy_path);  // a full disk must not keep the log from opening
      base::Log(base::LogLevel::kWarn, "cannot rewrite the last write-ahead log segment",
                {{"error", copied.error().message}});
      return CutTail(segment);
    }
    if (segment.size > segment.info.bytes) LogCut(segment);
    return fs_.Rename(copy_path, segment.info.path);  // Run syncs the directory
  }

  Result<void> Copy(const File& from, uint64_t bytes, const std::string& to) {
    PHAROS_TRY(const std::unique_ptr<File> copy, fs_.Create(to));
    for (uint64_t at = 0; at < bytes;) {
      const uint64_t step = std::min<uint64_t>(bytes - at, kWalReadBytes);
      PHAROS_TRY(const std::string piece, from.ReadAt(at, step));
      PHAROS_TRY_VOID(copy->Append(piece));
      at += step;
    }
    return copy->Sync();
  }

  static void LogCut(const Segment& segment) {
    if (segment.mark) return;
    base::Log(base::LogLevel::kInfo, "cut a torn tail off the write-ahead log",
              {{"segment", segment.info.path},
               {"bytes", std::to_string(segment.size - segment.info.bytes)}});
  }

  Fs& fs_;
  const std::string& directory_;
  const ReplayCallback& replay_;
  std::vector<Segment> segments_;
  WalReplayed done_;
};

}  // namespace

Result<WalReplayed> ReplayWal(Fs& fs, const std::string& directory, const ReplayCallback& replay,
                              WalProgress* progress) {
  return Replayer(fs, directory, replay).Run(progress);
}

}  // namespace pharos::io
