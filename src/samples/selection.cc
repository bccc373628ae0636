#include "samples/selection.h"

#include <algorithm>
#include <compare>
#include <iterator>
#include <unordered_map>

#include "samples/label_bytes.h"

namespace pharos::samples {
namespace {

model::LabelView Parse(std::string_view pair) {
  codec::ByteReader in(pair);
  const std::string_view name = in.Bytes();
  return {name, in.Bytes()};
}

/// Distinct numbers among `all`, rising.
std::vector<uint32_t> Distinct(std::vector<uint32_t> all, size_t numbers) {
  if (all.size() > numbers / 16) {
    std::vector<bool> used(numbers);
    for (const uint32_t n : all) used[n] = true;
    all.clear();
    for (uint32_t n = 0; n < numbers; ++n) {
      if (used[n]) all.push_back(n);
    }
    return all;
  }
  std::sort(all.begin(), all.end());
  all.erase(std::unique(all.begin(), all.end()), all.end());
  return all;
}

/// Where the runs of rows of one source end, from 0 on.
template <class Row>
std::vector<size_t> RunEnds(const std::vector<Row>& rows) {
  std::vector<size_t> ends{0};
  for (size_t i = 1; i <= rows.size(); ++i) {
    if (i == rows.size() || rows[i].ref.source != rows[i - 1].ref.source) ends.push_back(i);
  }
  return ends;
}

/// Merges rows that come source by source, sorted within each.
template <class Row, class Less>
void MergeRuns(std::vector<Row>& rows, const std::vector<size_t>& ends, const Less& less) {
  const auto at = [&](size_t i) { return rows.begin() + static_cast<std::ptrdiff_t>(i); };
  for (size_t width = 1; width + 1 < ends.size(); width *= 2) {
    for (size_t i = 0; i + width < ends.size() - 1; i += 2 * width) {
      const size_t end = std::min(i + 2 * width, ends.size() - 1);
      std::inplace_merge(at(ends[i]), at(ends[i + width]), at(ends[end]), less);
    }
  }
}

bool LessPair(std::string_view a, std::string_view b) { return CompareLabels(a, b) < 0; }

constexpr uint32_t kNoGroup = UINT32_MAX;

/// Groups by the numbers of their pairs.
class GroupKeys {
 public:
  uint32_t Find(const std::vector<uint32_t>& key) const {
    const auto found = by_hash_.find(HashOf(key));
    if (found == by_hash_.end()) return kNoGroup;
    for (const Known* known = &found->second; known != nullptr; known = known->next.get()) {
      if (known->key == key) return known->group;
    }
    return kNoGroup;
  }
  /// One that is not there.
  void Add(const std::vector<uint32_t>& key, uint32_t group) {
    const auto [found, fresh] = by_hash_.try_emplace(HashOf(key));
    Known& first = found->second;
    if (!fresh) first.next = std::make_unique<Known>(std::move(first));
    first.key = key;
    first.group = group;
  }

