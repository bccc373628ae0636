// Whole lines out of a growing file.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"

namespace pharos::ingest::tail {

struct FileLine {
  std::string text;    ///< UTF-8, without its end (LF or CRLF)
  uint64_t begin = 0;  ///< where it stands in the file
};

/// Owns: the descriptor, so a renamed or deleted file is read to its end. Threads: one. Errors:
/// kIo in words. Cost: one read a call; memory for one unfinished line and one read.
class LineReader {
 public:
  /// `encoding` is an IANA name ("UTF-16LE", "ISO-8859-1"), "" for UTF-8. kUnsupported for one
  /// that the system does not know; kNotFound; kBadInput for what is not a regular file.
  static base::Result<std::unique_ptr<LineReader>> Open(const std::string& path,
                                                        const std::string& encoding);
  ~LineReader();

  uint64_t device() const { return device_; }
  uint64_t inode() const { return inode_; }
  /// Bytes of the file now.
  base::Result<uint64_t> Size() const;
  /// Hash of the first `length` bytes; nothing when the file is shorter.
  std::optional<uint64_t> FrontHash(uint32_t length) const;

  /// Goes on at `offset`. In the middle of a line (one that was cut) the rest of it is skipped.
  base::Result<void> Seek(uint64_t offset);
  /// Where the first line begins that was not given out.
  uint64_t at() const { return at_; }
  /// Appends the finished lines of the next read that begin before `until`. The bytes read; 0
  /// at the end of the file.
  base::Result<size_t> Read(uint64_t until, std::vector<FileLine>& out);
  /// The unfinished line at the end of a file that nobody writes any more.
  void TakeUnfinished(std::vector<FileLine>& out);

  /// The name is one that Read can convert from.
  static bool KnowsEncoding(const std::string& encoding);

 private:
  LineReader() = default;
  size_t LineEnd(size_t from) const;
  void Give(size_t length, std::vector<FileLine>& out);
  std::string ToUtf8(std::string bytes) const;

  int descriptor_ = -1;
  uint64_t device_ = 0;
  uint64_t inode_ = 0;
  std::string path_;
  void* converter_ = nullptr;  ///< iconv_t
  size_t unit_ = 1;            ///< bytes of a code unit
  bool big_endian_ = false;
  uint64_t at_ = 0;
  std::string buffer_;     ///< the file's bytes from at_
  size_t scanned_ = 0;     ///< bytes of buffer_ that hold no line end
  bool skipping_ = false;  ///< the rest of a line that was too long
};

}  // namespace pharos::ingest::tail
