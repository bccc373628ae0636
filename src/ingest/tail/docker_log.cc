#include "ingest/tail/docker_log.h"

#include <algorithm>
#include <utility>

#include "ingest/tail/limits.h"
#include "text/rfc3339.h"

namespace pharos::ingest::tail {

using base::ErrorKind;
using base::Fail;
using base::Result;

Result<void> DockerLog::Feed(std::string_view bytes, const OnLine& on_line) {
  buffer_ += bytes;
  if (tty_) return FeedRaw(on_line);
  size_t at = 0;
  while (buffer_.size() - at >= 8) {
    const auto byte = [&](size_t i) { return static_cast<unsigned char>(buffer_[at + i]); };
    const unsigned stream = byte(0);
    const size_t length =
        size_t{byte(4)} << 24 | size_t{byte(5)} << 16 | size_t{byte(6)} << 8 | size_t{byte(7)};
    if (stream > 3 || byte(1) != 0 || byte(2) != 0 || byte(3) != 0) {
      return Fail(ErrorKind::kBadInput, "the log stream is not framed as Docker's");
    }
    if (length > kMaxFrameBytes) {
      return Fail(ErrorKind::kTooLarge,
                  "a frame of " + std::to_string(length) + " bytes in a log stream");
    }
    if (buffer_.size() - at - 8 < length) break;
    const std::string_view payload = std::string_view(buffer_).substr(at + 8, length);
    if (stream == 3) {
      return Fail(ErrorKind::kIo, "Docker says: " + std::string(payload.substr(0, 500)));
    }
    Piece(stream == 2, payload, on_line);
    at += 8 + length;
  }
  buffer_.erase(0, at);
  return {};
}

/// A terminal's log: lines, each with its time.
Result<void> DockerLog::FeedRaw(const OnLine& on_line) {
  size_t at = 0;
  for (size_t end = buffer_.find('\n'); end != std::string::npos; end = buffer_.find('\n', at)) {
    Piece(false, std::string_view(buffer_).substr(at, end + 1 - at), on_line);
    at = end + 1;
  }
  buffer_.erase(0, at);
  if (buffer_.size() > kMaxFrameBytes) {
    return Fail(ErrorKind::kTooLarge, "a line of a log stream does not end");
  }
  return {};
}

/// One message or a piece of one: a time, a blank, text; the last piece ends with a line feed.
void DockerLog::Piece(bool error_stream, std::string_view piece, const OnLine& on_line) {
  Stream& stream = streams_[error_stream ? 1 : 0];
  const size_t blank = piece.find(' ');
  const auto time = text::ParseRfc3339(piece.substr(0, blank));
  if (!time || blank == std::string_view::npos) {
    ++skipped_;
    return;
  }
  piece.remove_prefix(blank + 1);
  if (!stream.open) {
    stream.open = true;
    stream.time_ns = *time;
    stream.pending.clear();
  }
  const bool last = piece.ends_with('\n');
  if (last) piece.remove_suffix(1);
  stream.pending.append(
      piece.substr(0, kMaxLineBytes - std::min(kMaxLineBytes, stream.pending.size())));
  if (!last) return;
  if (stream.pending.ends_with('\r')) stream.pending.pop_back();
  stream.open = false;
  on_line({error_stream, stream.time_ns, std::move(stream.pending)});
}

void DockerLog::Finish(const OnLine& on_line) {
  for (Stream& stream : streams_) {
    if (std::exchange(stream.open, false)) {
      on_line({&stream == &streams_[1], stream.time_ns, std::move(stream.pending)});
    }
  }
  buffer_.clear();
}

}  // namespace pharos::ingest::tail
