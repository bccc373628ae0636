#include "events/skeleton.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "events/coding.h"
#include "events/digit_run.h"
#include "events/hex_digits.h"

namespace pharos::events {
namespace {

constexpr size_t kAddressFront = 2;  // `0x`
constexpr char kLastMarker = static_cast<char>(VarKind::kText);

// Classes of bytes.
enum : uint8_t { kDigit = 1, kLowerHex = 2, kUpperHexLetter = 4, kLetter = 8, kMarker = 16 };
constexpr uint8_t kAlnum = kDigit | kLowerHex | kUpperHexLetter | kLetter;

constexpr std::array<uint8_t, 256> MakeClasses() {
  std::array<uint8_t, 256> out{};
  for (int c = '0'; c <= '9'; ++c) out[static_cast<size_t>(c)] = kDigit;
  for (int c = 'a'; c <= 'z'; ++c) out[static_cast<size_t>(c)] = c <= 'f' ? kLowerHex : kLetter;
  for (int c = 'A'; c <= 'Z'; ++c) {
    out[static_cast<size_t>(c)] = c <= 'F' ? kUpperHexLetter : kLetter;
  }
  for (int c = 1; c <= kLastMarker; ++c) out[static_cast<size_t>(c)] = kMarker;
  return out;
}
constexpr std::array<uint8_t, 256> kClass = MakeClasses();

uint8_t ClassOf(char c) { return kClass[static_cast<uint8_t>(c)]; }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }

int64_t ToNumber(std::string_view digits) {
  uint64_t v = 0;
  for (const char c : digits) v = v * 10 + static_cast<uint64_t>(c - '0');
  return static_cast<int64_t>(v);
}

void AppendDecimal(std::string& out, uint64_t v) {
  char buffer[20];
  char* at = buffer + sizeof buffer;
  do {
    *--at = static_cast<char>('0' + v % 10);
    v /= 10;
  } while (v != 0);
  out.append(at, static_cast<size_t>(buffer + sizeof buffer - at));
}

}  // namespace

bool IsAlnum(char c) { return (ClassOf(c) & kAlnum) != 0; }

bool IsUuid(std::string_view text, size_t at) {
  if (at + 36 > text.size() || !IsUuidText(text.data() + at)) return false;
  return at + 36 == text.size() || !IsAlnum(text[at + 36]);
}

void Splitter::Add(VarType type, int64_t number, std::string_view text) {
  skeleton_ += static_cast<char>(type.kind);
  skeleton_ += static_cast<char>(kParamBase + type.param);
  Push({type, number, text});
}

void Splitter::Integer(std::string_view digits) {
  if (digits.size() > kMaxNumberDigits) {
    LongInteger(digits);
  } else if (digits[0] == '0' && digits.size() > 1) {
    Add({VarKind::kPadded, static_cast<uint8_t>(digits.size())}, ToNumber(digits), {});
  } else {
    Add({VarKind::kNumber, 0}, ToNumber(digits), {});
  }
}

/// An id that happens to have no letter.
void Splitter::LongInteger(std::string_view digits) {
  if (IsIdLength(digits.size())) {
    Add({VarKind::kHex, static_cast<uint8_t>(digits.size() / 2)}, 0, digits);
  } else {
    Add({VarKind::kText, kTextDigits}, 0, digits);
  }
}

bool Splitter::Time(std::string_view text, size_t at, int64_t time_ns, size_t* end) {
  uint8_t param = 0;
  int64_t units = 0;
  const char* to = nullptr;
  if (!times_.Read(text.data() + at, text.data() + text.size(), &param, &units, &to)) return false;
  *end = static_cast<size_t>(to - text.data());
  Add({VarKind::kTime, param}, TimeOffset(param, units, time_ns), {});
  return true;
}

