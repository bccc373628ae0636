// Any bytes as a stream of Fluent messages: scanned in pieces and at once alike, then decoded.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "wire/fluent_forward.h"
#include "wire/msgpack.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace pharos::wire;
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  (void)DecodeFluentPing(rest);
  (void)DecodeFluentMessage(rest);
  while (!rest.empty()) {
    MsgpackScanner whole;
    MsgpackScanner pieces;
    const auto at_once = whole.Scan(rest);
    auto in_pieces = pieces.Scan(rest.substr(0, rest.size() / 2));
    if (in_pieces && *in_pieces == 0) in_pieces = pieces.Scan(rest);
    if (at_once.has_value() != in_pieces.has_value()) std::abort();
    if (!at_once || *at_once == 0) break;
    if (*at_once != *in_pieces || *at_once > rest.size()) std::abort();
    (void)DecodeFluentMessage(rest.substr(0, *at_once));
    rest.remove_prefix(*at_once);
  }
  return 0;
}
