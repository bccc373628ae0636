// Any bytes as a container's log stream, framed and raw, in pieces and at once: the same lines.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "ingest/discovery/docker.h"
#include "ingest/tail/docker_log.h"

namespace {

std::vector<std::string> Lines(std::string_view bytes, bool tty, size_t piece) {
  std::vector<std::string> out;
  pharos::ingest::tail::DockerLog log(tty);
  const auto on_line = [&](pharos::ingest::tail::DockerLine line) {
    out.push_back(std::to_string(line.error_stream) + std::to_string(line.time_ns) + line.text);
  };
  for (size_t at = 0; at < bytes.size(); at += piece) {
    if (!log.Feed(bytes.substr(at, piece), on_line)) return out;
  }
  log.Finish(on_line);
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  for (const bool tty : {false, true}) {
    if (Lines(bytes, tty, size) != Lines(bytes, tty, 1 + data[0])) std::abort();
  }
  (void)pharos::ingest::discovery::DockerTargetsOf({}, bytes, "[]");
  (void)pharos::ingest::discovery::DockerTargetsOf({}, "[]", bytes);
  return 0;
}
