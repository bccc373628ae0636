#include "samples/label_index.h"

#include <algorithm>
#include <cstring>
#include <mutex>

#include "base/result.h"
#include "samples/label_bytes.h"

namespace pharos::samples {
namespace {

constexpr uint32_t kNone = UINT32_MAX;

/// Fewer values are looked at one by one.
constexpr size_t kFewValues = 512;

/// Bytes of a label beside its text: entry, look-up, place among the name's values.
constexpr size_t kPairOverhead = 80;

void Insert(std::vector<uint32_t>& list, uint32_t series) {
  // A list of all series of a fleet is long: doubling it would leave half of it empty.
  if (list.size() == list.capacity() && list.size() >= 1024)
    list.reserve(list.size() + list.size() / 8);
  if (list.empty() || list.back() < series) {
    list.push_back(series);
  } else {
    list.insert(std::lower_bound(list.begin(), list.end(), series), series);
  }
}

void Erase(std::vector<uint32_t>& list, const std::vector<uint32_t>& gone) {
  std::erase_if(list, [&](uint32_t s) { return std::binary_search(gone.begin(), gone.end(), s); });
}

uint32_t HashOf(std::string_view pair) {
  const uint64_t hash = base::HashBytes64(pair);
  return static_cast<uint32_t>(hash ^ hash >> 32);
}

std::string_view ValueOf(std::string_view pair) {
  codec::ByteReader in(pair);
  in.Bytes();
  return in.Bytes();
}

std::string PairOf(std::string_view name, std::string_view value) {
  std::string pair;
  codec::PutBytes(pair, name);
  codec::PutBytes(pair, value);
  return pair;
}

}  // namespace

/// The index as a PostingSource, while its lock is held.
class LabelIndex::Source final : public PostingSource {
 public:
  explicit Source(const LabelIndex& index) : index_(index) {}

  std::span<const uint32_t> Find(std::string_view name, std::string_view value) const override {
    const uint32_t number = index_.Find(PairOf(name, value));
    if (number == kNone) return {};
    return index_.At(number).series;
  }
  void ForEachValue(std::string_view name, std::string_view from, std::string_view to,
                    const OnValue& on_value) const override {
    const auto found = index_.name_numbers_.find(name);
    if (found == index_.name_numbers_.end()) return;
    const auto value_of = [&](uint32_t number) { return samples::ValueOf(index_.Pair(number)); };
    const std::vector<uint32_t>& values = index_.names_[found->second].values;
    if ((from.empty() && to == kEndOfValues) || values.size() < kFewValues) {
      for (const uint32_t number : values) on_value(value_of(number), index_.At(number).series);
      return;
    }
    const std::vector<uint32_t>& ordered = index_.ByValue(found->second);
    for (auto at = std::ranges::lower_bound(ordered, from, {}, value_of); at != ordered.end();
         ++at) {
      const std::string_view value = value_of(*at);
      if (value > to && to != kEndOfValues) return;
      on_value(value, index_.At(*at).series);
    }
  }
  size_t ValueCount(std::string_view name) const override {
    const auto found = index_.name_numbers_.find(name);
    return found == index_.name_numbers_.end() ? 0 : index_.names_[found->second].values.size();
  }
  std::vector<uint32_t> All() const override { return index_.all_; }

