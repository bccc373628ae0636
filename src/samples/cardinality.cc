// Counting series across memory and parts from postings alone. A series' identity is the sum of
// its labels' hashes, gathered while walking the postings, so no label set is ever put together.
// Each series is counted in the first source that has it; then counts of labels add up.
#include <algorithm>
#include <functional>

#include "base/hash.h"
#include "samples/engine.h"
#include "samples/hidden_samples.h"

namespace pharos::samples {
namespace {

using store::NamedCount;

/// Calls back for each label pair of a source, with its series.
using OnPair = std::function<void(std::string_view name, std::string_view value,
                                  std::span<const uint32_t> series)>;
using Walk = std::function<void(const OnPair&)>;

/// One index, and which of its series count. Series that come while we look are left out.
struct Source {
  Walk walk;
  std::vector<uint8_t> chosen;
};

uint64_t PairHash(std::string_view name, std::string_view value) {
  return base::HashBytes64(name) * 0x9E3779B97F4A7C15u ^ base::HashBytes64(value);
}

/// Sums must not cancel out: the hash is mixed once more.
uint64_t Mixed(uint64_t hash) {
  hash ^= hash >> 32;
  hash *= 0xD6E8FEB86659FD93u;
  return hash ^ hash >> 32;
}

/// Leaves each series chosen in one source only. Returns how many there are.
uint64_t CountOnce(std::vector<Source>& sources) {
  struct Seen {
    uint64_t id;
    uint32_t source, series;
  };
  std::vector<Seen> all;
  for (uint32_t s = 0; s < sources.size(); ++s) {
    Source& source = sources[s];
    std::vector<uint64_t> ids(source.chosen.size());
    source.walk([&](std::string_view name, std::string_view value, std::span<const uint32_t> list) {
      const uint64_t hash = Mixed(PairHash(name, value));
      for (const uint32_t series : list) {
        if (series < ids.size()) ids[series] += hash;
      }
    });
    for (uint32_t series = 0; series < ids.size(); ++series) {
      if (source.chosen[series] != 0) all.push_back({ids[series], s, series});
    }
  }
  if (sources.size() == 1) return all.size();
  std::sort(all.begin(), all.end(), [](const Seen& a, const Seen& b) {
    return a.id != b.id ? a.id < b.id : a.source < b.source;
  });
  uint64_t count = 0;
  for (size_t i = 0; i < all.size(); ++i) {
    if (i == 0 || all[i].id != all[i - 1].id) {
      ++count;
    } else {
      sources[all[i].source].chosen[all[i].series] = 0;
    }
  }
  return count;
}

uint64_t ChosenOf(const Source& source, std::span<const uint32_t> list) {
  uint64_t count = 0;
  for (const uint32_t series : list)
    count += series < source.chosen.size() ? source.chosen[series] : 0;
  return count;
}

/// Numbers for names, in order of appearance.
class Names {
 public:
  uint32_t Of(std::string_view name) {
    if (!names_.empty() && names_[last_] == name) return last_;
    const auto found = numbers_.find(name);
    if (found != numbers_.end()) return last_ = found->second;
    last_ = static_cast<uint32_t>(names_.size());
    names_.emplace_back(name);
    return numbers_.emplace(std::string(name), last_).first->second;
  }
  const std::vector<std::string>& all() const { return names_; }

