#include "events/describe.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "events/coding.h"

namespace pharos::events {
namespace {

using base::Result;

constexpr size_t kShownSkeletons = 5;
constexpr size_t kShownBytes = 160;

std::string NameOf(VarType type) {
  switch (type.kind) {
    case VarKind::kNumber: return "number";
    case VarKind::kPadded: return fmt::format("padded {}", type.param);
    case VarKind::kDecimal: return fmt::format("decimal {}", type.param);
    case VarKind::kHex: return fmt::format("hex {}", 2 * type.param);
    case VarKind::kUpperHex: return fmt::format("HEX {}", 2 * type.param);
    case VarKind::kUuid: return "uuid";
    case VarKind::kTime: return "time";
    case VarKind::kText: return "text";
  }
  return "?";
}

std::string Printable(std::string_view text) {
  std::string out;
  for (const char c : text.substr(0, kShownBytes)) {
    if (static_cast<uint8_t>(c) >= 0x20) {
      out += c;
    } else {
      out += fmt::format("\\x{:02x}", static_cast<uint8_t>(c));
    }
  }
  if (text.size() > kShownBytes) out += "…";
  return out;
}

struct ColumnSums {
  uint64_t bytes = 0;
  uint64_t values = 0;
  std::map<uint32_t, uint64_t> rows_of;  // by skeleton
};

Result<void> AddGranule(const Part& part, uint32_t granule, std::vector<ColumnSums>& columns) {
  const std::vector<int64_t> times(part.granules()[granule].rows);
  PHAROS_TRY(auto bodies, GranuleBodies::Open(part, granule, times.size(), &times));
  for (uint32_t i = 0; i < columns.size(); ++i) {
    const int64_t page = bodies->PageOf(i);
    if (page < 0) continue;
    PHAROS_TRY(const ValueColumn* column, bodies->Column(i));
    columns[i].bytes += part.StoredBytes("columns", static_cast<uint32_t>(page));
    columns[i].values += column->size();
    for (const auto& local : column->locals()) columns[i].rows_of[local.number] += local.rows;
  }
  return {};
}

}  // namespace

std::string ReadableSkeleton(std::string_view text) {
  Skeleton skeleton;
  if (!Skeleton::Parse(text, &skeleton)) return "?";
  std::string out = Printable(skeleton.literals[0]);
  for (size_t i = 0; i < skeleton.vars.size(); ++i) {
    out += "‹" + NameOf(skeleton.vars[i]) + "›" + Printable(skeleton.literals[i + 1]);
  }
  return out;
}

Result<std::string> DescribePart(const Part& part) {
  PHAROS_TRY(const auto shapes, part.Shapes());
  std::vector<ColumnSums> columns(shapes->paths.size());
  for (uint32_t g = 0; g < part.granules().size(); ++g) {
    PHAROS_TRY_VOID(AddGranule(part, g, columns));
  }
  const auto rows = static_cast<double>(part.meta().rows);
  std::string out = fmt::format("  {} streams, {} granules, {} shapes of lines, {} traces\n",
                                part.streams().size(), part.granules().size(),
                                shapes->shapes.size(), part.meta().traces.traces);
  for (const io::Section& section : part.sections()) {
    uint64_t stored = 0, raw = 0;
    for (const io::PageRef& page : section.pages) {
      stored += page.stored_bytes;
      raw += page.raw_bytes;
    }
    out +=
        fmt::format("  section {}: {} pages, {} bytes ({} unpacked), {:.2f} a row\n", section.name,
                    section.pages.size(), stored, raw, static_cast<double>(stored) / rows);
  }
  for (uint32_t i = 0; i < columns.size(); ++i) {
    const ColumnSums& sums = columns[i];
    if (sums.values == 0) continue;
    PHAROS_TRY(const auto words, part.Words(i));
    std::string path = shapes->paths[i];
    std::replace(path.begin(), path.end(), '\1', '.');
    out += fmt::format("  column {}: {} values, {} bytes, {:.2f} a value, {} skeletons\n",
                       path.empty() ? "(text)" : path, sums.values, sums.bytes,
                       static_cast<double>(sums.bytes) / static_cast<double>(sums.values),
                       sums.rows_of.size());
    std::vector<std::pair<uint64_t, uint32_t>> common;
    for (const auto& [number, count] : sums.rows_of) common.emplace_back(count, number);
    std::sort(common.rbegin(), common.rend());
    if (common.size() > kShownSkeletons) common.resize(kShownSkeletons);
    for (const auto& [count, number] : common) {
      out += fmt::format("    {:>9} {}\n", count, ReadableSkeleton(words->texts[number]));
    }
  }
  return out;
}

}  // namespace pharos::events
