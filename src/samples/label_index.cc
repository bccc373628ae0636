#include "samples/label_index.h"

#include <algorithm>
#include <mutex>

#include "samples/label_bytes.h"

namespace pharos::samples {
namespace {

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

}  // namespace

/// The index as a PostingSource, while its lock is held.
class LabelIndex::Source final : public PostingSource {
 public:
  explicit Source(const LabelIndex& index) : index_(index) {}

  std::span<const uint32_t> Find(std::string_view name, std::string_view value) const override {
    const auto values = index_.names_.find(name);
    if (values == index_.names_.end()) return {};
    const auto list = values->second.find(value);
    if (list == values->second.end()) return {};
    return list->second;
  }
  void ForEachValue(std::string_view name, std::string_view, std::string_view,
                    const OnValue& on_value) const override {
    const auto values = index_.names_.find(name);
    if (values == index_.names_.end()) return;
    for (const auto& [value, list] : values->second) on_value(value, list);
  }
  size_t ValueCount(std::string_view name) const override {
    const auto values = index_.names_.find(name);
    return values == index_.names_.end() ? 0 : values->second.size();
  }
  std::vector<uint32_t> All() const override { return index_.all_; }

 private:
  const LabelIndex& index_;
};

void LabelIndex::Add(uint32_t series, std::string_view labels) {
  std::unique_lock lock(mutex_);
  Insert(all_, series);
  ForEachLabel(labels, [&](model::LabelView label, std::string_view) {
    auto name = names_.find(label.name);
    if (name == names_.end()) name = names_.try_emplace(std::string(label.name)).first;
    auto value = name->second.find(label.value);
    if (value == name->second.end()) {
      value = name->second.try_emplace(std::string(label.value)).first;
    }
    Insert(value->second, series);
  });
}

void LabelIndex::Remove(const std::vector<uint32_t>& gone) {
  std::unique_lock lock(mutex_);
  Erase(all_, gone);
  for (auto name = names_.begin(); name != names_.end();) {
    for (auto value = name->second.begin(); value != name->second.end();) {
      Erase(value->second, gone);
      value = value->second.empty() ? name->second.erase(value) : std::next(value);
    }
    name = name->second.empty() ? names_.erase(name) : std::next(name);
  }
}

std::vector<uint32_t> LabelIndex::Select(const std::vector<model::Matcher>& matchers) const {
  std::shared_lock lock(mutex_);
  return SelectSeries(Source(*this), matchers);
}

std::vector<std::string> LabelIndex::Names() const {
  std::shared_lock lock(mutex_);
  std::vector<std::string> out;
  for (const auto& [name, values] : names_) out.push_back(name);
  return out;
}

std::vector<std::string> LabelIndex::Values(std::string_view name) const {
  std::shared_lock lock(mutex_);
  std::vector<std::string> out;
  if (const auto found = names_.find(name); found != names_.end()) {
    for (const auto& [value, list] : found->second) out.push_back(value);
  }
  return out;
}

size_t LabelIndex::ValueCount(std::string_view name) const {
  std::shared_lock lock(mutex_);
  const auto found = names_.find(name);
  return found != names_.end() ? found->second.size() : 0;
}

size_t LabelIndex::SeriesCount(std::string_view name, std::string_view value) const {
  std::shared_lock lock(mutex_);
  return Source(*this).Find(name, value).size();
}

void LabelIndex::ForEachPair(const std::function<void(std::string_view, std::string_view,
                                                      std::span<const uint32_t>)>& on_pair) const {
  std::shared_lock lock(mutex_);
  for (const auto& [name, values] : names_) {
    for (const auto& [value, series] : values) on_pair(name, value, series);
  }
}

}  // namespace pharos::samples
