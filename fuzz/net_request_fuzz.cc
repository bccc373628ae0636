// HTTP/1.x messages from the network, in pieces of any size: no crash, no endless loop, and
// the same result however the bytes are cut.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "net/request_parser.h"

namespace {

using pharos::net::RequestParser;

/// What came out: one line a message, up to the first failure.
std::string Run(std::string_view bytes, size_t piece) {
  RequestParser parser(2048);
  std::string buffer;
  std::string seen;
  while (true) {
    size_t used = 0;
    const RequestParser::Step step = parser.Feed(buffer, used);
    if (used > buffer.size()) std::abort();
    buffer.erase(0, used);
    const auto& request = parser.request();
    bool done = step == RequestParser::Step::kDone;
    if (step == RequestParser::Step::kFailed) {
      if (parser.failure_status() < 400 || parser.failure().empty()) std::abort();
      return seen;  // a cut head may wait for its end where a whole one fails at once
    }
    if (step == RequestParser::Step::kHead) {
      parser.LimitBody(1000);
      done = !parser.head().has_body;
    }
    if (done) {
      if (request.body.size() > 1000) std::abort();
      seen += request.method + " " + request.path + " " + request.query + " " + request.body + "\n";
      parser.Reset();
    }
    if (step == RequestParser::Step::kMore || buffer.empty()) {
      if (bytes.empty()) return seen;
      buffer += bytes.substr(0, piece);
      bytes.remove_prefix(std::min(piece, bytes.size()));
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data + 1), size - 1);
  const std::string whole = Run(bytes, SIZE_MAX);
  if (Run(bytes, data[0] % 64 + 1) != whole) std::abort();
  return 0;
}
