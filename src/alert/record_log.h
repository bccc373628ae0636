// A small durable file of records, appended one by one and read whole at the start: how alerts,
// silences and the notification log outlive a crash. Format: docs/format/alertmanager.md.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "io/fs.h"

namespace pharos::alert {

/// Owns: the open file; borrows the Fs. Threads: one at a time. Errors: kIo, kFull with the
/// path; after a failed Append the file is as before it, or the log is broken() until Rewrite
/// succeeds. Cost: Append with sync is one write and one fdatasync.
class RecordLog {
 public:
  using Replay = std::function<base::Result<void>(std::string_view record)>;
  /// Reads what is there, record by record; a torn end is cut off, a record that `replay`
  /// refuses stops with its error. kCorrupt when the file is not such a log.
  static base::Result<std::unique_ptr<RecordLog>> Open(io::Fs& fs, const std::string& path,
                                                       const Replay& replay);

  /// All of them or none. With `sync` they survive a power cut once this returns.
  base::Result<void> Append(std::span<const std::string> records, bool sync);
  /// Replaces the file by these records, durably and at once.
  base::Result<void> Rewrite(std::span<const std::string> records);

  /// True when a rewrite with `live_bytes` of records would make the file much smaller.
  bool Bloated(size_t live_bytes) const;
  bool broken() const { return broken_; }
  uint64_t size() const { return size_; }

 private:
  RecordLog(io::Fs& fs, std::string path) : fs_(fs), path_(std::move(path)) {}

  io::Fs& fs_;
  const std::string path_;
  std::unique_ptr<io::File> file_;
  uint64_t size_ = 0;  ///< up to here the file is whole
  bool broken_ = false;
};

/// Calls `replay` for each whole record of a log's bytes. Returns how many bytes are whole;
/// kCorrupt when the header is wrong.
base::Result<size_t> ReadRecords(std::string_view bytes, const RecordLog::Replay& replay);

}  // namespace pharos::alert
