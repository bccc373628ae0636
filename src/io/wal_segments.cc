#include "io/wal_segments.h"

#include <algorithm>
#include <random>

#include "io/limits.h"
#include "io/wal_format.h"

namespace pharos::io {

using base::Result;

WalSegments::WalSegments(Fs& fs, std::string directory, bool synced_at_once, uint64_t segment_bytes,
                         WalReplayed replayed)
    : fs_(fs),
      directory_(std::move(directory)),
      synced_at_once_(synced_at_once),
      segment_bytes_(std::min(segment_bytes, kWalSegmentBytes)),
      segments_(std::move(replayed.segments)),
      next_sequence_(replayed.last_sequence + 1) {
  for (const WalSegment& segment : segments_) total_bytes_ += segment.bytes;
}

Result<void> WalSegments::Write(WalBatch& batch) {
  next_sequence_ = batch.last_sequence + 1;  // failed sequences are not used again either
  if (!active_ || segments_.back().bytes >= segment_bytes_) {
    PHAROS_TRY_VOID(StartSegment(batch.first_sequence, !spares_.empty()));
  }
  PHAROS_TRY_VOID(AppendFrames(batch.bytes));
  for (size_t i = 0; i < kSignalCount; ++i) {
    segments_.back().last[i] = std::max(segments_.back().last[i], batch.last[i]);
  }
  return {};
}

Result<void> WalSegments::AppendFrames(LogBytes& frames) {
  for (size_t at = 0; at < frames.size();) {
    at += FinishFrame(frames.data() + at, static_cast<uint32_t>(durable_bytes_), salt_);
  }
  Prepare(frames.size());
  const uint64_t before = segments_.back().bytes;
  if (auto written = active_->AppendInPlace(frames.data(), frames.size()); !written) {
    TakeBackTo(before);
    return written;
  }
  segments_.back().bytes += frames.size();
  total_bytes_ += frames.size();
  return {};
}

void WalSegments::Prepare(uint64_t bytes) {
  const uint64_t used = segments_.back().bytes;
  if (used + bytes <= prepared_) return;
  const uint64_t ahead = bytes + std::min(kWalPrepareBytes, segment_bytes_);
  if (active_->Prepare(ahead)) {
    prepared_ = used + ahead;
  } else {
    // Then frames just make the file longer; a full disk has better use for the room.
    (void)active_->Truncate(used);
    prepared_ = used;
  }
}

/// Frees what was prepared for nothing, and what filled the last sector. Not durable, and need
/// not be.
void WalSegments::CutPrepared() {
  if (active_) (void)active_->Truncate(segments_.back().bytes);
  prepared_ = 0;
}

Result<void> WalSegments::Sync() {
  if (!dirty()) return {};
  if (auto synced = active_->Sync(); !synced) {
    GiveUpActive();
    return synced;
  }
  durable_bytes_ = segments_.back().bytes;
  return {};
}

/// After a failed write: the file must end where the last good batch ended, durably.
void WalSegments::TakeBackTo(uint64_t bytes) {
  prepared_ = 0;
  if (active_->Truncate(bytes) && active_->Sync()) {
    durable_bytes_ = bytes;
  } else {
    GiveUpActive();
  }
}

/// What was durable counts; the next segment's header says so. The cut only frees space.
void WalSegments::GiveUpActive() {
  (void)active_->Truncate(durable_bytes_);
  WalSegment& segment = segments_.back();
  total_bytes_ -= segment.bytes - durable_bytes_;
  segment.bytes = durable_bytes_;
  segment.reusable = false;
  active_.reset();
}

Result<void> WalSegments::StartSegment(uint64_t first_sequence, bool use_spare) {
  PHAROS_TRY_VOID(Sync());
  CutPrepared();
  // What a file has from before must never pass for a frame of now: no two salts are the same.
  const uint32_t salt = salt_ == 0 ? std::random_device{}() : salt_ + 0x9E3779B9u;
  SegmentHeader header{.first_sequence = first_sequence, .salt = std::max(salt, 1u)};
  if (!segments_.empty()) {
    header.previous_first = segments_.back().first_sequence;
    header.previous_bytes = segments_.back().bytes;
  }
  const std::string path = directory_ + "/" + SegmentName(first_sequence);
  const std::string head = EncodeSegmentHeader(header);
  auto made = use_spare ? WriteOverSpare(path, head) : CreateFile(path, head);
  if (use_spare && !made) {
    DropSpares();
    made = CreateFile(path, head);
  }
  if (!made) {
    active_.reset();
    (void)fs_.Remove(path);
    return made;
  }
  segments_.push_back({.path = path,
                       .first_sequence = first_sequence,
                       .bytes = kSegmentHeaderBytes,
                       .reusable = synced_at_once_});
  total_bytes_ += kSegmentHeaderBytes;
  durable_bytes_ = kSegmentHeaderBytes;
  salt_ = header.salt;
  return {};
}

Result<void> WalSegments::CreateFile(const std::string& path, const std::string& header) {
  PHAROS_TRY(active_, synced_at_once_ ? fs_.CreateLog(path) : fs_.Create(path));
  PHAROS_TRY_VOID(active_->Append(header));
  PHAROS_TRY_VOID(active_->Sync());
  return fs_.SyncDir(directory_);
}

/// The header is durable before the file has the name that makes it a segment.
Result<void> WalSegments::WriteOverSpare(const std::string& path, const std::string& header) {
  PHAROS_TRY(active_, fs_.ReuseLog(spares_.back()));
  PHAROS_TRY(const uint64_t bytes, active_->Size());
  PHAROS_TRY_VOID(active_->Append(header));
  PHAROS_TRY_VOID(active_->Sync());
  PHAROS_TRY_VOID(fs_.Rename(spares_.back(), path));
  spares_.pop_back();
  NoteSpares();
  PHAROS_TRY_VOID(fs_.SyncDir(directory_));
  prepared_ = bytes;
  return {};
}

void WalSegments::DropSpares() {
  for (const std::string& spare : spares_) (void)fs_.Remove(spare);
  spares_.clear();
  NoteSpares();
}

/// One that is free.
std::string WalSegments::SparePath() const {
  for (size_t i = 0;; ++i) {
    std::string path = directory_ + "/" + std::string(kWalSparePrefix) + std::to_string(i);
    if (std::ranges::find(spares_, path) == spares_.end()) return path;
  }
}

Result<void> WalSegments::Release(const std::array<uint64_t, kSignalCount>& released) {
  const auto needed = [&](const WalSegment& segment) {
    for (size_t i = 0; i < kSignalCount; ++i) {
      if (segment.last[i] > released[i]) return true;
    }
    return false;
  };
  // From the front only, so that each segment's successor, which says what counts of it,
  // lives longer than itself; and never the newest, whose name keeps the sequence.
  auto keep = std::ranges::find_if(segments_, needed);
  if (keep == segments_.end() && !segments_.empty()) {
    const uint64_t bytes = segments_.back().bytes;
    const bool roll =
        bytes > kWalRollBytes || (active_ && prepared_ > bytes + 2 * kWalPrepareBytes);
    if (roll) PHAROS_TRY_VOID(StartSegment(next_sequence_, false));  // nothing may come for long
    keep = std::prev(segments_.end());
  }
  if (keep == segments_.begin()) return {};
  Result<void> outcome;
  const size_t before = spares_.size();
  auto gone = segments_.begin();
  for (; gone != keep; ++gone) {
    const bool spare = gone->reusable && spares_.size() < kWalSpares;
    const std::string to = spare ? SparePath() : "";
    outcome = spare ? fs_.Rename(gone->path, to) : fs_.Remove(gone->path);
    if (!outcome && outcome.error().kind != base::ErrorKind::kNotFound) break;
    if (spare && outcome) spares_.push_back(to);
    total_bytes_ -= gone->bytes;
  }
  segments_.erase(segments_.begin(), gone);
  const bool all = gone == keep;
  if (auto synced = fs_.SyncDir(directory_); !synced) {
    // Under their old names they may come back.
    for (; spares_.size() > before; spares_.pop_back()) (void)fs_.Remove(spares_.back());
    return synced;
  }
  NoteSpares();
  return all ? Result<void>() : outcome;
}

Result<void> WalSegments::Close() {
  DropSpares();
  PHAROS_TRY_VOID(Sync());
  if (!active_ || segments_.back().bytes == kSegmentHeaderBytes) return {};
  LogBytes mark;
  AppendFrame(mark, next_sequence_ - 1, kCloseMark, 0, {}, {});
  PHAROS_TRY_VOID(AppendFrames(mark));
  PHAROS_TRY_VOID(Sync());
  CutPrepared();
  return {};
}

}  // namespace pharos::io
