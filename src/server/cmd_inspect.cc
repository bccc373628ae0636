// `pharos inspect DIR`: every part and whether its pages are sound. `pharos inspect events DIR`:
// what the parts of events hold, also beside a running Pharos.
#include <cinttypes>
#include <cstdio>

#include "events/describe.h"
#include "io/manifest.h"
#include "io/part_file.h"
#include "server/commands.h"

namespace pharos::server {
namespace {

/// A part of events, column by column.
bool DescribeEvents(io::Fs& fs, const std::string& data_dir, const io::PartEntry& entry) {
  const auto part = events::Part::Open(fs, data_dir, entry);
  const auto text = part ? events::DescribePart(**part) : std::unexpected(part.error());
  if (!text) {
    std::printf("  WRONG: %s\n", text.error().message.c_str());
    return false;
  }
  std::fputs(text->c_str(), stdout);
  return true;
}

/// Verifies every file of a part; prints what is wrong.
bool InspectPart(io::Fs& fs, const std::string& data_dir, const io::PartEntry& part) {
  const bool samples = part.signal == io::Signal::kSamples;
  std::printf("%s: %" PRIu64 " items, %" PRIu64 " bytes, %s %" PRId64 " to %" PRId64 "\n",
              part.path.c_str(), part.items, part.bytes, samples ? "ms" : "ns", part.min_time,
              part.max_time);
  const std::string folder = data_dir + "/" + part.path;
  const auto files = fs.List(folder);
  if (!files) {
    std::printf("  WRONG: %s\n", files.error().message.c_str());
    return false;
  }
  bool fine = true;
  for (const std::string& file : *files) {
    const auto reader =
        io::PartReader::Open(fs, folder + "/" + file, samples ? "SMPL" : "EVNT", UINT32_MAX);
    const auto verified = reader ? (*reader)->Verify() : std::unexpected(reader.error());
    if (!verified) {
      std::printf("  WRONG: %s\n", verified.error().message.c_str());
      fine = false;
      continue;
    }
    if (!samples) {
      fine = DescribeEvents(fs, data_dir, part) && fine;
      continue;
    }
    for (const io::Section& section : (*reader)->Sections()) {
      uint64_t stored = 0, raw = 0;
      for (const io::PageRef& page : section.pages) {
        stored += page.stored_bytes;
        raw += page.raw_bytes;
      }
      std::printf("  %s %s: %zu pages, %" PRIu64 " bytes (%" PRIu64 " unpacked)\n", file.c_str(),
                  section.name.c_str(), section.pages.size(), stored, raw);
    }
  }
  return fine;
}

}  // namespace

int InspectEvents(const std::string& data_dir) {
  io::Fs& fs = io::Fs::Real();
  const auto parts = io::ReadLiveParts(fs, data_dir, io::Signal::kEvents);
  if (!parts) {
    std::fprintf(stderr, "%s\n", parts.error().message.c_str());
    return parts.error().kind == base::ErrorKind::kCorrupt ? 1 : 2;
  }
  bool fine = true;
  for (const io::PartEntry& part : *parts) fine = InspectPart(fs, data_dir, part) && fine;
  return fine ? 0 : 1;
}

int Inspect(const std::string& data_dir) {
  io::Fs& fs = io::Fs::Real();
  if (!fs.Exists(data_dir + "/MANIFEST")) {
    std::fprintf(stderr, "%s: no MANIFEST here; give the folder that --data-dir names\n",
                 data_dir.c_str());
    return 2;
  }
  const auto lock =
      io::LockDirectory(data_dir);  // opening a manifest deletes what it does not list
  if (!lock) {
    std::fprintf(stderr, "%s\n", lock.error().message.c_str());
    return 2;
  }
  const auto manifest = io::Manifest::Open(fs, data_dir);
  if (!manifest) {
    std::fprintf(stderr, "%s\n", manifest.error().message.c_str());
    return 1;
  }
  bool fine = true;
  for (const io::Signal signal : {io::Signal::kSamples, io::Signal::kEvents}) {
    for (const io::PartEntry& part : (*manifest)->Live(signal))
      fine = InspectPart(fs, data_dir, part) && fine;
  }
  return fine ? 0 : 1;
}

}  // namespace pharos::server