 private:
  struct Known {
    std::vector<uint32_t> key;
    uint32_t group = kNoGroup;
    std::unique_ptr<Known> next;  // of the same hash
  };
  static uint64_t HashOf(const std::vector<uint32_t>& key) {
    return base::HashBytes64({reinterpret_cast<const char*>(key.data()), key.size() * 4});
  }
  std::unordered_map<uint64_t, Known> by_hash_;
};

}  // namespace

/// A series of one source on its way into the common order.
struct EngineSelection::Row {
  uint32_t begin = 0, size = 0;  ///< in ranks_
  Ref ref;
};

EngineSelection::EngineSelection(HeadSnapshot head, std::vector<PartChoice> parts,
                                 const store::SampleQuery& query, TimeRuns& runs)
    : head_(std::move(head)),
      parts_(std::move(parts)),
      start_ms_(query.start_ms),
      end_ms_(query.end_ms),
      presence_only_(query.presence_only),
      runs_(runs) {
  alike_ = NumbersAlike();
  if (alike_)
    MergeByNumber();
  else
    Merge(RankRows());
}

bool EngineSelection::NumbersAlike() const {
  if (!head_.series.empty()) return false;
  return std::ranges::all_of(parts_, [&](const PartChoice& choice) {
    return choice.index->numbering() == parts_[0].index->numbering();
  });
}

void EngineSelection::MergeByNumber() {
  if (parts_.empty()) return;
  struct Cursor {
    const PartChoice& choice;
    size_t at = 0;
  };
  std::vector<Cursor> cursors;
  for (const PartChoice& choice : parts_) cursors.push_back({choice});
  constexpr uint32_t kEnd = UINT32_MAX;
  const auto number = [](const Cursor& cursor) {
    return cursor.at < cursor.choice.series.size() ? cursor.choice.series[cursor.at] : kEnd;
  };
  refs_.reserve(parts_[0].series.size() * parts_.size());
  first_ref_.reserve(parts_[0].series.size() + 1);
  for (;;) {
    uint32_t series = kEnd;
    for (const Cursor& cursor : cursors) series = std::min(series, number(cursor));
    if (series == kEnd) return;
    for (uint32_t p = 0; p < cursors.size(); ++p) {
      if (number(cursors[p]) != series) continue;
      ++cursors[p].at;
      const SeriesPlace& place = cursors[p].choice.index->place(series);
      if (place.min_ms <= end_ms_ && place.max_ms >= start_ms_) refs_.push_back({p, series});
    }
    if (refs_.size() > first_ref_.back()) first_ref_.push_back(static_cast<uint32_t>(refs_.size()));
  }
}

std::vector<EngineSelection::Row> EngineSelection::RankRows() {
  // Local numbers first: of a part's own dictionary, or in the order of appearance.
  struct Local {
    std::vector<uint32_t> numbers;        // all rows' pairs
    std::vector<uint32_t> distinct;       // in order of their bytes
    std::vector<std::string_view> bytes;  // of `distinct`
    size_t dictionary = 0;
  };
  std::vector<Local> locals(parts_.size() + 1);
  std::vector<Row> rows;
  size_t most_rows = head_.series.size();
  for (const PartChoice& choice : parts_) most_rows += choice.series.size();
  rows.reserve(most_rows);
  constexpr size_t kLabels = 8;  // about, a series
  for (uint32_t p = 0; p < parts_.size(); ++p) {
    Local& local = locals[p];
    const PartIndex& index = *parts_[p].index;
    local.numbers.reserve(parts_[p].series.size() * kLabels);
    for (const uint32_t series : parts_[p].series) {
      const SeriesPlace& place = index.place(series);
      if (place.min_ms > end_ms_ || place.max_ms < start_ms_) continue;
      const auto pairs = index.PairsOf(series);
      rows.push_back({0, static_cast<uint32_t>(pairs.size()), {p, series}});
      local.numbers.insert(local.numbers.end(), pairs.begin(), pairs.end());
    }
    local.dictionary = index.pair_count();
    local.distinct = Distinct(local.numbers, local.dictionary);
    for (const uint32_t pair : local.distinct) local.bytes.push_back(index.Pair(pair));
  }
  Local& memory = locals.back();
  std::unordered_map<std::string_view, uint32_t> known;
  for (uint32_t s = 0; s < head_.series.size(); ++s) {
    const size_t before = memory.numbers.size();
    ForEachLabel(head_.LabelBytes(head_.series[s]), [&](model::LabelView, std::string_view pair) {
      const auto [found, fresh] = known.try_emplace(pair, static_cast<uint32_t>(known.size()));
      if (fresh) memory.bytes.push_back(pair);
      memory.numbers.push_back(found->second);
    });
    rows.push_back({0,
                    static_cast<uint32_t>(memory.numbers.size() - before),
                    {static_cast<uint32_t>(parts_.size()), s}});
  }
  memory.dictionary = known.size();
  std::sort(memory.bytes.begin(), memory.bytes.end(), LessPair);
  for (const std::string_view pair : memory.bytes) memory.distinct.push_back(known[pair]);

  for (const Local& local : locals) UnitePairs(local.bytes);
  size_t all_labels = 0;
  for (const Local& local : locals) all_labels += local.numbers.size();
  ranks_.reserve(all_labels);
  for (const Local& local : locals) {
    // Both lists rise.
    std::vector<uint32_t> rank_of(local.dictionary);
    uint32_t rank = 0;
    for (size_t i = 0; i < local.distinct.size(); ++i, ++rank) {
      while (pairs_[rank] != local.bytes[i]) ++rank;
      rank_of[local.distinct[i]] = rank;
    }
    for (const uint32_t number : local.numbers) ranks_.push_back(rank_of[number]);
  }
  uint32_t begin = 0;
  for (Row& row : rows) {
    row.begin = begin;
    begin += row.size;
  }
  return rows;
}

void EngineSelection::UnitePairs(const std::vector<std::string_view>& more) {
  if (more.empty()) return;
  std::vector<std::string_view> both;
  both.reserve(std::max(pairs_.size(), more.size()) + 64);
  std::set_union(pairs_.begin(), pairs_.end(), more.begin(), more.end(), std::back_inserter(both),
                 LessPair);
  pairs_ = std::move(both);
}

std::span<const uint32_t> EngineSelection::RanksOf(const Row& row) const {
  return {ranks_.data() + row.begin, row.size};
}

// Rows of one source come in order, except the head's, which are the last.
void EngineSelection::Merge(std::vector<Row> rows) {
  if (rows.empty()) return;
  const auto less = [&](const Row& a, const Row& b) {
    const auto x = RanksOf(a), y = RanksOf(b);
    const auto order =
        std::lexicographical_compare_three_way(x.begin(), x.end(), y.begin(), y.end());
    return order != 0 ? order < 0 : a.ref.source < b.ref.source;
  };
  const std::vector<size_t> ends = RunEnds(rows);
  const auto last = rows.begin() + static_cast<std::ptrdiff_t>(ends[ends.size() - 2]);
  if (!head_.series.empty() && !std::is_sorted(last, rows.end(), less))
    std::sort(last, rows.end(), less);
  refs_.reserve(rows.size());
  first_ref_.reserve(rows.size() + 1);
  labels_.reserve(rows.size());
  if (ends.size() == 3) return MergeTwo(rows, ends[1]);
  MergeRuns(rows, ends, less);
  for (size_t i = 0; i < rows.size(); ++i) {
    const bool same = i > 0 && std::ranges::equal(RanksOf(rows[i]), RanksOf(rows[i - 1]));
    if (i > 0 && !same) first_ref_.push_back(static_cast<uint32_t>(refs_.size()));
    if (!same) labels_.push_back(RanksOf(rows[i]));
    refs_.push_back(rows[i].ref);
  }
  first_ref_.push_back(static_cast<uint32_t>(refs_.size()));
}

// The same for two runs, of which most series are in both: one walk.
void EngineSelection::MergeTwo(const std::vector<Row>& rows, size_t middle) {
  for (size_t a = 0, b = middle; a < middle || b < rows.size();) {
    auto order = std::strong_ordering::equal;
    if (a == middle || b == rows.size()) {
      order = a < middle ? std::strong_ordering::less : std::strong_ordering::greater;
    } else {
      const auto x = RanksOf(rows[a]), y = RanksOf(rows[b]);
      order = std::lexicographical_compare_three_way(x.begin(), x.end(), y.begin(), y.end());
    }
    labels_.push_back(RanksOf(order <= 0 ? rows[a] : rows[b]));
    if (order <= 0) refs_.push_back(rows[a++].ref);
    if (order >= 0) refs_.push_back(rows[b++].ref);
    first_ref_.push_back(static_cast<uint32_t>(refs_.size()));
  }
}

std::span<const uint32_t> EngineSelection::PairsOf(size_t series) const {
  return alike_ ? parts_[0].index->PairsOf(refs_[first_ref_[series]].series) : labels_[series];
}

std::string_view EngineSelection::Pair(uint32_t pair) const {
  return alike_ ? parts_[0].index->Pair(pair) : pairs_[pair];
}

model::Labels EngineSelection::LabelsOf(size_t series) const {
  std::string bytes;
  size_t size = 0;
  for (const uint32_t pair : PairsOf(series)) size += Pair(pair).size();
  bytes.reserve(size);
  for (const uint32_t pair : PairsOf(series)) bytes += Pair(pair);
  return model::Labels::FromCanonical(std::move(bytes));
}

store::SeriesGroups EngineSelection::GroupBy(const std::vector<std::string>& names,
                                             bool without) const {
  store::SeriesGroups groups;
  enum : uint8_t { kUnknown, kKept, kLeft };
  std::vector<uint8_t> kept(!alike_          ? pairs_.size()
                            : parts_.empty() ? 0
                                             : parts_[0].index->pair_count(),
                            kUnknown);
  const auto keeps = [&](uint32_t pair) {
    if (kept[pair] == kUnknown) {
      const std::string_view name = Parse(Pair(pair)).name;
      const bool listed = std::find(names.begin(), names.end(), name) != names.end();
      kept[pair] = (without ? !listed && name != model::kMetricName : listed) ? kKept : kLeft;
    }
    return kept[pair] == kKept;
  };
  if (!without && names.empty()) {
    groups.group_of.assign(size(), 0);
    groups.labels.emplace_back();
    return groups;
  }
  // Groups by one label alone need no hashing: the pair tells.
  std::vector<uint32_t> of_pair(kept.size(), kNoGroup);
  GroupKeys keys;
  std::vector<uint32_t> key;
  groups.group_of.reserve(size());
  for (size_t series = 0; series < size(); ++series) {
    key.clear();
    for (const uint32_t pair : PairsOf(series)) {
      if (keeps(pair)) key.push_back(pair);
    }
    uint32_t group = key.size() == 1 ? of_pair[key[0]] : keys.Find(key);
    if (group == kNoGroup) {
      group = static_cast<uint32_t>(groups.labels.size());
      if (key.size() == 1)
        of_pair[key[0]] = group;
      else
        keys.Add(key, group);
      std::string bytes;
      for (const uint32_t pair : key) bytes += Pair(pair);
      groups.labels.push_back(model::Labels::FromCanonical(std::move(bytes)));
    }
    groups.group_of.push_back(group);
  }
  return groups;
}

}  // namespace pharos::samples
