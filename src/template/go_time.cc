#include "template/go_time.h"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <optional>

namespace pharos::tmpl {
namespace {

enum class Piece : uint8_t {
  kText,
  kYear,
  kYear2,
  kMonth,
  kMonth2,
  kMonthName,
  kMonthShort,
  kDay,
  kDay2,
  kDaySpace,
  kWeekday,
  kWeekdayShort,
  kHour,
  kHour12,
  kHour12Two,
  kMinute,
  kMinute2,
  kSecond,
  kSecond2,
  kFraction,
  kFractionTrim,
  kPm,
  kPmLower,
  kZone,
  kOffset,
  kOffsetColon,
  kOffsetZ,
  kOffsetZColon,
};

struct Token {
  std::string_view text;
  Piece piece;
};
/// Longer ones first.
constexpr std::array<Token, 27> kTokens{{{"January", Piece::kMonthName},
                                         {"Jan", Piece::kMonthShort},
                                         {"Monday", Piece::kWeekday},
                                         {"Mon", Piece::kWeekdayShort},
                                         {"MST", Piece::kZone},
                                         {"2006", Piece::kYear},
                                         {"Z07:00", Piece::kOffsetZColon},
                                         {"Z0700", Piece::kOffsetZ},
                                         {"-07:00", Piece::kOffsetColon},
                                         {"-0700", Piece::kOffset},
                                         {"01", Piece::kMonth2},
                                         {"02", Piece::kDay2},
                                         {"03", Piece::kHour12Two},
                                         {"04", Piece::kMinute2},
                                         {"05", Piece::kSecond2},
                                         {"06", Piece::kYear2},
                                         {"15", Piece::kHour},
                                         {"_2", Piece::kDaySpace},
                                         {"PM", Piece::kPm},
                                         {"pm", Piece::kPmLower},
                                         {"1", Piece::kMonth},
                                         {"2", Piece::kDay},
                                         {"3", Piece::kHour12},
                                         {"4", Piece::kMinute},
                                         {"5", Piece::kSecond},
                                         {".", Piece::kText},
                                         {",", Piece::kText}}};

constexpr std::array<std::string_view, 12> kMonths{"January",   "February", "March",    "April",
                                                   "May",       "June",     "July",     "August",
                                                   "September", "October",  "November", "December"};
constexpr std::array<std::string_view, 7> kDays{"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                "Thursday", "Friday", "Saturday"};

/// Takes the next piece off the layout; for fractions `text` holds the zeros or nines.
Token Next(std::string_view* layout) {
  const char c = layout->front();
  if ((c == '.' || c == ',') && layout->size() > 1 &&
      ((*layout)[1] == '0' || (*layout)[1] == '9')) {
    const char digit = (*layout)[1];
    size_t end = 1;
    while (end < layout->size() && (*layout)[end] == digit) ++end;
    const bool number_follows =
        end < layout->size() && (*layout)[end] >= '0' && (*layout)[end] <= '9';
    if (!number_follows) {
      const Token token{layout->substr(0, end),
                        digit == '0' ? Piece::kFraction : Piece::kFractionTrim};
      layout->remove_prefix(end);
      return token;
    }
  }
  for (const Token& token : kTokens) {
    if (!layout->starts_with(token.text)) continue;
    layout->remove_prefix(token.text.size());
    return token;
  }
  const Token text{layout->substr(0, 1), Piece::kText};
  layout->remove_prefix(1);
  return text;
}

struct Civil {
  int32_t offset_s = 0;
  std::string_view zone = "UTC";
  int64_t year = 1970;
  int month = 1, day = 1, hour = 0, minute = 0, second = 0, weekday = 4;
  int64_t nanosecond = 0;
};

/// Days since 1970 of a date in the proleptic Gregorian calendar, and back.
int64_t DaysOf(int64_t year, int month, int day) {
  year -= month <= 2 ? 1 : 0;
  const int64_t era = (year >= 0 ? year : year - 399) / 400;
  const int64_t of_era = year - era * 400;
  const int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

Civil CivilOf(Time time) {
  Civil c;
  c.offset_s = time.offset_s;
  c.zone = time.zone;
  if (time.ns == kZeroTimeNs) {
    c.year = 1;
    c.weekday = 1;
    return c;
  }
  constexpr int64_t kDay = 86'400'000'000'000;
  int64_t days = time.ns / kDay;
  int64_t rest = time.ns % kDay + time.offset_s * int64_t{1'000'000'000};
  days += rest / kDay;
  rest %= kDay;
  if (rest < 0) {
    rest += kDay;
    --days;
  }
  c.weekday = static_cast<int>(((days + 4) % 7 + 7) % 7);
  c.nanosecond = rest % 1'000'000'000;
  const int64_t seconds = rest / 1'000'000'000;
  c.hour = static_cast<int>(seconds / 3600);
  c.minute = static_cast<int>(seconds / 60 % 60);
  c.second = static_cast<int>(seconds % 60);
  days += 719468;
  const int64_t era = (days >= 0 ? days : days - 146096) / 146097;
  const int64_t of_era = days - era * 146097;
  const int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
  const int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
  const int64_t month = (5 * of_year + 2) / 153;
  c.day = static_cast<int>(of_year - (153 * month + 2) / 5 + 1);
  c.month = static_cast<int>(month < 10 ? month + 3 : month - 9);
  c.year = year + era * 400 + (c.month <= 2 ? 1 : 0);
  return c;
}

void Number(std::string* out, int64_t value, int width, char fill = '0') {
  std::string digits = std::to_string(value);
  if (static_cast<int>(digits.size()) < width)
    out->append(static_cast<size_t>(width) - digits.size(), fill);
  *out += digits;
}

/// "+0130", "+01:30".
void Offset(std::string* out, int32_t seconds, bool colon) {
  *out += seconds < 0 ? '-' : '+';
  const int32_t minutes = std::abs(seconds) / 60;
  Number(out, minutes / 60, 2);
  if (colon) *out += ':';
  Number(out, minutes % 60, 2);
}

void Fraction(std::string* out, std::string_view pattern, int64_t nanosecond, bool trim) {
  char digits[16];
  std::snprintf(digits, sizeof digits, "%09lld", static_cast<long long>(nanosecond));
  std::string_view shown(digits, std::min<size_t>(9, pattern.size() - 1));
  if (trim) {
    while (!shown.empty() && shown.back() == '0') shown.remove_suffix(1);
    if (shown.empty()) return;
  }
  *out += pattern.front();
  *out += shown;
}

void Write(std::string* out, const Token& token, const Civil& c) {
  const int hour12 = c.hour % 12 == 0 ? 12 : c.hour % 12;
  switch (token.piece) {
    case Piece::kText: *out += token.text; break;
    case Piece::kYear: Number(out, c.year, 4); break;
    case Piece::kYear2: Number(out, c.year % 100, 2); break;
    case Piece::kMonth: Number(out, c.month, 1); break;
    case Piece::kMonth2: Number(out, c.month, 2); break;
    case Piece::kMonthName: *out += kMonths[static_cast<size_t>(c.month - 1)]; break;
    case Piece::kMonthShort: *out += kMonths[static_cast<size_t>(c.month - 1)].substr(0, 3); break;
    case Piece::kDay: Number(out, c.day, 1); break;
    case Piece::kDay2: Number(out, c.day, 2); break;
    case Piece::kDaySpace: Number(out, c.day, 2, ' '); break;
    case Piece::kWeekday: *out += kDays[static_cast<size_t>(c.weekday)]; break;
    case Piece::kWeekdayShort: *out += kDays[static_cast<size_t>(c.weekday)].substr(0, 3); break;
    case Piece::kHour: Number(out, c.hour, 2); break;
    case Piece::kHour12: Number(out, hour12, 1); break;
    case Piece::kHour12Two: Number(out, hour12, 2); break;
    case Piece::kMinute: Number(out, c.minute, 1); break;
    case Piece::kMinute2: Number(out, c.minute, 2); break;
    case Piece::kSecond: Number(out, c.second, 1); break;
    case Piece::kSecond2: Number(out, c.second, 2); break;
    case Piece::kFraction: Fraction(out, token.text, c.nanosecond, false); break;
    case Piece::kFractionTrim: Fraction(out, token.text, c.nanosecond, true); break;
    case Piece::kPm: *out += c.hour < 12 ? "AM" : "PM"; break;
    case Piece::kPmLower: *out += c.hour < 12 ? "am" : "pm"; break;
    case Piece::kZone: *out += c.zone; break;
    case Piece::kOffset: Offset(out, c.offset_s, false); break;
    case Piece::kOffsetColon: Offset(out, c.offset_s, true); break;
    case Piece::kOffsetZ:
    case Piece::kOffsetZColon:
      if (c.offset_s == 0) {
        *out += 'Z';
      } else {
        Offset(out, c.offset_s, token.piece == Piece::kOffsetZColon);
      }
      break;
  }
}

/// Reads one text by one layout.
struct Reader {
  std::string_view text;
  Civil c;
  int64_t offset_seconds = 0;
  std::optional<bool> afternoon;

  bool Digits(size_t least, size_t most, int64_t* out) {
    size_t n = 0;
    *out = 0;
    while (n < most && n < text.size() && text[n] >= '0' && text[n] <= '9')
      *out = *out * 10 + (text[n++] - '0');
    text.remove_prefix(n);
    return n >= least;
  }
  bool Field(size_t least, size_t most, int low, int high, int* out) {
    int64_t value = 0;
    if (!Digits(least, most, &value) || value < low || value > high) return false;
    *out = static_cast<int>(value);
    return true;
  }
  template <size_t N>
  bool Name(const std::array<std::string_view, N>& names, bool whole, int* out) {
    for (size_t i = 0; i < N; ++i) {
      const std::string_view name = whole ? names[i] : names[i].substr(0, 3);
      if (!text.starts_with(name)) continue;
      text.remove_prefix(name.size());
      *out = static_cast<int>(i);
      return true;
    }
    return false;
  }
  bool Offset(bool zulu, bool colon) {
    if (zulu && text.starts_with('Z')) {
      text.remove_prefix(1);
      return true;
    }
    if (text.empty() || (text[0] != '+' && text[0] != '-')) return false;
    const int sign = text[0] == '-' ? -1 : 1;
    text.remove_prefix(1);
    int hours = 0;
    int minutes = 0;
    if (!Field(2, 2, 0, 24, &hours)) return false;
    if (colon && !Skip(':')) return false;
    if (!Field(2, 2, 0, 59, &minutes)) return false;
    offset_seconds = sign * (hours * 3600 + minutes * 60);
    return true;
  }
  bool Skip(char ch) {
    if (text.empty() || text[0] != ch) return false;
    text.remove_prefix(1);
    return true;
  }
  /// A fraction may follow the seconds even where the layout has none.
  bool OptionalFraction() {
    if (text.size() < 2 || (text[0] != '.' && text[0] != ',') || text[1] < '0' || text[1] > '9')
      return true;
    text.remove_prefix(1);
    int64_t scale = 100'000'000;
    c.nanosecond = 0;
    while (!text.empty() && text[0] >= '0' && text[0] <= '9') {
      c.nanosecond += (text[0] - '0') * scale;
      scale /= 10;
      text.remove_prefix(1);
    }
    return true;
  }
  bool Read(const Token& token, bool fraction_follows) {
    int ignored = 0;
    int64_t number = 0;
    switch (token.piece) {
      case Piece::kText:
        if (!text.starts_with(token.text)) return false;
        text.remove_prefix(token.text.size());
        return true;
      case Piece::kYear: return Digits(4, 4, &c.year);
      case Piece::kYear2:
        if (!Digits(2, 2, &number)) return false;
        c.year = number >= 69 ? 1900 + number : 2000 + number;
        return true;
      case Piece::kMonth: return Field(1, 2, 1, 12, &c.month);
      case Piece::kMonth2: return Field(2, 2, 1, 12, &c.month);
      case Piece::kMonthName:
      case Piece::kMonthShort:
        if (!Name(kMonths, token.piece == Piece::kMonthName, &c.month)) return false;
        ++c.month;
        return true;
      case Piece::kDaySpace: Skip(' '); [[fallthrough]];
      case Piece::kDay: return Field(1, 2, 1, 31, &c.day);
      case Piece::kDay2: return Field(2, 2, 1, 31, &c.day);
      case Piece::kWeekday:
      case Piece::kWeekdayShort: return Name(kDays, token.piece == Piece::kWeekday, &ignored);
      case Piece::kHour: return Field(2, 2, 0, 23, &c.hour);
      case Piece::kHour12: return Field(1, 2, 0, 12, &c.hour);
      case Piece::kHour12Two: return Field(2, 2, 0, 12, &c.hour);
      case Piece::kMinute: return Field(1, 2, 0, 59, &c.minute);
      case Piece::kMinute2: return Field(2, 2, 0, 59, &c.minute);
      case Piece::kSecond:
      case Piece::kSecond2:
        if (!Field(token.piece == Piece::kSecond2 ? 2 : 1, 2, 0, 59, &c.second)) return false;
        return fraction_follows || OptionalFraction();
      case Piece::kFraction:
      case Piece::kFractionTrim: return OptionalFraction();
      case Piece::kPm:
      case Piece::kPmLower: {
        const std::string_view word = text.substr(0, 2);
        if (word != "AM" && word != "PM" && word != "am" && word != "pm") return false;
        afternoon = word[0] == 'P' || word[0] == 'p';
        text.remove_prefix(2);
        return true;
      }
      case Piece::kZone:
        if (!text.starts_with("UTC") && !text.starts_with("GMT")) return false;
        text.remove_prefix(3);
        return true;
      case Piece::kOffset: return Offset(false, false);
      case Piece::kOffsetColon: return Offset(false, true);
      case Piece::kOffsetZ: return Offset(true, false);
      case Piece::kOffsetZColon: return Offset(true, true);
    }
    return false;
  }
};

}  // namespace

std::string FormatTime(std::string_view layout, Time time) {
  const Civil civil = CivilOf(time);
  std::string out;
  while (!layout.empty()) Write(&out, Next(&layout), civil);
  return out;
}

base::Result<Time> ParseTime(std::string_view layout, std::string_view text) {
  const auto bad = [text, layout](std::string_view why) {
    return base::Fail(base::ErrorKind::kBadInput, "parsing time \"" + std::string(text) +
                                                      "\" as \"" + std::string(layout) +
                                                      "\": " + std::string(why));
  };
  Reader reader{text, {}, 0, std::nullopt};
  std::string_view left = layout;
  while (!left.empty()) {
    const Token token = Next(&left);
    const bool fraction =
        left.size() > 1 && (left[0] == '.' || left[0] == ',') && (left[1] == '0' || left[1] == '9');
    if (!reader.Read(token, fraction))
      return bad("cannot parse \"" + std::string(reader.text) + "\" as \"" +
                 std::string(token.text) + "\"");
  }
  if (!reader.text.empty()) return bad("extra text: \"" + std::string(reader.text) + "\"");
  Civil& c = reader.c;
  if (reader.afternoon) c.hour = c.hour % 12 + (*reader.afternoon ? 12 : 0);
  const __int128 seconds = static_cast<__int128>(DaysOf(c.year, c.month, c.day)) * 86400 +
                           c.hour * 3600 + c.minute * 60 + c.second - reader.offset_seconds;
  const __int128 ns = seconds * 1'000'000'000 + c.nanosecond;
  if (ns > INT64_MAX || ns < INT64_MIN) return bad("the time is out of range");
  return Time{static_cast<int64_t>(ns)};
}

}  // namespace pharos::tmpl