/// A run of digits [at, end) that is a token of its own, or the front of one.
size_t Splitter::Digits(std::string_view text, size_t at, size_t end) {
  const std::string_view digits = text.substr(at, end - at);
  const char before = at > 0 ? text[at - 1] : '\0';
  const char behind = end < text.size() ? text[end] : '\0';
  const bool in_clock = before == ':' || behind == ':';
  if (in_clock && digits.size() == 2) {
    Add({VarKind::kPadded, 2}, ToNumber(digits), {});
    if (before == ':') clock_end_ = end;
    return end;
  }
  if (clock_end_ != 0 && clock_end_ + 1 == at && (before == '.' || before == ',') &&
      digits.size() <= kMaxNumberDigits) {
    Add({VarKind::kPadded, static_cast<uint8_t>(digits.size())}, ToNumber(digits), {});
    return end;
  }
  const bool in_chain = before == '.' && at > 1 && IsDigit(text[at - 2]);
  if (behind == '.' && !in_chain && (digits.size() == 1 || digits[0] != '0')) {
    size_t to = end + 1;
    while (to < text.size() && IsDigit(text[to])) ++to;
    const size_t places = to - end - 1;
    const bool chain = to + 1 < text.size() && text[to] == '.' && IsDigit(text[to + 1]);
    if (places > 0 && places <= 9 && !chain && digits.size() + places <= kMaxDecimalDigits) {
      Add({VarKind::kDecimal, static_cast<uint8_t>(places)},
          ToNumber(digits) * kTenTo[places] + ToNumber(text.substr(end + 1, places)), {});
      return to;
    }
  }
  Integer(digits);
  return end;
}

/// Whether a token is `0x` and hex digits of one case: then letters among them are no words that
/// other texts have, too.
bool IsAddress(std::string_view token) {
  if (!token.starts_with("0x")) return false;
  token.remove_prefix(kAddressFront);
  if (!IsIdLength(token.size())) return false;
  return AllHexDigits(token.data(), token.size(), false) ||
         AllHexDigits(token.data(), token.size(), true);
}

/// The token of letters and digits at `at`; gives where it went on.
size_t Splitter::Token(std::string_view text, size_t at, int64_t time_ns) {
  uint8_t seen = 0;
  size_t end = at;
  for (; end < text.size(); ++end) {
    const uint8_t c = ClassOf(text[end]);
    if ((c & kAlnum) == 0) break;
    seen |= c;
  }
  const size_t length = end - at;
  if ((seen & kDigit) == 0) {
    if (length == 8 && end < text.size() && text[end] == '-' && IsUuid(text, at)) {
      Add({VarKind::kUuid, 0}, 0, text.substr(at, 36));
      return at + 36;
    }
    skeleton_.append(text, at, length);
    return end;
  }
  if (length == 8 && end < text.size() && text[end] == '-' && IsUuid(text, at)) {
    Add({VarKind::kUuid, 0}, 0, text.substr(at, 36));
    return at + 36;
  }
  if (seen == kDigit) {
    if (length == 4 && end < text.size() && text[end] == '-') {
      size_t to = 0;
      if (Time(text, at, time_ns, &to)) return to;
    }
    return Digits(text, at, end);
  }
  const bool lower = (seen & ~(kDigit | kLowerHex)) == 0;
  const bool upper = (seen & ~(kDigit | kUpperHexLetter)) == 0;
  if ((lower || upper) && IsIdLength(length)) {
    Add({lower ? VarKind::kHex : VarKind::kUpperHex, static_cast<uint8_t>(length / 2)}, 0,
        text.substr(at, length));
    return end;
  }
  if (IsAddress(text.substr(at, length))) {
    skeleton_.append(text, at, kAddressFront);
    const std::string_view digits = text.substr(at + kAddressFront, length - kAddressFront);
    Add({(seen & kUpperHexLetter) == 0 ? VarKind::kHex : VarKind::kUpperHex,
         static_cast<uint8_t>(digits.size() / 2)},
        0, digits);
    return end;
  }
  size_t runs = 0;
  for (size_t i = at; i < end; ++i) {
    if (IsDigit(text[i]) && (i == at || !IsDigit(text[i - 1]))) ++runs;
  }
  if (runs > 3) {
    Add({VarKind::kText, kTextToken}, 0, text.substr(at, length));
    return end;
  }
  for (size_t i = at; i < end;) {
    size_t to = i;
    const bool digit = IsDigit(text[i]);
    while (to < end && IsDigit(text[to]) == digit) ++to;
    if (!digit) {
      skeleton_.append(text, i, to - i);
    } else if (to == end) {
      return Digits(text, i, to);
    } else {
      Integer(text.substr(i, to - i));
    }
    i = to;
  }
  return end;
}

