#include "model/labels.h"

#include <algorithm>
#include <cstdio>

namespace pharos::model {
namespace {

// Lengths in canonical bytes are LEB128; almost all fit one byte.
const char* ReadLength(const char* at, size_t* length) {
  uint64_t value = 0;
  for (int shift = 0;; shift += 7) {
    const auto byte = static_cast<uint8_t>(*at++);
    value |= static_cast<uint64_t>(byte & 0x7F) << shift;
    if (byte < 0x80) break;
  }
  *length = value;
  return at;
}

void AppendPart(std::string& out, std::string_view part) {
  size_t n = part.size();
  while (n >= 0x80) {
    out += static_cast<char>(n | 0x80);
    n >>= 7;
  }
  out += static_cast<char>(n);
  out += part;
}

/// Reads one length-prefixed part with bounds; false when the bytes end too early.
bool TakePart(std::string_view& bytes, std::string_view* part) {
  uint64_t length = 0;
  for (int shift = 0;; shift += 7) {
    if (bytes.empty() || shift > 28) return false;
    const auto byte = static_cast<uint8_t>(bytes.front());
    bytes.remove_prefix(1);
    length |= static_cast<uint64_t>(byte & 0x7F) << shift;
    if (byte == 0 && shift > 0) return false;  // longer than need be: a second form of one set
    if (byte < 0x80) break;
  }
  if (length > bytes.size()) return false;
  *part = bytes.substr(0, length);
  bytes.remove_prefix(length);
  return true;
}

bool LegacyName(std::string_view name) {
  if (name.empty() || (name[0] >= '0' && name[0] <= '9')) return false;
  return std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  });
}

void AppendQuoted(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : text) {
    switch (c) {
      case '"': out += "\\\""; break;
      case '\\': out += "\\\\"; break;
      case '\n': out += "\\n"; break;
      case '\t': out += "\\t"; break;
      case '\r': out += "\\r"; break;
      default:
        if (static_cast<uint8_t>(c) < 0x20 || c == 0x7F) {
          char buffer[8];
          std::snprintf(buffer, sizeof buffer, "\\x%02x", static_cast<uint8_t>(c));
          out += buffer;
        } else {
          out += c;
        }
    }
  }
  out += '"';
}

}  // namespace

LabelView Labels::Iterator::operator*() const {
  size_t name_length, value_length;
  const char* name = ReadLength(at_, &name_length);
  const char* value = ReadLength(name + name_length, &value_length);
  return {{name, name_length}, {value, value_length}};
}

Labels::Iterator& Labels::Iterator::operator++() {
  size_t length;
  const char* at = ReadLength(at_, &length);
  at = ReadLength(at + length, &length);
  at_ = at + length;
  return *this;
}

Labels::Labels(std::initializer_list<LabelView> labels)
    : Labels(FromPairs(std::vector<LabelView>(labels))) {}

Labels Labels::FromPairs(std::vector<LabelView> labels) {
  std::stable_sort(labels.begin(), labels.end(),
                   [](const LabelView& a, const LabelView& b) { return a.name < b.name; });
  Labels out;
  for (size_t i = 0; i < labels.size(); ++i) {
    if (i + 1 < labels.size() && labels[i + 1].name == labels[i].name) continue;
    if (labels[i].value.empty()) continue;
    AppendPart(out.bytes_, labels[i].name);
    AppendPart(out.bytes_, labels[i].value);
  }
  return out;
}

base::Result<Labels> Labels::Decode(std::string_view bytes) {
  std::string_view left = bytes, previous;
  while (!left.empty()) {
    std::string_view name, value;
    if (!TakePart(left, &name) || !TakePart(left, &value) || value.empty() ||
        (previous.data() != nullptr && name <= previous)) {
      return base::Fail(base::ErrorKind::kCorrupt, "label set is not in canonical form");
    }
    previous = name;
  }
  Labels out;
  out.bytes_ = bytes;
  return out;
}

size_t Labels::size() const {
  size_t n = 0;
  for ([[maybe_unused]] const LabelView label : *this) ++n;
  return n;
}

std::string_view Labels::Get(std::string_view name) const {
  for (const LabelView label : *this) {
    if (label.name == name) return label.value;
    if (label.name > name) break;
  }
  return {};
}

bool Labels::Has(std::string_view name) const { return !Get(name).empty(); }

std::vector<LabelView> Labels::ToVector() const {
  std::vector<LabelView> out;
  for (const LabelView label : *this) out.push_back(label);
  return out;
}

std::strong_ordering Labels::operator<=>(const Labels& other) const {
  auto a = begin(), b = other.begin();
  for (; a != end() && b != other.end(); ++a, ++b) {
    if (const auto order = *a <=> *b; order != 0) return order;
  }
  if (a != end()) return std::strong_ordering::greater;
  return b != other.end() ? std::strong_ordering::less : std::strong_ordering::equal;
}

LabelsBuilder& LabelsBuilder::Set(std::string_view name, std::string_view value) {
  for (LabelView& label : labels_) {
    if (label.name == name) {
      label.value = value;
      return *this;
    }
  }
  labels_.push_back({name, value});
  return *this;
}

LabelsBuilder& LabelsBuilder::Delete(std::string_view name) {
  std::erase_if(labels_, [&](const LabelView& label) { return label.name == name; });
  return *this;
}

std::string_view LabelsBuilder::Get(std::string_view name) const {
  for (const LabelView& label : labels_) {
    if (label.name == name) return label.value;
  }
  return {};
}

std::string ToString(const Labels& labels) {
  std::string out, inside;
  for (const LabelView label : labels) {
    if (label.name == kMetricName && LegacyName(label.value)) {
      out = label.value;
      continue;
    }
    if (!inside.empty()) inside += ", ";
    if (label.name == kMetricName) {
      AppendQuoted(inside, label.value);
      continue;
    }
    if (LegacyName(label.name)) {
      inside += label.name;
    } else {
      AppendQuoted(inside, label.name);
    }
    inside += '=';
    AppendQuoted(inside, label.value);
  }
  if (!inside.empty() || out.empty()) ((out += '{') += inside) += '}';
  return out;
}

}  // namespace pharos::model
