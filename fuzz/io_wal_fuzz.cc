// Any bytes in the log's directory: opening it succeeds or says kCorrupt, and what was opened
// once opens again with the same frames.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "base/log.h"
#include "io/sim_fs.h"
#include "io/wal.h"
#include "io/wal_format.h"

namespace {

using pharos::base::Result;
using namespace pharos::io;

void Write(SimFs& fs, const std::string& path, std::string_view bytes) {
  auto file = fs.Create(path);
  if (!file || !(*file)->Append(bytes)) std::abort();
}

Result<std::vector<std::string>> Replay(SimFs& fs) {
  std::vector<std::string> frames;
  auto wal = Wal::Open(fs, {.directory = "wal"}, [&](const WalFrame& frame) -> Result<void> {
    frames.push_back(std::to_string(frame.sequence) + std::string(frame.tenant) + "/" +
                     std::string(frame.payload));
    return {};
  });
  if (!wal) return std::unexpected(wal.error());
  return frames;
}

/// A whole segment with frames that the input's first bytes choose.
std::string GoodSegment(std::string_view input) {
  std::string out = EncodeSegmentHeader({.first_sequence = 1, .salt = 7});
  uint64_t sequence = 0;
  for (const char c : input.substr(0, 8)) {
    pharos::io::LogBytes frame;
    AppendFrame(frame, ++sequence, static_cast<uint8_t>(c & 1), 0, "t",
                std::string(static_cast<uint8_t>(c), c));
    FinishFrame(frame.data(), static_cast<uint32_t>((c & 2) != 0 ? out.size() : 40), 7);
    out.append(frame.data(), frame.size());
  }
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  pharos::base::SetLogLevel(pharos::base::LogLevel::kError);
  std::string_view input(reinterpret_cast<const char*>(data), size);
  if (input.empty()) return 0;
  const int mode = input[0] & 3;
  input.remove_prefix(1);
  SimFs fs;
  if (!fs.MakeDirs("wal")) std::abort();
  const std::string path = "wal/" + SegmentName(1);
  if (mode == 0) {
    Write(fs, path, input);
  } else if (mode == 1) {
    Write(fs, path, EncodeSegmentHeader({.first_sequence = 1, .salt = 7}) + std::string(input));
  } else {
    std::string bytes = GoodSegment(input);
    input.remove_prefix(std::min<size_t>(8, input.size()));
    for (; input.size() >= 3; input.remove_prefix(3)) {
      const size_t at = static_cast<uint8_t>(input[0]) * 256u + static_cast<uint8_t>(input[1]);
      bytes[at % bytes.size()] = input[2];
    }
    Write(fs, path, bytes);
    if (mode == 3) {
      Write(fs, "wal/" + SegmentName(100),
            EncodeSegmentHeader({.first_sequence = 100,
                                 .previous_first = 1,
                                 .previous_bytes = bytes.size(),
                                 .salt = 9}));
    }
  }
  auto first = Replay(fs);
  if (!first) {
    if (first.error().kind != pharos::base::ErrorKind::kCorrupt) std::abort();
    return 0;
  }
  auto second = Replay(fs);
  if (!second || *second != *first) std::abort();
  return 0;
}