 private:
  const LabelIndex& index_;
};

size_t LabelIndex::Add(uint32_t series, std::string_view labels, std::vector<uint32_t>* pairs) {
  std::unique_lock lock(mutex_);
  Insert(all_, series);
  size_t made_bytes = 0;
  ForEachLabel(labels, [&](model::LabelView label, std::string_view pair) {
    const uint32_t number = FindOrMake(label.name, pair, &made_bytes);
    Insert(At(number).series, series);
    pairs->push_back(number);
  });
  return made_bytes;
}

uint32_t LabelIndex::Find(std::string_view pair) const {
  if (table_.empty()) return kNone;
  const size_t mask = table_.size() - 1;
  const uint32_t hash = HashOf(pair);
  for (size_t at = hash & mask; table_[at] != 0; at = (at + 1) & mask) {
    const uint32_t number = table_[at] - 1;
    if (At(number).hash == hash && Pair(number) == pair) return number;
  }
  return kNone;
}

uint32_t LabelIndex::FindOrMake(std::string_view name, std::string_view pair, size_t* made_bytes) {
  if (const uint32_t found = Find(pair); found != kNone) return found;
  const uint32_t number = NewNumber();
  Entry& entry = At(number);
  entry.bytes = std::make_unique_for_overwrite<char[]>(pair.size());
  std::memcpy(entry.bytes.get(), pair.data(), pair.size());
  entry.size = static_cast<uint32_t>(pair.size());
  entry.hash = HashOf(pair);
  auto known = name_numbers_.find(name);
  if (known == name_numbers_.end()) {
    uint32_t at = static_cast<uint32_t>(names_.size());
    if (free_names_.empty()) {
      names_.emplace_back();
    } else {
      at = free_names_.back();
      free_names_.pop_back();
    }
    names_[at].text = name;
    known = name_numbers_.emplace(std::string(name), at).first;
  }
  entry.name = known->second;
  std::vector<uint32_t>& values = names_[entry.name].values;
  entry.place = static_cast<uint32_t>(values.size());
  values.push_back(number);
  if (names_[entry.name].ordered) names_[entry.name].fresh.push_back(number);
  Link(number);
  *made_bytes += kPairOverhead + pair.size();
  return number;
}

uint32_t LabelIndex::NewNumber() {
  if ((limit_ - free_.size() + 1) * 3 > table_.size() * 2) GrowTable();
  if (!free_.empty()) {
    const uint32_t number = free_.back();
    free_.pop_back();
    return number;
  }
  const uint32_t at = limit_ + kFirstSlab;
  if ((at & (at - 1)) == 0) {
    const auto slab = static_cast<size_t>(31 - __builtin_clz(at) - 10);
    PHAROS_CHECK(slab < kSlabs, "there are more labels than numbers for them");
    slabs_[slab] = std::make_unique<Entry[]>(at);
  }
  return limit_++;
}

void LabelIndex::Link(uint32_t number) {
  const size_t mask = table_.size() - 1;
  size_t at = At(number).hash & mask;
  while (table_[at] != 0) at = (at + 1) & mask;
  table_[at] = number + 1;
}

void LabelIndex::GrowTable() {
  std::vector<uint32_t> old(table_.empty() ? 1024 : table_.size() * 2);
  old.swap(table_);
  for (const uint32_t number : old) {
    if (number != 0) Link(number - 1);
  }
}

size_t LabelIndex::Remove(const std::vector<uint32_t>& gone, std::vector<uint32_t> touched) {
  std::sort(touched.begin(), touched.end());
  touched.erase(std::unique(touched.begin(), touched.end()), touched.end());
  std::unique_lock lock(mutex_);
  Erase(all_, gone);
  size_t freed = 0;
  for (const uint32_t number : touched) {
    std::vector<uint32_t>& list = At(number).series;
    Erase(list, gone);
    if (list.empty()) freed += Drop(number);
  }
  if (freed == 0) return 0;
  const auto dropped = [&](uint32_t number) { return At(number).bytes == nullptr; };
  for (Name& name : names_) {
    std::erase_if(name.by_value, dropped);
    std::erase_if(name.fresh, dropped);
  }
  // Whoever was linked behind one that went must be found again.
  std::vector<uint32_t> old(table_.size());
  old.swap(table_);
  for (const uint32_t number : old) {
    if (number != 0 && At(number - 1).bytes != nullptr) Link(number - 1);
  }
  return freed;
}

size_t LabelIndex::Drop(uint32_t number) {
  Entry& entry = At(number);
  const size_t bytes = kPairOverhead + entry.size;
  Name& name = names_[entry.name];
  const uint32_t moved = name.values.back();
  name.values[entry.place] = moved;
  At(moved).place = entry.place;
  name.values.pop_back();
  if (name.values.empty()) {
    name_numbers_.erase(name.text);
    free_names_.push_back(entry.name);
    name = {};
  }
  entry = {};
  free_.push_back(number);
  return bytes;
}

bool LabelIndex::ValueLess(uint32_t a, uint32_t b) const {
  return ValueOf(Pair(a)) < ValueOf(Pair(b));
}

const std::vector<uint32_t>& LabelIndex::ByValue(uint32_t number) const {
  std::lock_guard lock(order_mutex_);
  Name& name = names_[number];
  if (!name.ordered) name.fresh = name.values;
  name.ordered = true;
  if (name.fresh.empty()) return name.by_value;
  const auto less = [&](uint32_t a, uint32_t b) { return ValueLess(a, b); };
  std::sort(name.fresh.begin(), name.fresh.end(), less);
  std::vector<uint32_t> merged;
  merged.reserve(name.by_value.size() + name.fresh.size());
  // Few come between two questions: their places are looked up, what lies between is copied.
  auto from = name.by_value.begin();
  for (const uint32_t one : name.fresh) {
    const auto to = std::lower_bound(from, name.by_value.end(), one, less);
    merged.insert(merged.end(), from, to);
    merged.push_back(one);
    from = to;
  }
  merged.insert(merged.end(), from, name.by_value.end());
  name.by_value = std::move(merged);
  name.fresh = {};
  return name.by_value;
}

bool LabelIndex::Same(std::span<const uint32_t> pairs, std::string_view labels) const {
  for (const uint32_t number : pairs) {
    const std::string_view pair = Pair(number);
    if (!labels.starts_with(pair)) return false;
    labels.remove_prefix(pair.size());
  }
  return labels.empty();
}

void LabelIndex::AppendLabels(std::span<const uint32_t> pairs, std::string* out) const {
  for (const uint32_t number : pairs) *out += Pair(number);
}

uint32_t LabelIndex::PairLimit() const {
  std::shared_lock lock(mutex_);
  return limit_;
}

std::vector<uint32_t> LabelIndex::Select(const std::vector<model::Matcher>& matchers) const {
  std::shared_lock lock(mutex_);
  return SelectSeries(Source(*this), matchers);
}

std::vector<std::string> LabelIndex::Names() const {
  std::shared_lock lock(mutex_);
  std::vector<std::string> out;
  for (const auto& [name, number] : name_numbers_) out.push_back(name);
  return out;
}

std::vector<std::string> LabelIndex::Values(std::string_view name) const {
  std::shared_lock lock(mutex_);
  std::vector<std::string> out;
  const auto found = name_numbers_.find(name);
  if (found == name_numbers_.end()) return out;
  for (const uint32_t number : names_[found->second].values)
    out.emplace_back(ValueOf(Pair(number)));
  return out;
}

size_t LabelIndex::ValueCount(std::string_view name) const {
  std::shared_lock lock(mutex_);
  return Source(*this).ValueCount(name);
}

size_t LabelIndex::SeriesCount(std::string_view name, std::string_view value) const {
  std::shared_lock lock(mutex_);
  return Source(*this).Find(name, value).size();
}

void LabelIndex::ForEachPair(const std::function<void(std::string_view, std::string_view,
                                                      std::span<const uint32_t>)>& on_pair) const {
  std::shared_lock lock(mutex_);
  for (const Name& name : names_) {
    for (const uint32_t number : name.values)
      on_pair(name.text, ValueOf(Pair(number)), At(number).series);
  }
}

}  // namespace pharos::samples
