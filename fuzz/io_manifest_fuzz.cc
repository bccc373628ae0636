// Any bytes as a manifest: read or refused as kCorrupt; a manifest that was read goes through
// a snapshot unchanged.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "io/manifest_format.h"

using namespace pharos::io;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view input(reinterpret_cast<const char*>(data), size);
  if (input.empty()) return 0;
  const bool whole = (input[0] & 1) == 0;
  input.remove_prefix(1);
  std::string bytes(input);
  if (!whole) {  // a good manifest with the input behind it and in it
    bytes = EncodeSnapshot({}, 5);
    ManifestEdit edit{.add = {{.tenant = std::string(input.substr(0, 16)), .id = 3, .path = "p"}}};
    bytes += EncodeRecord(edit, 4, 5, bytes.size());
    bytes += EncodeRecord({.drop = {3}}, 4, 5, bytes.size());
    for (size_t i = 0; i + 2 < input.size(); i += 3) {
      const size_t at = static_cast<uint8_t>(input[i]) * 256u + static_cast<uint8_t>(input[i + 1]);
      bytes[at % bytes.size()] = input[i + 2];
    }
    bytes += input;
  }
  auto parsed = ParseManifest(bytes);
  if (!parsed) {
    if (parsed.error().kind != pharos::base::ErrorKind::kCorrupt) std::abort();
    return 0;
  }
  if (parsed->good_bytes > bytes.size()) std::abort();
  auto again = ParseManifest(EncodeSnapshot(parsed->state, 11));
  if (!again || again->state.parts != parsed->state.parts ||
      again->state.sealed != parsed->state.sealed ||
      again->state.next_part_id != parsed->state.next_part_id) {
    std::abort();
  }
  return 0;
}
