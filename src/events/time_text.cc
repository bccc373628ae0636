#include "events/time_text.h"

#include <algorithm>
#include <cstring>

#include "events/coding.h"
#include "events/digit_run.h"

namespace pharos::events {
namespace {

constexpr uint8_t kComma = TimeReader::kComma, kSpace = TimeReader::kSpace;
constexpr size_t kDateTimeBytes = 19;
constexpr size_t kMostFraction = 9;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

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

int64_t UnitsOf(int64_t time_ns, size_t digits) {
  switch (digits) {  // a division by a constant is a multiplication
    case 0: return FloorDiv(time_ns, 1'000'000'000);
    case 3: return FloorDiv(time_ns, 1'000'000);
    case 6: return FloorDiv(time_ns, 1'000);
    case 9: return time_ns;
    default: return FloorDiv(time_ns, kTenTo[kMostFraction - digits]);
  }
}

constexpr int64_t kDaysOfMonth[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

/// Seconds since 1970 of `YYYY-MM-DD?hh:mm`; false for no valid time.
bool ParseMinute(const char* t, int64_t* seconds) {
  if (t[4] != '-' || t[7] != '-' || t[13] != ':') return false;
  int64_t y = 0, m = 0, d = 0, h = 0, min = 0;
  const auto take = [t](size_t at, size_t digits, int64_t* number) {
    for (size_t i = at; i < at + digits; ++i) {
      if (!IsDigit(t[i])) return false;
      *number = *number * 10 + (t[i] - '0');
    }
    return true;
  };
  if (!take(0, 4, &y) || !take(5, 2, &m) || !take(8, 2, &d) || !take(11, 2, &h) ||
      !take(14, 2, &min)) {
    return false;
  }
  if (y < 1700 || y > 2250 || m < 1 || m > 12 || d < 1 || h > 23 || min > 59) return false;
  const bool leap = (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
  if (d > kDaysOfMonth[m - 1] + (m == 2 && leap ? 1 : 0)) return false;
  *seconds = DaysOf(y, m, d) * 86'400 + h * 3600 + min * 60;
  return true;
}

}  // namespace

void AppendPadded(std::string& out, uint64_t v, size_t width) {
  char buffer[20];
  for (size_t i = width; i > 0; --i) {
    buffer[i - 1] = static_cast<char>('0' + v % 10);
    v /= 10;
  }
  out.append(buffer, width);
}

bool TimeReader::Read(const char* at, const char* end, uint8_t* param, int64_t* units,
                      const char** to) {
  if (end - at < static_cast<ptrdiff_t>(kDateTimeBytes)) return false;
  if ((at[10] != 'T' && at[10] != ' ') || at[16] != ':') return false;
  if (!SameBytes(at, minute_.data(), kMinuteBytes)) {
    minute_.fill('\0');  // which no time is
    if (!ParseMinute(at, &minute_seconds_)) return false;
    std::memcpy(minute_.data(), at, kMinuteBytes);
  }
  if (!IsDigit(at[17]) || at[17] > '5' || !IsDigit(at[18])) return false;
  *units = minute_seconds_ + (at[17] - '0') * 10 + (at[18] - '0');
  *param = at[10] == ' ' ? kSpace : 0;
  at += kDateTimeBytes;
  if (end - at >= 2 && (at[0] == '.' || at[0] == ',') && IsDigit(at[1])) {
    const DigitRun run = ReadDigits(at + 1, end);
    if (run.length <= kMostFraction) {  // of a longer one it is no part
      *units = *units * kTenTo[run.length] + static_cast<int64_t>(run.number);
      *param = static_cast<uint8_t>(*param + run.length + (at[0] == ',' ? kComma : 0));
      at += 1 + run.length;
    }
  }
  *to = at;
  return at == end || !IsDigit(*at);
}

int64_t TimeOffset(uint8_t param, int64_t units, int64_t time_ns) {
  return WrapSub(units, UnitsOf(time_ns, param % kComma));
}

void AppendTimeAt(std::string& out, uint8_t param, int64_t offset, int64_t time_ns) {
  const bool space = param >= kSpace;
  const bool comma = param % kSpace >= kComma;
  const size_t digits = param % kComma;
  const int64_t units = WrapAdd(UnitsOf(time_ns, digits), offset);
  const int64_t per_second = kTenTo[digits];
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

}  // namespace pharos::events