 private:
  std::vector<std::string> names_;
  std::map<std::string, uint32_t, std::less<>> numbers_;
  uint32_t last_ = 0;
};

struct Pair {
  uint64_t hash, series;
  uint32_t name;
};

/// Every label pair that a chosen series has, once.
std::vector<Pair> CountPairs(const std::vector<Source>& sources, Names& names) {
  std::vector<Pair> pairs;
  for (const Source& source : sources) {
    source.walk([&](std::string_view name, std::string_view value, std::span<const uint32_t> list) {
      const uint64_t series = ChosenOf(source, list);
      if (series > 0) pairs.push_back({PairHash(name, value), series, names.Of(name)});
    });
  }
  std::sort(pairs.begin(), pairs.end(),
            [](const Pair& a, const Pair& b) { return a.hash < b.hash; });
  size_t kept = 0;
  for (size_t i = 0; i < pairs.size(); ++i) {
    if (kept > 0 && pairs[kept - 1].hash == pairs[i].hash) {
      pairs[kept - 1].series += pairs[i].series;
    } else {
      pairs[kept++] = pairs[i];
    }
  }
  pairs.resize(kept);
  return pairs;
}

/// The first `limit` in this order; the others go.
template <class T, class Before>
void Top(std::vector<T>& items, size_t limit, Before before) {
  const size_t kept = std::min(limit, items.size());
  std::partial_sort(items.begin(), items.begin() + static_cast<long>(kept), items.end(), before);
  items.resize(kept);
}

bool More(const NamedCount& a, const NamedCount& b) {
  return a.value != b.value ? a.value > b.value : a.name < b.name;
}

/// The pairs with the most series, of one name or of all, by hash.
std::vector<Pair> TopPairs(const std::vector<Pair>& pairs, std::optional<uint32_t> name,
                           size_t limit) {
  std::vector<Pair> top;
  for (const Pair& pair : pairs) {
    if (!name || pair.name == *name) top.push_back(pair);
  }
  Top(top, limit, [](const Pair& a, const Pair& b) {
    return a.series != b.series ? a.series > b.series : a.hash < b.hash;
  });
  std::sort(top.begin(), top.end(), [](const Pair& a, const Pair& b) { return a.hash < b.hash; });
  return top;
}

const Pair* FindPair(const std::vector<Pair>& sorted, uint64_t hash) {
  const auto at = std::lower_bound(sorted.begin(), sorted.end(), hash,
                                   [](const Pair& pair, uint64_t h) { return pair.hash < h; });
  return at != sorted.end() && at->hash == hash ? &*at : nullptr;
}

/// Gives pairs their texts back: "name=value", or the value alone.
std::vector<NamedCount> Texts(const std::vector<Source>& sources, const std::vector<Pair>& pairs,
                              bool value_only) {
  std::map<uint64_t, NamedCount> texts;
  if (pairs.empty()) return {};
  for (const Source& source : sources) {
    source.walk([&](std::string_view name, std::string_view value, std::span<const uint32_t>) {
      const uint64_t hash = PairHash(name, value);
      const Pair* pair = FindPair(pairs, hash);
      if (pair == nullptr || texts.contains(hash)) return;
      std::string text = value_only ? "" : std::string(name) + "=";
      texts[hash] = {text.append(value), pair->series};
    });
  }
  std::vector<NamedCount> out;
  for (auto& [hash, text] : texts) out.push_back(std::move(text));
  std::sort(out.begin(), out.end(), More);
  return out;
}

/// Distinct values of each label within each of the metrics.
void CountLabels(const std::vector<Source>& sources, Names& names, size_t limit,
                 std::vector<store::MetricCardinality>& metrics) {
  struct Value {
    uint32_t metric, name;
    uint64_t hash;
    auto operator<=>(const Value&) const = default;
  };
  constexpr uint16_t kNone = UINT16_MAX;
  std::map<std::string_view, uint16_t> numbers;
  for (const auto& metric : metrics)
    numbers.emplace(metric.name, static_cast<uint16_t>(numbers.size()));
  std::vector<Value> values;
  for (const Source& source : sources) {
    std::vector<uint16_t> metric_of(source.chosen.size(), kNone);
    source.walk([&](std::string_view name, std::string_view value, std::span<const uint32_t> list) {
      const auto metric = name == model::kMetricName ? numbers.find(value) : numbers.end();
      if (metric == numbers.end()) return;
      for (const uint32_t series : list) {
        if (series < metric_of.size() && source.chosen[series] != 0)
          metric_of[series] = metric->second;
      }
    });
    std::vector<uint8_t> seen(metrics.size());
    source.walk([&](std::string_view name, std::string_view value, std::span<const uint32_t> list) {
      if (name == model::kMetricName) return;
      std::fill(seen.begin(), seen.end(), 0);
      for (const uint32_t series : list) {
        const uint16_t metric = series < metric_of.size() ? metric_of[series] : kNone;
        if (metric == kNone || seen[metric] != 0) continue;
        seen[metric] = 1;
        values.push_back({metric, names.Of(name), PairHash(name, value)});
      }
    });
  }
  std::sort(values.begin(), values.end());
  values.erase(std::unique(values.begin(), values.end()), values.end());
  for (size_t i = 0; i < values.size();) {
    size_t end = i;
    while (end < values.size() && values[end].metric == values[i].metric &&
           values[end].name == values[i].name)
      ++end;
    metrics[values[i].metric].labels.push_back({names.all()[values[i].name], end - i});
    i = end;
  }
  for (auto& metric : metrics) Top(metric.labels, limit, More);
}

void Choose(Source& source, const std::vector<uint32_t>& series) {
  for (const uint32_t one : series) {
    if (one >= source.chosen.size()) source.chosen.resize(one + 1);
    source.chosen[one] = 1;
  }
}

/// As store::CardinalityQuery::selectors has it.
template <class Index>
void ChooseSelected(const Index& index, const store::CardinalityQuery& query, Source& source) {
  if (query.selectors.empty()) return Choose(source, index.Select({}));
  for (const auto& matchers : query.selectors) Choose(source, index.Select(matchers));
}

Source OfPart(Part& part, const std::shared_ptr<const PartIndex>& index,
              const store::CardinalityQuery& query) {
  Source source;
  ChooseSelected(*index, query, source);
  const auto hidden = part.Hidden(*index);
  for (uint32_t series = 0; series < source.chosen.size(); ++series) {
    const SeriesPlace& place = index->place(series);
    const bool out = place.min_ms > query.end_ms || place.max_ms < query.start_ms ||
                     (hidden != nullptr && hidden->Covers(series, place.min_ms, place.max_ms));
    if (out) source.chosen[series] = 0;
  }
  source.walk = [index](const OnPair& on_pair) {
    for (const std::string& name : index->Names()) {
      index->ForEachValue(name, [&](std::string_view value, std::span<const uint32_t> series) {
        on_pair(name, value, series);
      });
    }
  };
  return source;
}

}  // namespace

store::HeadCardinality SampleEngine::InMemory(std::string_view tenant_name, size_t limit) {
  store::HeadCardinality out;
  const TenantPtr tenant = FindTenant(tenant_name);
  if (tenant == nullptr) return out;
  out.series = tenant->head.series_count();
  out.samples = tenant->head.MemorySamples();
  if (!tenant->head.TimeBounds(&out.min_time_ms, &out.max_time_ms))
    out.min_time_ms = out.max_time_ms = 0;
  // A label's length in memory counts with its two length fields, as Prometheus does.
  const auto size = [](std::string_view text) { return text.size() + (text.size() < 255 ? 1 : 4); };
  std::map<std::string, std::pair<uint64_t, uint64_t>, std::less<>> labels;  // values, bytes
  size_t worst = 0;  // the least that still belongs into series_by_pair
  tenant->head.index().ForEachPair(
      [&](std::string_view name, std::string_view value, std::span<const uint32_t> series) {
        ++out.label_pairs;
        auto label = labels.find(name);
        if (label == labels.end()) label = labels.try_emplace(std::string(name)).first;
        ++label->second.first;
        label->second.second += series.size() * (size(name) + size(value));
        if (name == model::kMetricName)
          out.series_by_metric.push_back({std::string(value), series.size()});
        if (series.size() < worst) return;
        out.series_by_pair.push_back({std::string(name) + "=" + std::string(value), series.size()});
        if (out.series_by_pair.size() < 4 * limit + 64) return;
        Top(out.series_by_pair, limit, More);
        worst = out.series_by_pair.back().value;
      });
  for (const auto& [name, counts] : labels) {
    out.values_by_label.push_back({name, counts.first});
    out.bytes_by_label.push_back({name, counts.second});
  }
  for (auto* list :
       {&out.series_by_metric, &out.values_by_label, &out.bytes_by_label, &out.series_by_pair})
    Top(*list, limit, More);
  return out;
}

base::Result<store::CardinalityReport> SampleEngine::Cardinality(
    const store::CardinalityQuery& query) {
  store::CardinalityReport report;
  const TenantPtr tenant = FindTenant(query.tenant);
  if (tenant == nullptr) return report;
  std::vector<Source> sources;
  int64_t min_ms, max_ms;
  if (tenant->head.TimeBounds(&min_ms, &max_ms) && min_ms <= query.end_ms &&
      max_ms >= query.start_ms) {
    Source& head = sources.emplace_back();
    const LabelIndex& index = tenant->head.index();
    ChooseSelected(index, query, head);
    head.walk = [&index](const OnPair& on_pair) { index.ForEachPair(on_pair); };
    report.series_in_memory =
        static_cast<uint64_t>(std::count(head.chosen.begin(), head.chosen.end(), 1));
  }
  const auto parts = tenant->parts();
  for (const auto& part : *parts) {
    if (!part->Overlaps(query.start_ms, query.end_ms) || part->broken()) continue;
    PHAROS_TRY(const auto index, part->Index());
    sources.push_back(OfPart(*part, index, query));
    ++report.parts;
  }
  report.series = CountOnce(sources);
  Names names;
  const uint32_t metric_name = names.Of(model::kMetricName);
  const std::vector<Pair> pairs = CountPairs(sources, names);
  report.label_pairs = pairs.size();
  report.by_label.resize(names.all().size());
  for (size_t i = 0; i < names.all().size(); ++i) report.by_label[i].name = names.all()[i];
  for (const Pair& pair : pairs) {
    ++report.by_label[pair.name].values;
    report.by_label[pair.name].series += pair.series;
  }
  report.metrics = report.by_label[metric_name].values;
  const auto churn = tenant->churn.LastHour(clock_.NowMs());
  for (NamedCount& metric :
       Texts(sources, TopPairs(pairs, metric_name, query.limit), /*value_only=*/true)) {
    const auto made = churn.find(metric.name);
    report.by_metric.push_back(
        {metric.name, metric.value, made != churn.end() ? made->second : 0, {}});
  }
  for (const auto& [metric, count] : churn) {
    if (FindPair(pairs, PairHash(model::kMetricName, metric)) != nullptr)
      report.new_series += count;
  }
  CountLabels(sources, names, query.limit, report.by_metric);
  report.by_pair = Texts(sources, TopPairs(pairs, std::nullopt, query.limit), false);
  if (!query.focus_label.empty()) {
    report.focus = Texts(sources, TopPairs(pairs, names.Of(query.focus_label), query.limit), true);
  }
  std::erase_if(report.by_label, [](const auto& label) { return label.values == 0; });
  Top(report.by_label, query.limit, [](const auto& a, const auto& b) {
    return a.values != b.values ? a.values > b.values : a.name < b.name;
  });
  return report;
}

}  // namespace pharos::samples
