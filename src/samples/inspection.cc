#include "samples/inspection.h"

#include <algorithm>
#include <unordered_set>

#include "base/hash.h"
#include "samples/part.h"
#include "samples/part_publisher.h"

namespace pharos::samples {
namespace {

using base::ErrorKind;
using base::Result;

/// The name that a body's value block goes by.
std::string CodecOf(const PartBlock& block, std::string_view values) {
  if (block.summary.histograms) return "histogram";
  if (block.summary.constant) return "constant";
  if (values.size() < 4) return "unknown";
  std::string odd;
  switch (static_cast<codec::ValueForm>(values[0])) {
    case codec::ValueForm::kXor: return "xor";
    case codec::ValueForm::kCut: return "cut";
    case codec::ValueForm::kDecimal: break;
    case codec::ValueForm::kDecimalWithOdd: odd = " with odd ones"; break;
    default: return "unknown";
  }
  // Behind the exponent: the integer block's flags and width.
  const bool delta = values[2] & 1, patched = values[2] & 4;
  if (delta && values[3] == 0 && !patched) return "delta constant" + odd;
  return (delta ? "decimal delta" : "decimal") + odd;
}

/// Goes through the parts and adds up.
class Inspector {
 public:
  Inspector(io::Fs& fs, const std::string& data_dir, Inspection* out)
      : fs_(fs), data_dir_(data_dir), out_(*out) {}

  void Add(const io::PartEntry& entry) {
    PartReport report{.entry = entry};
    CheckPages(&report);
    if (report.faults.empty()) {
      if (const auto read = ReadBlocks(&report); !read)
        report.faults.push_back(read.error().message);
    }
    if (!report.faults.empty() && Gone(entry)) return;
    out_.samples += entry.items;
    out_.bytes += entry.bytes;
    out_.parts.push_back(std::move(report));
  }

  void Finish() {
    for (auto& [name, metric] : metrics_) {
      metric.cost.series = metric.identities.size();
      metric.cost.bytes = static_cast<uint64_t>(metric.bytes);
      out_.metrics.push_back(std::move(metric.cost));
    }
    std::ranges::sort(out_.metrics, [](const MetricCost& a, const MetricCost& b) {
      return std::pair(b.bytes, a.name) < std::pair(a.bytes, b.name);
    });
    std::ranges::sort(out_.parts, {}, [](const PartReport& part) {
      return std::tuple(part.entry.tenant, DayOf(part.entry.min_time), part.info.generation_min,
                        part.entry.id);
    });
  }

 private:
  struct Metric {
    MetricCost cost;
    double bytes = 0;
    std::unordered_set<base::Hash128, base::Hash128Hasher> identities;
  };

  /// A server that runs on the directory may have merged the part since.
  bool Gone(const io::PartEntry& entry) const {
    const auto now = io::ReadLiveParts(fs_, data_dir_, io::Signal::kSamples);
    return now && std::ranges::find(*now, entry) == now->end();
  }

  void CheckPages(PartReport* report) const {
    const std::string path = data_dir_ + "/" + report->entry.path + "/" + std::string(kPartFile);
    const auto file = io::PartReader::Open(fs_, path, kPartKind, kPartVersion);
    if (!file) return report->faults.push_back(file.error().message);
    for (const io::Section& section : (*file)->Sections()) {
      SectionUse& use = report->sections.emplace_back();
      use.name = section.name;
      use.pages = section.pages.size();
      for (uint32_t page = 0; page < section.pages.size(); ++page) {
        use.stored_bytes += section.pages[page].stored_bytes;
        use.raw_bytes += section.pages[page].raw_bytes;
        const auto bytes = (*file)->ReadPage(section.name, page);
        if (!bytes) report->faults.push_back(bytes.error().message);
      }
    }
  }

  Result<void> ReadBlocks(PartReport* report) {
    base::MemoryBudget budget(uint64_t{1} << 40);
    PageCache cache(0, budget);
    const auto part = Part::Open(fs_, data_dir_, report->entry, cache, budget);
    report->info = part->info();
    PHAROS_TRY(auto index, part->Index());
    PartSeriesReader reader(part, index, false);
    std::vector<PartBlock> blocks;
    std::map<std::string, CodecUse> codecs;
    std::vector<uint64_t> raw(index->series_count());  // bytes of heads and bodies
    uint64_t total = 0;
    for (uint32_t series = 0; series < raw.size(); ++series) {
      PHAROS_TRY_VOID(reader.Blocks(series, INT64_MIN, INT64_MAX, &blocks));
      uint64_t samples = 0;
      for (const PartBlock& block : blocks) {
        PHAROS_TRY(const std::string_view values, reader.ValueBlock(block));
        CodecUse& use = codecs[CodecOf(block, values)];
        ++use.blocks;
        use.samples += block.summary.count;
        use.bytes += block.bytes + block.head.size();
        raw[series] += block.bytes + block.head.size() + 3;
        samples += block.summary.count;
      }
      total += raw[series];
      Metric& metric = MetricOf(index->LabelsOf(series));
      metric.cost.samples += samples;
    }
    ShareBytes(*report, *index, raw, total);
    for (const auto& [name, use] : codecs) {
      CodecUse& sum = out_.codecs[name];
      sum.blocks += use.blocks;
      sum.samples += use.samples;
      sum.bytes += use.bytes;
    }
    return {};
  }

  /// Divides what the part takes on disk among its metrics.
  void ShareBytes(const PartReport& report, const PartIndex& index,
                  const std::vector<uint64_t>& raw, uint64_t total) {
    uint64_t stored = 0, listed = 0;
    for (const SectionUse& section : report.sections) {
      if (section.name == kBlockSection || section.name == kDataSection)
        stored += section.stored_bytes;
      if (section.name == kSeriesSection) listed += section.stored_bytes;
    }
    for (uint32_t series = 0; series < raw.size(); ++series) {
      MetricOf(index.LabelsOf(series)).bytes +=
          static_cast<double>(raw[series]) * static_cast<double>(stored) /
              static_cast<double>(std::max<uint64_t>(total, 1)) +
          static_cast<double>(listed) / static_cast<double>(raw.size());
    }
  }

  Metric& MetricOf(const model::Labels& labels) {
    const std::string name(labels.Get("__name__"));
    Metric& metric = metrics_[name];
    metric.cost.name = name;
    metric.identities.insert(labels.Hash());
    return metric;
  }

  io::Fs& fs_;
  const std::string& data_dir_;
  Inspection& out_;
  std::unordered_map<std::string, Metric> metrics_;
};

}  // namespace

bool Inspection::sound() const {
  return std::ranges::all_of(parts, [](const PartReport& part) { return part.faults.empty(); });
}

Result<Inspection> Inspect(io::Fs& fs, const std::string& data_dir) {
  PHAROS_TRY(const auto entries, io::ReadLiveParts(fs, data_dir, io::Signal::kSamples));
  Inspection out;
  Inspector inspector(fs, data_dir, &out);
  for (const io::PartEntry& entry : entries) inspector.Add(entry);
  inspector.Finish();
  return out;
}

}  // namespace pharos::samples
