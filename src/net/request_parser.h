// Bytes → Request, one HTTP/1.x message at a time, in any pieces. Stops once at the end of
// the head, so that its owner can refuse before a body is read, and once at the end.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "net/http.h"

namespace pharos::net {

/// Owns: the request being built. Threads: one. Errors: kFailed with a status and a
/// sentence; afterwards only Reset. Cost: linear in the bytes; the body is copied once.
class RequestParser {
 public:
  explicit RequestParser(size_t max_header_bytes);
  ~RequestParser();

  enum class Step : uint8_t {
    kMore,  ///< all was read that can be; the unused rest must come again, with more
    kHead,  ///< the head is complete; `head()` may be asked
    kDone,  ///< the body is complete, too (not returned when has_body is false)
    kFailed,
  };
  /// `used` is what was taken off the front of `bytes`.
  Step Feed(std::string_view bytes, size_t& used);

  struct Head {
    bool has_body = false;
    std::optional<uint64_t> content_length;  ///< nothing for a chunked body
    bool keep_alive = true;
    bool http10 = false;
    bool expects_continue = false;
    std::string authority;  ///< of an absolute target, else the Host header
    bool has_host = false;
  };
  const Head& head() const;
  /// After kHead, before more is fed. Larger bodies fail with 413.
  void LimitBody(size_t max_bytes);
  /// After kHead: the body is parsed but not kept.
  void DiscardBody();

  Request& request();
  int failure_status() const;
  const std::string& failure() const;

  /// Ready for the next message.
  void Reset();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace pharos::net