void Splitter::Split(std::string_view text, int64_t time_ns) {
  skeleton_.clear();
  count_ = 0;
  clock_end_ = 0;
  size_t at = 0;
  while (at < text.size()) {
    const uint8_t c = ClassOf(text[at]);
    if (c & kAlnum) {
      at = Token(text, at, time_ns);
    } else if (c == kMarker) {
      skeleton_.clear();
      count_ = 0;
      Add({VarKind::kText, kTextAny}, 0, text);
      return;
    } else {
      const size_t start = at;
      while (at < text.size() && ClassOf(text[at]) == 0) ++at;
      skeleton_.append(text, start, at - start);
    }
  }
}

bool Skeleton::Parse(std::string_view text, Skeleton* out) {
  out->literals.clear();
  out->vars.clear();
  size_t start = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if (ClassOf(text[i]) != kMarker) continue;
    if (i + 1 == text.size()) return false;
    const VarType type{static_cast<VarKind>(text[i]),
                       static_cast<uint8_t>(text[i + 1] - kParamBase)};
    switch (type.kind) {
      case VarKind::kPadded:
        if (type.param == 0 || type.param > kMaxNumberDigits) return false;
        break;
      case VarKind::kDecimal:
        if (type.param == 0 || type.param > 9) return false;
        break;
      case VarKind::kHex:
      case VarKind::kUpperHex:
        if (type.param == 0 || type.param > 32) return false;
        break;
      case VarKind::kTime:
        if (type.param >= 2 * TimeReader::kSpace) return false;
        break;
      case VarKind::kText:
        if (type.param > kTextToken) return false;
        break;
      default:
        if (type.param != 0) return false;
    }
    out->literals.push_back(text.substr(start, i - start));
    out->vars.push_back(type);
    start = i + 2;
    ++i;
  }
  out->literals.push_back(text.substr(start));
  return true;
}

void AppendInteger(std::string& out, VarType type, int64_t number, int64_t time_ns) {
  const auto v = static_cast<uint64_t>(number);
  switch (type.kind) {
    case VarKind::kPadded: return AppendPadded(out, v, type.param);
    case VarKind::kDecimal: {
      const auto ten = static_cast<uint64_t>(kTenTo[type.param]);
      AppendDecimal(out, v / ten);
      out += '.';
      return AppendPadded(out, v % ten, type.param);
    }
    case VarKind::kTime: return AppendTimeAt(out, type.param, number, time_ns);
    default: return AppendDecimal(out, v);
  }
}

void AppendId(std::string& out, VarType type, const char* bytes) {
  const char* digits = type.kind == VarKind::kUpperHex ? "0123456789ABCDEF" : "0123456789abcdef";
  const size_t n = type.IdBytes();
  char buffer[80];
  size_t to = 0;
  for (size_t i = 0; i < n; ++i) {
    if (type.kind == VarKind::kUuid && (i == 4 || i == 6 || i == 8 || i == 10)) buffer[to++] = '-';
    const auto byte = static_cast<uint8_t>(bytes[i]);
    buffer[to++] = digits[byte >> 4];
    buffer[to++] = digits[byte & 15];
  }
  out.append(buffer, to);
}

void IdToBytes(VarType type, const char* text, char* to) {
  if (type.kind != VarKind::kUuid) return HexToBytes(text, type.IdBytes(), to);
  for (const size_t bytes : {4, 2, 2, 2, 6}) {
    HexToBytes(text, bytes, to);
    text += 2 * bytes + 1;  // and the '-'
    to += bytes;
  }
}

void PutId(std::string& out, VarType type, std::string_view text) {
  const size_t at = out.size();
  out.resize(at + type.IdBytes());
  IdToBytes(type, text.data(), out.data() + at);
}

}  // namespace pharos::events
