// A pipeline from the first part of the input (up to a zero byte), lines from the rest: twice, and
// both times the same entries must come out, since a line read again after a crash must be the
// same line.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "ingest/tail/pipeline.h"
#include "ingest/tail/promtail.h"

namespace {

using namespace pharos::ingest::tail;

std::string Run(const std::vector<pharos::conf::Node>& stages, std::string_view text) {
  pharos::conf::Faults faults("fuzz");
  Pipeline pipeline(stages, faults);
  std::vector<Entry> in;
  std::vector<Entry> out;
  int64_t time_ns = 1'700'000'000'000'000'000;
  while (!text.empty() && in.size() < 100) {
    const size_t end = text.find('\n');
    Entry entry;
    entry.labels = {{"filename", "/var/log/x.log"}, {"job", "fuzz"}};
    entry.line = text.substr(0, end);
    entry.time_ns = entry.read_ns = ++time_ns;
    in.push_back(std::move(entry));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  pipeline.Run(std::move(in), out);
  pipeline.Tick(INT64_MAX, out);
  if (pipeline.HeldFrom() != UINT64_MAX) std::abort();
  std::string shown;
  for (const Entry& entry : out) {
    shown += std::to_string(entry.time_ns) + entry.line;
    for (const auto& [name, value] : entry.labels) shown.append(name).append(value);
    for (const auto& [name, value] : entry.metadata) shown.append(name).append(value);
  }
  return shown;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  (void)ParsePromtail(text, "fuzz");
  const size_t zero = text.find('\0');
  const auto stages = pharos::conf::ParseYaml(text.substr(0, zero), "fuzz");
  if (!stages) return 0;
  const std::string_view lines = zero == std::string_view::npos ? text : text.substr(zero + 1);
  if (Run(stages->items, lines) != Run(stages->items, lines)) std::abort();
  return 0;
}
