// Base64 as protobuf's JSON mapping has it: standard with padding when written; standard or
// URL-safe, padded or not, when read.
#pragma once

#include <string>
#include <string_view>

namespace pharos::wire {

void AppendBase64(std::string& out, std::string_view bytes);
/// False for anything that is not base64.
bool DecodeBase64(std::string_view text, std::string* bytes);

/// Lower-case hex of any bytes, and back (either case; even length).
void AppendHex(std::string& out, std::string_view bytes);
bool DecodeHex(std::string_view text, std::string* bytes);

}  // namespace pharos::wire
