#include "samples/part_index.h"

#include <algorithm>
#include <numeric>

#include "samples/label_bytes.h"

namespace pharos::samples {
namespace {

model::LabelView Parse(std::string_view pair) {
  codec::ByteReader in(pair);
  const std::string_view name = in.Bytes();
  return {name, in.Bytes()};
}

}  // namespace

base::Result<std::unique_ptr<PartIndex>> PartIndex::Load(const io::PartReader& file,
                                                         const PartInfo& info) {
  auto index = std::make_unique<PartIndex>();
  PHAROS_TRY_VOID(index->pairs_.Load(file));
  for (uint32_t page = 0; page < file.PageCount(kSeriesSection); ++page) {
    PHAROS_TRY(const std::string bytes, file.ReadPage(kSeriesSection, page));
    if (!index->AddSeries(bytes)) return base::Fail(base::ErrorKind::kCorrupt, "bad series list");
  }
  if (index->series_count() != info.series) {
    return base::Fail(base::ErrorKind::kCorrupt, "series are missing from the index");
  }
  index->BuildPostings();
  index->HashNumbering();
  return index;
}

bool PartIndex::AddSeries(std::string_view page) {
  SeriesPageReader in(pairs_, page);
  while (in.Next()) {
    label_pairs_.insert(label_pairs_.end(), in.pairs().begin(), in.pairs().end());
    if (label_pairs_.size() > UINT32_MAX) return false;
    label_begin_.push_back(static_cast<uint32_t>(label_pairs_.size()));
    places_.push_back(in.place());
  }
  return in.ok();
}

void PartIndex::BuildPostings() {
  postings_begin_.assign(pair_count() + 1, 0);
  for (const uint32_t pair : label_pairs_) ++postings_begin_[pair + 1];
  std::partial_sum(postings_begin_.begin(), postings_begin_.end(), postings_begin_.begin());
  std::vector<uint32_t> next(postings_begin_.begin(), postings_begin_.end() - 1);
  postings_.resize(label_pairs_.size());
  for (uint32_t series = 0; series < places_.size(); ++series) {
    for (uint32_t i = label_begin_[series]; i < label_begin_[series + 1]; ++i) {
      postings_[next[label_pairs_[i]]++] = series;
    }
  }
}

// A hash of hashes: of each pair's bytes, of the pairs of the series, of how many each has.
void PartIndex::HashNumbering() {
  const auto bytes_of = [](const auto& items) {
    return std::string_view(reinterpret_cast<const char*>(items.data()),
                            items.size() * sizeof(items[0]));
  };
  std::vector<base::Hash128> hashes;
  hashes.reserve(pair_count() + 2);
  for (uint32_t pair = 0; pair < pair_count(); ++pair)
    hashes.push_back(base::HashBytes128(Pair(pair)));
  hashes.push_back(base::HashBytes128(bytes_of(label_pairs_)));
  hashes.push_back(base::HashBytes128(bytes_of(label_begin_)));
  numbering_ = base::HashBytes128(bytes_of(hashes));
}

model::Labels PartIndex::LabelsOf(uint32_t series) const {
  std::string bytes;
  for (uint32_t i = label_begin_[series]; i < label_begin_[series + 1]; ++i)
    bytes += Pair(label_pairs_[i]);
  return model::Labels::Decode(bytes).value();  // pairs were checked on load
}

std::optional<uint32_t> PartIndex::FindSeries(const model::Labels& labels) const {
  // The labels as pair numbers; series are sorted by these.
  std::vector<uint32_t> pairs;
  for (const model::LabelView label : labels) {
    const uint32_t pair = LowerBound(label.name, label.value);
    if (pair == pair_count() || Parse(Pair(pair)) != label) return std::nullopt;
    pairs.push_back(pair);
  }
  uint32_t low = 0, high = static_cast<uint32_t>(places_.size());
  while (low < high) {
    const uint32_t middle = (low + high) / 2;
    const auto begin = label_pairs_.begin() + label_begin_[middle];
    const auto end = label_pairs_.begin() + label_begin_[middle + 1];
    if (std::lexicographical_compare(begin, end, pairs.begin(), pairs.end())) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  if (low == places_.size() ||
      !std::equal(pairs.begin(), pairs.end(), label_pairs_.begin() + label_begin_[low],
                  label_pairs_.begin() + label_begin_[low + 1])) {
    return std::nullopt;
  }
  return low;
}

std::vector<std::string> PartIndex::Names() const {
  std::vector<std::string> out;
  for (const uint32_t pair : pairs_.name_begin()) out.emplace_back(Parse(Pair(pair)).name);
  return out;
}

size_t PartIndex::bytes() const {
  return sizeof *this + pairs_.bytes() + places_.size() * (sizeof(SeriesPlace) + 4) +
         (label_pairs_.size() + postings_.size() + postings_begin_.size()) * 4;
}

uint32_t PartIndex::LowerBound(std::string_view name, std::string_view value) const {
  uint32_t low = 0, high = pair_count();
  while (low < high) {
    const uint32_t middle = (low + high) / 2;
    if (Parse(Pair(middle)) < model::LabelView{name, value}) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

std::span<const uint32_t> PartIndex::Find(std::string_view name, std::string_view value) const {
  const uint32_t pair = LowerBound(name, value);
  if (pair == pair_count() || Parse(Pair(pair)) != model::LabelView{name, value}) return {};
  return Postings(pair);
}

uint32_t PartIndex::EndOfName(std::string_view name) const {
  const auto later = std::ranges::upper_bound(
      pairs_.name_begin(), name, {}, [&](uint32_t pair) { return Parse(Pair(pair)).name; });
  return later == pairs_.name_begin().end() ? pair_count() : *later;
}

void PartIndex::ForEachValue(std::string_view name, std::string_view from, std::string_view to,
                             const OnValue& on_value) const {
  const uint32_t end = EndOfName(name);
  for (uint32_t pair = LowerBound(name, from); pair < end; ++pair) {
    const std::string_view value = Parse(Pair(pair)).value;
    if (value > to && to != kEndOfValues) return;
    on_value(value, Postings(pair));
  }
}

size_t PartIndex::ValueCount(std::string_view name) const {
  return EndOfName(name) - LowerBound(name, {});
}

std::string_view PartIndex::ValueOf(uint32_t series, std::string_view name) const {
  for (uint32_t i = label_begin_[series]; i < label_begin_[series + 1]; ++i) {
    const model::LabelView label = Parse(Pair(label_pairs_[i]));
    if (label.name == name) return label.value;
  }
  return {};
}

std::vector<uint32_t> PartIndex::All() const {
  std::vector<uint32_t> all(places_.size());
  std::iota(all.begin(), all.end(), 0);
  return all;
}

}  // namespace pharos::samples
