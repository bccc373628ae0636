#include "events/attribute_forms.h"

#include <algorithm>
#include <bit>

#include "events/coding.h"
#include "events/limits.h"

namespace pharos::events {
namespace {

using model::KeyValue;
using model::Value;

constexpr size_t kMaxPlaces = 64;  // bits of `open`
constexpr size_t kMaxForms = 16;   // that are looked through for each event

bool SameKeys(std::span<const KeyValue> a, std::span<const KeyValue> b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const KeyValue& x, const KeyValue& y) {
                      return x.value.type == y.value.type && SameText(x.key, y.key);
                    });
}

/// Of one type, nothing nested.
bool SameContent(const Value& a, const Value& b) {
  switch (a.type) {
    case Value::Type::kString:
    case Value::Type::kBytes: return SameText(a.text, b.text);
    case Value::Type::kBool: return a.boolean == b.boolean;
    case Value::Type::kInt: return a.integer == b.integer;
    case Value::Type::kDouble:
      return std::bit_cast<uint64_t>(a.real) == std::bit_cast<uint64_t>(b.real);
    default: return true;
  }
}

bool IsFlat(std::span<const KeyValue> attributes) {
  return std::none_of(attributes.begin(), attributes.end(),
                      [](const KeyValue& kv) { return kv.value.type >= Value::Type::kArray; });
}

}  // namespace

SetRef AttributeForms::Find(std::span<const KeyValue> attributes) {
  if (attributes.empty() || attributes.size() > kMaxPlaces) return {};
  if (last_ < forms_.size() && SameKeys(forms_[last_].values, attributes)) {
    return Refer(forms_[last_], attributes);
  }
  for (last_ = 0; last_ < forms_.size(); ++last_) {
    if (SameKeys(forms_[last_].values, attributes)) return Refer(forms_[last_], attributes);
  }
  if (!IsFlat(attributes)) return {};
  if (forms_.size() < kMaxForms) {
    forms_.emplace_back();
  } else {
    last_ = next_++ % kMaxForms;
  }
  forms_[last_] = {{attributes.begin(), attributes.end()}, {}};
  return {};
}

/// A value that is not that of the events before is open from here on.
SetRef AttributeForms::Refer(Form& form, std::span<const KeyValue> attributes) {
  uint64_t open = form.set.open;
  for (size_t i = 0; i < attributes.size(); ++i) {
    const uint64_t bit = uint64_t{1} << i;
    if ((open & bit) == 0 && !SameContent(form.values[i].value, attributes[i].value)) open |= bit;
  }
  if (form.set.number == 0 || open != form.set.open) {
    form.set = {Put({form.values, open}), open};
  }
  return form.set.number == 0 ? SetRef() : form.set;
}

SetRef AttributeForms::FindShared(std::span<const KeyValue> attributes) {
  if (attributes.empty()) return {};
  Seen& seen = SeenAt(attributes.data());
  if (seen.data != attributes.data() || seen.size != attributes.size()) {
    seen = {attributes.data(), attributes.size(), 0};
    return {};
  }
  if (seen.number == 0) seen.number = Put({attributes, 0});
  return {seen.number, 0};
}

AttributeForms::Seen& AttributeForms::SeenAt(const KeyValue* data) {
  constexpr size_t kTries = 4;
  const auto address = reinterpret_cast<uintptr_t>(data);
  const size_t at = address >> 4 ^ address >> 8;
  for (size_t i = 0; i < kTries; ++i) {
    Seen& seen = seen_[(at + i) % seen_.size()];
    if (seen.data == data || seen.data == nullptr) return seen;
  }
  return seen_[at % seen_.size()];
}

uint64_t AttributeForms::Put(const AttributeSet& set) {
  std::string bytes;
  if (!PutAttributeSet(bytes, set) || bytes.size() > kMaxRecordBytes / 2) return 0;
  PutText(bytes_, bytes);
  return ++count_;
}

}  // namespace pharos::events
