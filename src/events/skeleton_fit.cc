// Whether a text has a skeleton that is known already: most values of a column have that of the
// value before.
#include "events/coding.h"
#include "events/hex_digits.h"
#include "events/skeleton.h"

namespace pharos::events {
namespace {

constexpr size_t kMaxDigits = 18;  // of a number that surely fits into 63 bits

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

/// The run of digits at `at`, at most kMaxDigits of them; its length.
size_t RunOfDigits(std::string_view text, size_t at, int64_t* number) {
  int64_t v = 0;
  size_t n = 0;
  while (at + n < text.size() && n < kMaxDigits && IsDigit(text[at + n])) {
    v = v * 10 + (text[at + n] - '0');
    ++n;
  }
  *number = v;
  return n;
}

bool EndsDigits(std::string_view text, size_t at) {
  return at == text.size() || !IsDigit(text[at]);
}

}  // namespace

bool Splitter::FitVar(VarType type, std::string_view text, size_t* at, int64_t time_ns) {
  int64_t number = 0;
  size_t end = *at;
  switch (type.kind) {
    case VarKind::kNumber:
    case VarKind::kPadded: {
      const size_t n = RunOfDigits(text, *at, &number);
      end += n;
      if (n == 0 || !EndsDigits(text, end)) return false;
      if (type.kind == VarKind::kPadded ? n != type.param : n > 1 && text[*at] == '0') return false;
      break;
    }
    case VarKind::kDecimal: {
      const size_t n = RunOfDigits(text, *at, &number);
      if (n == 0 || (n > 1 && text[*at] == '0') || n + type.param > kMaxDigits) return false;
      end += n;
      if (end + type.param >= text.size() || text[end] != '.') return false;
      for (const char c : text.substr(end + 1, type.param)) {
        if (!IsDigit(c)) return false;
        number = number * 10 + (c - '0');
      }
      end += 1 + type.param;
      if (!EndsDigits(text, end)) return false;
      break;
    }
    case VarKind::kHex:
    case VarKind::kUpperHex:
    case VarKind::kUuid: {
      const bool uuid = type.kind == VarKind::kUuid;
      const size_t n = uuid ? 36 : 2 * type.IdBytes();
      if (text.size() - *at < n) return false;
      const std::string_view id = text.substr(*at, n);
      if (uuid ? !IsUuid(text, *at)
               : !AllHexDigits(id.data(), n, type.kind == VarKind::kUpperHex)) {
        return false;
      }
      Push({type, 0, id});
      *at += n;
      return true;
    }
    case VarKind::kTime: {
      uint8_t param = 0;
      int64_t units = 0;
      if (!ParseTime(text, *at, &param, &units, &end) || param != type.param) return false;
      number = TimeOffset(param, units, time_ns);
      break;
    }
    case VarKind::kText: return false;  // where it ends only Split can tell
  }
  Push({type, number, {}});
  *at = end;
  return true;
}

bool Splitter::Fit(const Skeleton& skeleton, std::string_view text, int64_t time_ns) {
  count_ = 0;
  size_t at = 0;
  for (size_t i = 0; i < skeleton.vars.size(); ++i) {
    const std::string_view literal = skeleton.literals[i];
    if (text.size() - at < literal.size() ||
        !SameBytes(text.data() + at, literal.data(), literal.size())) {
      return false;
    }
    at += literal.size();
    if (!FitVar(skeleton.vars[i], text, &at, time_ns)) return false;
  }
  return SameText(text.substr(at), skeleton.literals.back());
}

}  // namespace pharos::events
