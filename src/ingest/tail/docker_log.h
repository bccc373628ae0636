// Docker's log stream: frames of eight bytes and a payload (or raw text where the container has a
// terminal), each message with its time in front, long messages in several pieces.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace pharos::ingest::tail {

struct DockerLine {
  bool error_stream = false;  ///< stderr
  int64_t time_ns = 0;        ///< of the message's first piece
  std::string text;           ///< without its line end
};

/// Owns: what is unfinished of a frame and of a message of each stream. Threads: one. Errors:
/// kBadInput for what is no log stream; the decoder is then done with. Cost: one copy; memory
/// bounded by limits.h.
class DockerLog {
 public:
  using OnLine = std::function<void(DockerLine line)>;
  explicit DockerLog(bool tty) : tty_(tty) {}
  base::Result<void> Feed(std::string_view bytes, const OnLine& on_line);
  /// The stream has ended: gives out messages that have no line end.
  void Finish(const OnLine& on_line);
  /// Messages that came without a time were left out: how many.
  uint64_t skipped() const { return skipped_; }

 private:
  struct Stream {
    std::string pending;  ///< text of pieces so far
    int64_t time_ns = 0;
    bool open = false;
  };
  void Piece(bool error_stream, std::string_view piece, const OnLine& on_line);
  base::Result<void> FeedRaw(const OnLine& on_line);

  const bool tty_;
  std::string buffer_;
  Stream streams_[2];
  uint64_t skipped_ = 0;
};

}  // namespace pharos::ingest::tail
