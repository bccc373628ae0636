// Any bytes as a part file: opened and verified, or refused as kCorrupt. Half of the inputs
// get a valid frame (head, footer checksum, end) around a footer that is the input.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/hash.h"
#include "io/little_endian.h"
#include "io/part_file.h"
#include "io/sim_fs.h"

using namespace pharos::io;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view input(reinterpret_cast<const char*>(data), size);
  if (input.empty()) return 0;
  const bool framed = (input[0] & 1) != 0;
  input.remove_prefix(1);
  std::string bytes(input);
  if (framed) {
    bytes = "PHRSPARTTEST";
    PutInt(bytes, uint32_t{1});
    bytes.append(64, 'd');
    bytes += input;
    PutInt(bytes, static_cast<uint32_t>(input.size()));
    PutInt(bytes, pharos::base::HashBytes64(input));
    bytes += "PHRSPEND";
  }
  SimFs fs;
  auto file = fs.Create("p");
  if (!file || !(*file)->Append(bytes)) std::abort();
  auto reader = PartReader::Open(fs, "p", "TEST", 1);
  if (!reader) {
    if (reader.error().kind != pharos::base::ErrorKind::kCorrupt) std::abort();
    return 0;
  }
  if (auto whole = (*reader)->Verify();
      !whole && whole.error().kind != pharos::base::ErrorKind::kCorrupt) {
    std::abort();
  }
  return 0;
}
