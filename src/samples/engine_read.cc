// The engine as a SampleSource.
#include <algorithm>
#include <set>

#include "samples/cursor.h"
#include "samples/engine.h"
#include "samples/hidden_samples.h"
#include "samples/selection.h"

namespace pharos::samples {
namespace {

/// The parts with something in the range, oldest generation first. Their memory first: what a
/// seal moves from the head to a part in between is then seen twice, never not at all.
PartList Overlapping(const Tenant& tenant, const store::SampleQuery& query) {
  PartList out;
  const auto parts = tenant.parts();
  for (const auto& part : *parts) {
    if (part->Overlaps(query.start_ms, query.end_ms)) out.push_back(part);
  }
  return out;
}

std::vector<std::string> Sorted(std::set<std::string> names) {
  return {std::make_move_iterator(names.begin()), std::make_move_iterator(names.end())};
}

/// Calls `on_labels` for each series that matches in one of the parts.
template <class OnLabels>
base::Result<void> ForEachInParts(const PartList& parts, const store::SampleQuery& query,
                                  OnLabels on_labels) {
  for (const auto& part : parts) {
    PHAROS_TRY(const auto index, part->Index());
    const auto hidden = part->Hidden(*index);
    for (const uint32_t series : index->Select(query.matchers)) {
      const SeriesPlace& place = index->place(series);
      if (place.min_ms > query.end_ms || place.max_ms < query.start_ms) continue;
      if (hidden != nullptr && hidden->Covers(series, place.min_ms, place.max_ms)) continue;
      on_labels(index->LabelsOf(series));
    }
  }
  return {};
}

}  // namespace

base::Result<std::unique_ptr<store::Selection>> SampleEngine::Choose(
    const store::SampleQuery& query) {
  HeadSnapshot head;
  std::vector<PartChoice> choices;
  if (const TenantPtr tenant = FindTenant(query.tenant)) {
    head = tenant->head.Collect(query.matchers, query.start_ms, query.end_ms);
    for (const auto& part : Overlapping(*tenant, query)) {
      PHAROS_TRY(auto index, part->Index());
      std::vector<uint32_t> series = index->Select(query.matchers);
      if (!series.empty()) choices.push_back({part, std::move(index), std::move(series)});
    }
  }
  return std::make_unique<EngineSelection>(std::move(head), std::move(choices), query, time_runs_);
}

base::Result<store::SelectCost> SampleEngine::Estimate(const store::SampleQuery& query) {
  store::SelectCost cost;
  const TenantPtr tenant = FindTenant(query.tenant);
  if (tenant == nullptr) return cost;
  const Head& head = tenant->head;
  // Of memory only the average is known: what a series has, and what a sample takes.
  const uint64_t in_memory = head.SeriesIn(query.matchers, query.start_ms, query.end_ms).size();
  if (const uint64_t all = head.series_count(); all > 0) {
    cost.samples = in_memory * head.MemorySamples() / all;
    cost.bytes = in_memory * head.MemoryBytes() / all;
  }
  uint64_t in_parts = 0;
  std::vector<PartBlock> blocks;
  for (const auto& part : Overlapping(*tenant, query)) {
    PHAROS_TRY(auto index, part->Index());
    const std::vector<uint32_t> chosen = index->Select(query.matchers);
    PartSeriesReader reader(part, std::move(index), true);
    uint64_t here = 0;
    for (const uint32_t series : chosen) {
      PHAROS_TRY_VOID(reader.Blocks(series, query.start_ms, query.end_ms, &blocks));
      here += blocks.empty() ? 0 : 1;
      cost.blocks += blocks.size();
      for (const PartBlock& block : blocks) {
        cost.samples += block.summary.count;
        cost.bytes += block.bytes + block.head.size();
      }
    }
    in_parts = std::max(in_parts, here);
  }
  cost.series = std::max(in_memory, in_parts);  // most are the same ones
  return cost;
}

base::Result<std::unique_ptr<store::SeriesCursor>> SampleEngine::Select(
    const store::SampleQuery& query) {
  PHAROS_TRY(auto selection, Choose(query));
  return std::make_unique<SelectionCursor>(std::move(selection), query.series_limit);
}

base::Result<std::vector<model::Labels>> SampleEngine::Series(const store::SampleQuery& query) {
  std::vector<model::Labels> out;
  if (const TenantPtr tenant = FindTenant(query.tenant)) {
    out = tenant->head.SeriesIn(query.matchers, query.start_ms, query.end_ms);
    PHAROS_TRY_VOID(ForEachInParts(Overlapping(*tenant, query), query, [&](model::Labels labels) {
      out.push_back(std::move(labels));
    }));
  }
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  if (query.series_limit > 0 && out.size() > query.series_limit) {
    return base::Fail(base::ErrorKind::kLimit, "the query selects more than " +
                                                   std::to_string(query.series_limit) + " series");
  }
  return out;
}

base::Result<std::vector<std::string>> SampleEngine::LabelNames(const store::SampleQuery& query) {
  std::set<std::string> names;
  const TenantPtr tenant = FindTenant(query.tenant);
  if (tenant == nullptr) return std::vector<std::string>();
  const auto add = [&](const model::Labels& labels) {
    for (const model::LabelView label : labels) names.emplace(label.name);
  };
  for (const model::Labels& labels :
       tenant->head.SeriesIn(query.matchers, query.start_ms, query.end_ms))
    add(labels);
  const PartList parts = Overlapping(*tenant, query);
  if (!query.matchers.empty()) {
    PHAROS_TRY_VOID(ForEachInParts(parts, query, add));
    return Sorted(std::move(names));
  }
  for (const auto& part : parts) {
    PHAROS_TRY(const auto index, part->Index());
    for (std::string& name : index->Names()) names.insert(std::move(name));
  }
  return Sorted(std::move(names));
}

base::Result<std::vector<std::string>> SampleEngine::LabelValues(const store::SampleQuery& query,
                                                                 std::string_view name) {
  std::set<std::string> values;
  const TenantPtr tenant = FindTenant(query.tenant);
  if (tenant == nullptr) return std::vector<std::string>();
  const auto add = [&](const model::Labels& labels) {
    if (const std::string_view value = labels.Get(name); !value.empty()) values.emplace(value);
  };
  for (const model::Labels& labels :
       tenant->head.SeriesIn(query.matchers, query.start_ms, query.end_ms))
    add(labels);
  const PartList parts = Overlapping(*tenant, query);
  if (!query.matchers.empty()) {
    PHAROS_TRY_VOID(ForEachInParts(parts, query, add));
    return Sorted(std::move(values));
  }
  for (const auto& part : parts) {
    PHAROS_TRY(const auto index, part->Index());
    index->ForEachValue(name, [&](std::string_view value, std::span<const uint32_t> series) {
      if (!series.empty()) values.emplace(value);
    });
  }
  return Sorted(std::move(values));
}

std::vector<std::pair<std::string, model::Metadata>> SampleEngine::MetadataOf(
    std::string_view tenant, std::string_view metric) {
  const TenantPtr found = FindTenant(tenant);
  return found != nullptr ? found->metadata.Get(metric)
                          : std::vector<std::pair<std::string, model::Metadata>>();
}

base::Result<std::vector<std::pair<model::Labels, std::vector<model::Exemplar>>>>
SampleEngine::Exemplars(const store::SampleQuery& query) {
  if (exemplars_ == nullptr) return std::vector<store::SeriesExemplars>();
  return exemplars_->Select(query);
}

std::vector<store::SamplePart> SampleEngine::Parts(std::string_view tenant) {
  std::vector<store::SamplePart> out;
  const TenantPtr found = FindTenant(tenant);
  if (found == nullptr) return out;
  const auto parts = found->parts();
  for (const auto& part : *parts) {
    const io::PartEntry& entry = part->entry();
    out.push_back({entry.id, entry.min_time, entry.max_time, part->info().series, entry.items,
                   part->info().level});
  }
  std::sort(out.begin(), out.end(), [](const store::SamplePart& a, const store::SamplePart& b) {
    return std::pair(a.min_ms, a.id) < std::pair(b.min_ms, b.id);
  });
  return out;
}

store::SampleStats SampleEngine::Stats(std::string_view tenant) {
  store::SampleStats stats;
  const TenantPtr found = FindTenant(tenant);
  if (found == nullptr) return stats;
  stats.samples = found->taken;
  stats.series = found->head.series_count();
  int64_t min_ms, max_ms;
  found->head.TimeBounds(&min_ms, &max_ms);
  const auto parts = found->parts();
  for (const auto& part : *parts) {
    ++stats.parts;
    stats.part_bytes += part->entry().bytes;
    min_ms = std::min(min_ms, part->entry().min_time);
    max_ms = std::max(max_ms, part->entry().max_time);
  }
  if (min_ms <= max_ms) stats.min_time_ms = min_ms, stats.max_time_ms = max_ms;
  return stats;
}

}  // namespace pharos::samples
