#include "events/line_shape.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include <array>
#include <bit>
#include <cstring>

#include "events/limits.h"

namespace pharos::events {
namespace {

bool IsSpace(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; }
constexpr std::array<bool, 256> kEndsScalar = [] {
  std::array<bool, 256> out{};
  for (const unsigned char c : {',', '}', ']', ' ', '\n', '\t', '\r'}) out[c] = true;
  return out;
}();
inline bool EndsScalar(char c) { return kEndsScalar[static_cast<unsigned char>(c)]; }
/// The first `"` from `at` on, npos for none. Most values are short: a call costs more than a look.
size_t FindQuote(std::string_view text, size_t at) {
#ifdef __SSE2__
  const __m128i quotes = _mm_set1_epi8('"');
  for (; at + 16 <= text.size(); at += 16) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(text.data() + at));
    const auto found = static_cast<uint32_t>(_mm_movemask_epi8(_mm_cmpeq_epi8(bytes, quotes)));
    if (found != 0) return at + static_cast<size_t>(std::countr_zero(found));
  }
#endif
  return text.find('"', at);
}

}  // namespace

bool IsScalar(std::string_view text) {
  if (text.empty()) return false;
  return text[0] == '-' || (text[0] >= '0' && text[0] <= '9') || text == "true" ||
         text == "false" || text == "null";
}

size_t StringEnd(std::string_view text, size_t at) {
  while (at < text.size()) {
    const size_t end = FindQuote(text, at);
    if (end == std::string_view::npos) return end;
    size_t slashes = 0;
    while (end - slashes > at && text[end - slashes - 1] == '\\') ++slashes;
    if (slashes % 2 == 0) return end;
    at = end + 1;
    // Backslashes in front of `at` belong to the quote that was skipped.
  }
  return std::string_view::npos;
}

namespace {

class JsonCutter {
 public:
  JsonCutter(std::string_view line, LineParts* out) : line_(line), out_(out) {}

  bool Cut() {
    if (line_.size() < 2 || line_[0] != '{') return false;
    return Object(0, 1) && at_ == line_.size();
  }

 private:
  static constexpr int kDepth = 16;

  void Space() {
    while (at_ < line_.size() && IsSpace(line_[at_])) ++at_;
  }
  bool Take(char c) {
    Space();
    if (at_ >= line_.size() || line_[at_] != c) return false;
    ++at_;
    return true;
  }

  bool Object(uint32_t parent, int depth) {
    if (depth > kDepth || !Take('{')) return false;
    if (Take('}')) return true;
    while (true) {
      if (!Take('"')) return false;
      const size_t end = StringEnd(line_, at_);
      if (end == std::string_view::npos) return false;
      const std::string_view key = line_.substr(at_, end - at_);
      if (std::memchr(key.data(), '\\', key.size()) != nullptr) return false;
      at_ = end + 1;
      if (!Take(':')) return false;
      Space();
      if (!Value(key, parent, depth)) return false;
      if (Take('}')) return true;
      if (!Take(',')) return false;
    }
  }

  bool Value(std::string_view key, uint32_t parent, int depth) {
    if (at_ >= line_.size() || out_->values.size() >= kMaxShapeValues) return false;
    const char c = line_[at_];
    if (c == '{') {
      out_->objects.push_back({key, parent});
      return Object(static_cast<uint32_t>(out_->objects.size()), depth + 1);
    }
    if (c == '[') {
      const size_t start = at_;
      if (!SkipArray()) return false;
      out_->values.push_back({line_.substr(start, at_ - start), key, parent, false});
      return true;
    }
    if (c == '"') {
      const size_t end = StringEnd(line_, ++at_);
      if (end == std::string_view::npos) return false;
      out_->values.push_back({line_.substr(at_, end - at_), key, parent, true});
      at_ = end + 1;
      return true;
    }
    const size_t start = at_;
    while (at_ < line_.size() && !EndsScalar(line_[at_])) ++at_;
    const std::string_view scalar = line_.substr(start, at_ - start);
    if (!IsScalar(scalar)) return false;
    out_->values.push_back({scalar, key, parent, false});
    return true;
  }

  bool SkipArray() {
    size_t depth = 0;
    while (at_ < line_.size()) {
      const char c = line_[at_++];
      if (c == '"') {
        const size_t end = StringEnd(line_, at_);
        if (end == std::string_view::npos) return false;
        at_ = end + 1;
      } else if (c == '[') {
        ++depth;
      } else if (c == ']' && --depth == 0) {
        return true;
      }
    }
    return false;
  }

  std::string_view line_;
  LineParts* out_;
  size_t at_ = 0;
};

bool IsKeyByte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '.' || c == '-' || c == '/' || c == '@';
}

/// `key=value key="quoted value"`, single spaces between, at least two of them.
bool CutLogfmt(std::string_view line, LineParts* out) {
  size_t at = 0;
  while (true) {
    const size_t start = at;
    while (at < line.size() && IsKeyByte(line[at])) ++at;
    if (at == start || at >= line.size() || line[at] != '=') return false;
    const std::string_view key = line.substr(start, at - start);
    ++at;
    if (out->values.size() >= kMaxShapeValues) return false;
    if (at < line.size() && line[at] == '"') {
      const size_t end = StringEnd(line, ++at);
      if (end == std::string_view::npos) return false;
      out->values.push_back({line.substr(at, end - at), key, 0, true});
      at = end + 1;
    } else {
      const size_t from = at;
      while (at < line.size() && line[at] != ' ') {
        if (line[at] == '"' || line[at] == '=') return false;
        ++at;
      }
      out->values.push_back({line.substr(from, at - from), key, 0, false});
    }
    if (at == line.size()) return out->values.size() >= 2;
    if (line[at] != ' ') return false;
    ++at;
  }
}

}  // namespace

std::string LineParts::Path(const Part& part) const {
  std::string out;
  if (part.parent != 0) {
    const Object& object = objects[part.parent - 1];
    out = Path({{}, object.key, object.parent, false});
    out += '\1';
  }
  out += part.key;
  return out;
}

void CutLine(std::string_view line, LineParts* out) {
  out->values.clear();
  out->objects.clear();
  if (!line.empty() && line[0] == '{') {
    out->kind = LineKind::kJson;
    if (JsonCutter(line, out).Cut() && !out->values.empty()) return;
  } else {
    out->kind = LineKind::kLogfmt;
    if (CutLogfmt(line, out)) return;
  }
  out->kind = LineKind::kText;
  out->values.clear();
  out->objects.clear();
}

void LineShape::Put(std::string& out) const {
  PutByte(out, static_cast<uint8_t>(kind));
  PutVarint(out, columns.size());
  for (size_t i = 0; i < columns.size(); ++i) {
    PutText(out, literals[i]);
    PutVarint(out, columns[i]);
    PutByte(out, quoted[i] ? 1 : 0);
  }
  PutText(out, literals.back());
}

LineShape LineShape::Get(Reader& in, size_t columns) {
  LineShape out;
  const uint8_t kind = in.Byte();
  if (kind > static_cast<uint8_t>(LineKind::kLogfmt)) in.Fail();
  out.kind = static_cast<LineKind>(kind);
  const uint64_t n = in.Count(3);
  for (uint64_t i = 0; i < n && in.ok(); ++i) {
    out.literals.emplace_back(in.Text());
    const uint64_t column = in.Varint();
    if (column >= columns) in.Fail();
    out.columns.push_back(static_cast<uint32_t>(column));
    out.quoted.push_back(in.Byte() != 0);
  }
  out.literals.emplace_back(in.Text());
  if (n == 0) in.Fail();
  return out;
}

}  // namespace pharos::events
