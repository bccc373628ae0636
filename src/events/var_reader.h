// A variable of a known type at a place in a text: is it there, what is it, where does it end.
#pragma once

#include <cstdint>
#include <string_view>

#include "events/digit_run.h"
#include "events/hex_digits.h"
#include "events/skeleton.h"
#include "events/time_text.h"

namespace pharos::events {

/// What a text has at the place of a variable: a number, or an id or a text where it stands.
struct VarValue {
  int64_t number;
  const char* text;
  size_t size;  ///< of the text
};

/// Owns: what it remembers of the last time. Threads: one.
/// Errors: none. Whatever it takes comes back byte for byte.
class VarReader {
 public:
  /// Takes a variable from the front of [*at, end). False, with *at as it was, where there is none
  /// or only a look at the whole text can tell.
  [[gnu::always_inline]] bool Read(VarType type, const char** at, const char* end, int64_t time_ns,
                                   VarValue* out) {
    switch (type.kind) {
      case VarKind::kNumber:
      case VarKind::kPadded: {
        const DigitRun run = ReadDigits(*at, end);
        if (type.kind == VarKind::kPadded ? run.length != type.param : !IsNumber(run, *at)) {
          return false;
        }
        out->number = static_cast<int64_t>(run.number);
        *at += run.length;
        return true;
      }
      case VarKind::kDecimal: return ReadDecimal(type.param, at, end, out);
      case VarKind::kHex:
      case VarKind::kUpperHex: {
        const size_t n = 2 * type.IdBytes();
        if (static_cast<size_t>(end - *at) < n ||
            !AllHexDigits(*at, n, type.kind == VarKind::kUpperHex)) {
          return false;
        }
        return EndToken(n, at, end, out);
      }
      case VarKind::kUuid:
        return IsUuid({*at, static_cast<size_t>(end - *at)}, 0) && EndToken(36, at, end, out);
      case VarKind::kTime: {
        uint8_t param = 0;
        int64_t units = 0;
        const char* to = nullptr;
        if (!times_.Read(*at, end, &param, &units, &to) || param != type.param) return false;
        out->number = TimeOffset(param, units, time_ns);
        *at = to;
        return true;
      }
      case VarKind::kText: return ReadText(type.param, at, end, out);
    }
    return false;
  }

  /// Takes all digits that are in front. Of more than kMaxNumberDigits the number is anything.
  static bool ReadRun(const char** at, const char* end, VarValue* out) {
    const DigitRun run = ReadDigits(*at, end);
    if (run.length == 0) return false;
    *out = {static_cast<int64_t>(run.number), *at, run.length};
    *at += run.length;
    return true;
  }
  /// True when a run of digits may stand as a number, padded number or text of digits.
  static bool RunIs(const VarValue& run, VarType type) {
    if (type.kind == VarKind::kPadded) return run.size == type.param;
    if (type.kind == VarKind::kText) return true;
    return IsNumber({run.size, static_cast<uint64_t>(run.number)}, run.text);
  }

 private:
  static bool IsNumber(const DigitRun& run, const char* at) {
    return run.length > 0 && run.length <= kMaxNumberDigits && (run.length == 1 || *at != '0');
  }
  static bool ReadDecimal(size_t places, const char** at, const char* end, VarValue* out) {
    const DigitRun whole = ReadDigits(*at, end);
    if (whole.length == 0 || whole.length + places > kMaxDecimalDigits ||
        (whole.length > 1 && **at == '0')) {
      return false;
    }
    const char* to = *at + whole.length;
    if (to == end || *to != '.') return false;
    const DigitRun part = ReadDigits(++to, end);
    if (part.length != places) return false;
    out->number =
        static_cast<int64_t>(whole.number) * kTenTo[places] + static_cast<int64_t>(part.number);
    *at = to + places;
    return true;
  }
  /// Ids are tokens: what follows one is no letter and no digit.
  static bool EndToken(size_t n, const char** at, const char* end, VarValue* out) {
    if (*at + n != end && IsAlnum((*at)[n])) return false;
    out->text = *at;
    out->size = n;
    *at += n;
    return true;
  }
  static bool ReadText(uint8_t form, const char** at, const char* end, VarValue* out) {
    const char* to = *at;
    if (form == kTextDigits) {
      while (to != end && *to >= '0' && *to <= '9') ++to;
    } else if (form == kTextToken) {
      while (to != end && IsAlnum(*to)) ++to;
    }
    if (to == *at) return false;  // any text ends where its value does
    out->text = *at;
    out->size = static_cast<size_t>(to - *at);
    *at = to;
    return true;
  }

  TimeReader times_;
};

}  // namespace pharos::events
