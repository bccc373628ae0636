// What makes a killed tailer lose and double nothing. Before a batch of lines goes to the store,
// an intent is written and synced: which bytes of which file it covers and at what times they
// were read. After a crash the last intent of a file says that everything before `begin` was
// acknowledged; the bytes from `begin` to `end` are read again, get the same times, and pass
// the same stages (with the same moments of waiting), so that they are the same entries and the
// store keeps one of each.
//
// The file is text, one record a line: CRC32C in hex, then
//   I <device> <inode> <begin> <end> <fingerprint length> <fingerprint> <path, base64>
//     <offset:time>,… <offset:time>,…         (stamps, ticks; "-" for none)
//   D <device> <inode> <path, base64>          (the file is done with)
// The last record of a (path, device, inode) counts. A torn tail is ignored.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "io/fs.h"

namespace pharos::ingest::tail {

/// A file under its path; a renamed file and its successor are two.
struct FileKey {
  std::string path;
  uint64_t device = 0;
  uint64_t inode = 0;
  auto operator<=>(const FileKey&) const = default;
};

/// Lines that were read together: the first began at `offset` and has the time `time_ns`, each
/// further one a nanosecond more.
struct ReadStamp {
  uint64_t offset = 0;
  int64_t time_ns = 0;
  bool operator==(const ReadStamp&) const = default;
};

struct Intent {
  uint64_t begin = 0;  ///< all before is acknowledged
  uint64_t end = 0;    ///< lines that begin before here were read
  uint32_t front_bytes = 0;
  uint64_t front_hash = 0;  ///< XXH3-64 of the first front_bytes (of none, too)
  std::vector<ReadStamp> stamps;
  /// Moments at which stages gave out what had waited too long, when the lines before
  /// `offset` had been read.
  std::vector<ReadStamp> ticks;
  bool operator==(const Intent&) const = default;
};

/// Parses the file's text; records behind the first broken line are dropped.
std::map<FileKey, Intent> ParseIntents(std::string_view text);

/// Owns: the open file. Threads: one at a time. Errors: kIo and kFull; nothing was promised
/// then, and the batch must not be sent. Cost: one append and one fdatasync a Write; the file
/// is rewritten beyond kMaxIntentFileBytes.
class IntentFile {
 public:
  /// Reads what is there (nothing if `forget`) and starts a clean file.
  static base::Result<std::unique_ptr<IntentFile>> Open(io::Fs& fs, std::string file, bool forget);

  /// What the last run left.
  const std::map<FileKey, Intent>& found() const { return found_; }
  /// Durable when it returns.
  base::Result<void> Write(const std::vector<std::pair<FileKey, Intent>>& intents);
  /// The file is read to its end and gone: its record goes with the next Write.
  void Forget(const FileKey& key);

 private:
  IntentFile(io::Fs& fs, std::string file) : fs_(fs), file_(std::move(file)) {}
  base::Result<void> Rewrite();

  io::Fs& fs_;
  const std::string file_;
  std::unique_ptr<io::File> out_;
  uint64_t bytes_ = 0;
  std::map<FileKey, Intent> found_;
  std::map<FileKey, Intent> live_;
  std::string pending_;  ///< Forget records for the next Write
};

}  // namespace pharos::ingest::tail
