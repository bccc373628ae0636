#include "events/skeleton.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "events/coding.h"
#include "events/hex_digits.h"

namespace pharos::events {
namespace {

constexpr size_t kMaxDigits = 18;  // of a number that surely fits into 63 bits
constexpr char kParamBase = 32;
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
  int64_t v = 0;
  for (const char c : digits) v = v * 10 + (c - '0');
  return v;
}

constexpr std::array<int64_t, 19> kTens = [] {
  std::array<int64_t, 19> out{};
  out[0] = 1;
  for (size_t i = 1; i < out.size(); ++i) out[i] = out[i - 1] * 10;
  return out;
}();

void AppendDecimal(std::string& out, uint64_t v) {
  char buffer[20];
  char* at = buffer + sizeof buffer;
  do {
    *--at = static_cast<char>('0' + v % 10);
    v /= 10;
  } while (v != 0);
  out.append(at, static_cast<size_t>(buffer + sizeof buffer - at));
}

void AppendPadded(std::string& out, uint64_t v, size_t width) {
  char buffer[20];
  for (size_t i = width; i > 0; --i) {
    buffer[i - 1] = static_cast<char>('0' + v % 10);
    v /= 10;
  }
  out.append(buffer, width);
}

// ---- times ---------------------------------------------------------------------------------

// The parameter of kTime: digits of the fraction, 10 for ',' instead of '.', 20 for ' '
// instead of 'T'.
constexpr uint8_t kComma = 10, kSpace = 20;
constexpr size_t kDateTimeBytes = 19;

int64_t DaysOf(int64_t y, int64_t m, int64_t d) {  // proleptic Gregorian, from 1970-01-01
  y -= m <= 2;
  const int64_t era = (y >= 0 ? y : y - 399) / 400;
  const int64_t yoe = y - era * 400;
  const int64_t doy = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
  return era * 146'097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719'468;
}

void DateOfDays(int64_t days, int64_t* y, int64_t* m, int64_t* d) {
  days += 719'468;
  const int64_t era = (days >= 0 ? days : days - 146'096) / 146'097;
  const int64_t doe = days - era * 146'097;
  const int64_t yoe = (doe - doe / 1460 + doe / 36'524 - doe / 146'096) / 365;
  const int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
  const int64_t mp = (5 * doy + 2) / 153;
  *d = doy - (153 * mp + 2) / 5 + 1;
  *m = mp + (mp < 10 ? 3 : -9);
  *y = yoe + era * 400 + (*m <= 2 ? 1 : 0);
}

int64_t FloorDiv(int64_t a, int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }

bool AllDigits(std::string_view text, std::initializer_list<int> places) {
  return std::all_of(places.begin(), places.end(),
                     [&](int i) { return IsDigit(text[static_cast<size_t>(i)]); });
}

/// The text of a time that `units` of 10^-digits s since 1970 stand for.
void AppendTime(std::string& out, uint8_t param, int64_t units) {
  const bool space = param >= kSpace;
  const uint8_t rest = param % kSpace;
  const bool comma = rest >= kComma;
  const size_t digits = rest % kComma;
  const int64_t per_second = kTens[digits];
  const int64_t seconds = FloorDiv(units, per_second);
  const int64_t days = FloorDiv(seconds, 86'400);
  const int64_t of_day = seconds - days * 86'400;
  int64_t y = 0, m = 0, d = 0;
  DateOfDays(days, &y, &m, &d);
  AppendPadded(out, static_cast<uint64_t>(y), 4);
  out += '-';
  AppendPadded(out, static_cast<uint64_t>(m), 2);
  out += '-';
  AppendPadded(out, static_cast<uint64_t>(d), 2);
  out += space ? ' ' : 'T';
  AppendPadded(out, static_cast<uint64_t>(of_day / 3600), 2);
  out += ':';
  AppendPadded(out, static_cast<uint64_t>(of_day / 60 % 60), 2);
  out += ':';
  AppendPadded(out, static_cast<uint64_t>(of_day % 60), 2);
  if (digits == 0) return;
  out += comma ? ',' : '.';
  AppendPadded(out, static_cast<uint64_t>(units - seconds * per_second), digits);
}

int64_t UnitsOf(int64_t time_ns, size_t digits) { return FloorDiv(time_ns, kTens[9 - digits]); }

constexpr int64_t kDaysOfMonth[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

/// Seconds since 1970 of `YYYY-MM-DD?hh:mm:ss`; false for no valid time.
bool ParseSeconds(std::string_view t, int64_t* seconds) {
  if (t[4] != '-' || t[7] != '-' || t[13] != ':' || t[16] != ':' ||
      !AllDigits(t, {0, 1, 2, 3, 5, 6, 8, 9, 11, 12, 14, 15, 17, 18})) {
    return false;
  }
  const int64_t y = ToNumber(t.substr(0, 4)), m = ToNumber(t.substr(5, 2)),
                d = ToNumber(t.substr(8, 2));
  const int64_t h = ToNumber(t.substr(11, 2)), min = ToNumber(t.substr(14, 2)),
                s = ToNumber(t.substr(17, 2));
  if (y < 1700 || y > 2250 || m < 1 || m > 12 || d < 1 || h > 23 || min > 59 || s > 59) {
    return false;
  }
  const bool leap = (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
  if (d > kDaysOfMonth[m - 1] + (m == 2 && leap ? 1 : 0)) return false;
  *seconds = DaysOf(y, m, d) * 86'400 + h * 3600 + min * 60 + s;
  return true;
}

}  // namespace

int64_t TimeOffset(uint8_t param, int64_t units, int64_t time_ns) {
  return WrapSub(units, UnitsOf(time_ns, param % kComma));
}

bool IsUuid(std::string_view text, size_t at) {
  if (at + 36 > text.size()) return false;
  for (size_t i = 0; i < 36; ++i) {
    const char c = text[at + i];
    if (i == 8 || i == 13 || i == 18 || i == 23) {
      if (c != '-') return false;
    } else if ((ClassOf(c) & (kDigit | kLowerHex)) == 0) {
      return false;
    }
  }
  return at + 36 == text.size() || (ClassOf(text[at + 36]) & kAlnum) == 0;
}

void Splitter::Add(VarType type, int64_t number, std::string_view text) {
  skeleton_ += static_cast<char>(type.kind);
  skeleton_ += static_cast<char>(kParamBase + type.param);
  Push({type, number, text});
}

void Splitter::Integer(std::string_view digits) {
  if (digits.size() > kMaxDigits) {
    LongInteger(digits);
  } else if (digits[0] == '0' && digits.size() > 1) {
    Add({VarKind::kPadded, static_cast<uint8_t>(digits.size())}, ToNumber(digits), {});
  } else {
    Add({VarKind::kNumber, 0}, ToNumber(digits), {});
  }
}

/// Nanoseconds since 1970 are numbers; longer ones are ids that happen to have no letter.
void Splitter::LongInteger(std::string_view digits) {
  if (digits.size() == kMaxDigits + 1 && digits[0] != '0' && digits <= "9223372036854775807") {
    Add({VarKind::kNumber, 0}, ToNumber(digits), {});
  } else if (digits.size() % 2 == 0 && digits.size() <= 64) {
    Add({VarKind::kHex, static_cast<uint8_t>(digits.size() / 2)}, 0, digits);
  } else {
    Add({VarKind::kText, 0}, 0, digits);
  }
}

bool Splitter::ParseTime(std::string_view text, size_t at, uint8_t* param, int64_t* units,
                         size_t* end) {
  if (at + kDateTimeBytes > text.size() || (text[at + 10] != 'T' && text[at + 10] != ' ')) {
    return false;
  }
  const std::string_view second = text.substr(at, kDateTimeBytes);
  if (second != last_second_) {
    last_second_.clear();
    if (!ParseSeconds(second, &last_seconds_)) return false;
    last_second_ = second;
  }
  *param = text[at + 10] == ' ' ? kSpace : 0;
  size_t to = at + kDateTimeBytes;
  size_t digits = 0;
  if (to + 1 < text.size() && (text[to] == '.' || text[to] == ',') && IsDigit(text[to + 1])) {
    while (to + 1 + digits < text.size() && IsDigit(text[to + 1 + digits])) ++digits;
    if (digits > 9) digits = 0;
  }
  *units = last_seconds_ * kTens[digits];
  if (digits > 0) {
    if (text[to] == ',') *param += kComma;
    *units += ToNumber(text.substr(to + 1, digits));
    to += 1 + digits;
  }
  if (to < text.size() && IsDigit(text[to])) return false;
  *param += static_cast<uint8_t>(digits);
  *end = to;
  return true;
}

bool Splitter::Time(std::string_view text, size_t at, int64_t time_ns, size_t* end) {
  uint8_t param = 0;
  int64_t units = 0;
  if (!ParseTime(text, at, &param, &units, end)) return false;
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
      digits.size() <= kMaxDigits) {
    Add({VarKind::kPadded, static_cast<uint8_t>(digits.size())}, ToNumber(digits), {});
    return end;
  }
  const bool in_chain = before == '.' && at > 1 && IsDigit(text[at - 2]);
  if (behind == '.' && !in_chain && (digits.size() == 1 || digits[0] != '0')) {
    size_t to = end + 1;
    while (to < text.size() && IsDigit(text[to])) ++to;
    const size_t places = to - end - 1;
    const bool chain = to + 1 < text.size() && text[to] == '.' && IsDigit(text[to + 1]);
    if (places > 0 && places <= 9 && !chain && digits.size() + places <= kMaxDigits) {
      Add({VarKind::kDecimal, static_cast<uint8_t>(places)},
          ToNumber(digits) * kTens[places] + ToNumber(text.substr(end + 1, places)), {});
      return to;
    }
  }
  Integer(digits);
  return end;
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
  if ((lower || upper) && length >= 8 && length % 2 == 0 && length <= 64) {
    Add({lower ? VarKind::kHex : VarKind::kUpperHex, static_cast<uint8_t>(length / 2)}, 0,
        text.substr(at, length));
    return end;
  }
  size_t runs = 0;
  for (size_t i = at; i < end; ++i) {
    if (IsDigit(text[i]) && (i == at || !IsDigit(text[i - 1]))) ++runs;
  }
  if (runs > 3) {
    Add({VarKind::kText, 0}, 0, text.substr(at, length));
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
      Add({VarKind::kText, 0}, 0, text);
      return;
    } else {
      const size_t start = at;
      while (at < text.size() && ClassOf(text[at]) == 0) ++at;
      skeleton_.append(text, start, at - start);
    }
  }
}

std::string LooseSkeleton(std::string_view skeleton) {
  std::string out(skeleton);
  for (size_t i = 0; i < out.size(); ++i) {
    if (ClassOf(out[i]) != kMarker) continue;
    if (out[i] == static_cast<char>(VarKind::kText)) return {};
    out[i] = static_cast<char>(VarKind::kNumber);
    if (++i < out.size()) out[i] = kParamBase;
  }
  return out;
}

namespace {

/// Whether a number may stand as this type as well.
bool FitsAs(const Var& var, VarType type) {
  if (var.type.kind != VarKind::kNumber && var.type.kind != VarKind::kPadded) return false;
  const size_t digits =
      var.type.kind == VarKind::kPadded ? var.type.param : std::to_string(var.number).size();
  if (type.kind == VarKind::kPadded) return digits == type.param;
  const bool hex = type.kind == VarKind::kHex || type.kind == VarKind::kUpperHex;
  return hex && digits == 2u * type.param;
}

}  // namespace

std::string WidenedSkeleton(const Skeleton& of, std::span<const Var> vars, const Skeleton& other) {
  std::string out;
  for (size_t i = 0; i < vars.size(); ++i) {
    VarType type = vars[i].type;
    if (FitsAs(vars[i], other.vars[i])) type = other.vars[i];
    out += of.literals[i];
    out += static_cast<char>(type.kind);
    out += static_cast<char>(kParamBase + type.param);
  }
  return out += of.literals.back();
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
        if (type.param == 0 || type.param > kMaxDigits) return false;
        break;
      case VarKind::kDecimal:
        if (type.param == 0 || type.param > 9) return false;
        break;
      case VarKind::kHex:
      case VarKind::kUpperHex:
        if (type.param == 0 || type.param > 32) return false;
        break;
      case VarKind::kTime:
        if (type.param >= 2 * kSpace) return false;
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
      const auto ten = static_cast<uint64_t>(kTens[type.param]);
      AppendDecimal(out, v / ten);
      out += '.';
      return AppendPadded(out, v % ten, type.param);
    }
    case VarKind::kTime:
      return AppendTime(out, type.param, WrapAdd(UnitsOf(time_ns, type.param % kComma), number));
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

void PutId(std::string& out, VarType type, std::string_view text) {
  const size_t start = out.size();
  out.resize(start + type.IdBytes());
  char* to = out.data() + start;
  if (type.kind != VarKind::kUuid) return HexToBytes(text.data(), type.IdBytes(), to);
  const char* at = text.data();
  for (const size_t bytes : {4, 2, 2, 2, 6}) {
    HexToBytes(at, bytes, to);
    at += 2 * bytes + 1;  // and the '-'
    to += bytes;
  }
}

}  // namespace pharos::events
