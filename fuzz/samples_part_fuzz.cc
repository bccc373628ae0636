// Any bytes as the pages of a part (checksums taken as right): opening, selecting and reading
// end in a Result.
#include <string>
#include <vector>

#include "io/sim_fs.h"
#include "samples/part.h"

namespace {

using namespace pharos;

/// Cuts the input into pages: section, length, bytes.
bool WritePart(io::SimFs& fs, std::string_view input) {
  if (!fs.MakeDirs("data/part")) return false;
  auto writer = io::PartWriter::Create(fs, "data/part/samples.part", samples::kPartKind,
                                       samples::kPartVersion);
  if (!writer) return false;
  constexpr std::string_view kSections[] = {samples::kHeadSection,    samples::kPairSection,
                                            samples::kSeriesSection,  samples::kTimeSection,
                                            samples::kBlockSection,   samples::kDataSection,
                                            samples::kMetadataSection};
  while (input.size() > 3) {
    const auto section = kSections[static_cast<uint8_t>(input[0]) % std::size(kSections)];
    const size_t length =
        static_cast<uint8_t>(input[1]) | static_cast<size_t>(static_cast<uint8_t>(input[2])) << 8;
    input.remove_prefix(3);
    if (!(*writer)->AddPage(section, input.substr(0, length))) return false;
    input.remove_prefix(std::min(length, input.size()));
  }
  return (*writer)->Finish().has_value();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  io::SimFs fs;
  if (!WritePart(fs, {reinterpret_cast<const char*>(data), size})) return 0;
  base::MemoryBudget budget(1u << 30);
  samples::PageCache cache(1u << 20, budget);
  io::PartEntry entry;
  entry.path = "part";
  const auto part = samples::Part::Open(fs, "data", entry, cache, budget);
  (void)part->Metadata();
  const auto index = part->Index();
  if (!index) return 0;
  (void)(*index)->Select({model::Matcher::Equal("__name__", "up")});
  samples::PartSeriesReader reader(part, *index, true);
  pharos::store::SeriesColumns columns;
  for (uint32_t series = 0; series < (*index)->series_count() && series < 100; ++series) {
    columns = {.labels = (*index)->LabelsOf(series)};
    (void)reader.Read(series, INT64_MIN, INT64_MAX, &columns);
    std::vector<samples::PartBlock> blocks;
    if (!reader.Blocks(series, INT64_MIN, INT64_MAX, &blocks)) continue;
    for (const samples::PartBlock& block : blocks) {
      std::vector<int64_t> starts(block.summary.count);
      (void)reader.Starts(block, starts);
      (void)reader.ValueBlock(block);
    }
  }
  return 0;
}
