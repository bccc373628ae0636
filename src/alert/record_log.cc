#include "alert/record_log.h"

#include <cstring>
#include <filesystem>

#include "alert/limits.h"
#include "base/hash.h"
#include "base/log.h"

namespace pharos::alert {
namespace {

using base::ErrorKind;
using base::Fail;
using base::Result;

constexpr std::string_view kMagic = "PHALERT1";
constexpr size_t kFrameHead = 8;  // length and CRC32C

void PutFixed32(std::string& out, uint32_t value) {
  for (int shift = 0; shift < 32; shift += 8) out += static_cast<char>(value >> shift);
}

uint32_t Fixed32(std::string_view bytes) {
  uint32_t value = 0;
  for (size_t i = 0; i < 4; ++i)
    value |= static_cast<uint32_t>(static_cast<uint8_t>(bytes[i])) << (8 * i);
  return value;
}

std::string Frames(std::span<const std::string> records) {
  std::string out;
  for (const std::string& record : records) {
    PutFixed32(out, static_cast<uint32_t>(record.size()));
    PutFixed32(out, base::Crc32c(record));
    out += record;
  }
  return out;
}

std::string Parent(const std::string& path) {
  return std::filesystem::path(path).parent_path().string();
}

}  // namespace

Result<size_t> ReadRecords(std::string_view bytes, const RecordLog::Replay& replay) {
  if (bytes.size() < kMagic.size()) {
    // Cut while it was made: nothing was ever acknowledged.
    if (kMagic.starts_with(bytes)) return size_t{0};
    return Fail(ErrorKind::kCorrupt, "not a log of alerts");
  }
  if (!bytes.starts_with(kMagic)) return Fail(ErrorKind::kCorrupt, "not a log of alerts");
  size_t at = kMagic.size();
  while (bytes.size() - at >= kFrameHead) {
    const size_t length = Fixed32(bytes.substr(at));
    if (length > bytes.size() - at - kFrameHead) break;
    const std::string_view record = bytes.substr(at + kFrameHead, length);
    if (base::Crc32c(record) != Fixed32(bytes.substr(at + 4))) break;
    PHAROS_TRY_VOID(replay(record));
    at += kFrameHead + length;
  }
  return at;
}

Result<std::unique_ptr<RecordLog>> RecordLog::Open(io::Fs& fs, const std::string& path,
                                                   const Replay& replay) {
  std::unique_ptr<RecordLog> log(new RecordLog(fs, path));
  if (!fs.Exists(path)) {
    PHAROS_TRY_VOID(log->Rewrite({}));
    return log;
  }
  PHAROS_TRY(log->file_, fs.OpenAppend(path));
  PHAROS_TRY(const uint64_t size, log->file_->Size());
  if (size > kMaxLogBytes)
    return Fail(ErrorKind::kTooLarge, path + ": larger than 1 GiB; move it away to start empty");
  PHAROS_TRY(const std::string bytes, log->file_->ReadAt(0, size));
  const auto whole = ReadRecords(bytes, replay);
  if (!whole) return base::Wrap(whole.error(), path);
  if (*whole == 0) {
    PHAROS_TRY_VOID(log->Rewrite({}));
    return log;
  }
  if (*whole < size) {
    base::Log(base::LogLevel::kWarn, "the torn end of a log was cut off",
              {{"file", path}, {"bytes", std::to_string(size - *whole)}});
    PHAROS_TRY_VOID(log->file_->Truncate(*whole));
    PHAROS_TRY_VOID(log->file_->Sync());
  }
  log->size_ = *whole;
  return log;
}

Result<void> RecordLog::Append(std::span<const std::string> records, bool sync) {
  if (broken_) return Fail(ErrorKind::kIo, path_ + ": an earlier write failed");
  const std::string frames = Frames(records);
  auto written = file_->Append(frames);
  if (written && sync) written = file_->Sync();
  if (written) {
    size_ += frames.size();
    return {};
  }
  // What is there may be half of it; after a failed sync nobody knows.
  broken_ = !file_->Truncate(size_) || !file_->Sync();
  return written;
}

Result<void> RecordLog::Rewrite(std::span<const std::string> records) {
  const std::string temporary = path_ + ".tmp";
  const std::string bytes = std::string(kMagic) + Frames(records);
  PHAROS_TRY(auto fresh, fs_.Create(temporary));
  PHAROS_TRY_VOID(fresh->Append(bytes));
  PHAROS_TRY_VOID(fresh->Sync());
  PHAROS_TRY_VOID(fs_.Rename(temporary, path_));
  PHAROS_TRY_VOID(fs_.SyncDir(Parent(path_)));
  file_ = std::move(fresh);
  size_ = bytes.size();
  broken_ = false;
  return {};
}

bool RecordLog::Bloated(size_t live_bytes) const {
  return size_ > kMinRewriteBytes && size_ > kLogGrowth * live_bytes;
}

}  // namespace pharos::alert
