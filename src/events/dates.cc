#include "events/dates.h"

#include <limits>

namespace pharos::events {
namespace {

std::string Two(int64_t n) { return (n < 10 ? "0" : "") + std::to_string(n); }

}  // namespace

int64_t DayOf(int64_t time_ns) {
  return time_ns >= 0 ? time_ns / kDayNs : -((-(time_ns + 1)) / kDayNs) - 1;
}

int64_t DayStart(int64_t day) {
  constexpr int64_t kFirst = std::numeric_limits<int64_t>::min() / kDayNs;
  return day < kFirst ? std::numeric_limits<int64_t>::min() : day * kDayNs;
}

int64_t DayEnd(int64_t day) {
  constexpr int64_t kLast = std::numeric_limits<int64_t>::max() / kDayNs;
  return day >= kLast ? std::numeric_limits<int64_t>::max() : (day + 1) * kDayNs;
}

std::string DateOf(int64_t day) {
  // Days are counted from 0000-03-01 in eras of 400 years, so that leap days come last.
  const int64_t z = day + 719'468;
  const int64_t era = (z >= 0 ? z : z - 146'096) / 146'097;
  const int64_t day_of_era = z - era * 146'097;
  const int64_t year_of_era =
      (day_of_era - day_of_era / 1460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  const int64_t day_of_year =
      day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const int64_t shifted_month = (5 * day_of_year + 2) / 153;
  const int64_t month = shifted_month < 10 ? shifted_month + 3 : shifted_month - 9;
  const int64_t year = year_of_era + era * 400 + (month <= 2 ? 1 : 0);
  const int64_t day_of_month = day_of_year - (153 * shifted_month + 2) / 5 + 1;
  return std::to_string(year) + "-" + Two(month) + "-" + Two(day_of_month);
}

std::string Rfc3339(int64_t time_ns) {
  const int64_t day = DayOf(time_ns);
  const int64_t seconds = (time_ns - DayStart(day)) / 1'000'000'000;
  return DateOf(day) + "T" + Two(seconds / 3600) + ":" + Two(seconds / 60 % 60) + ":" +
         Two(seconds % 60) + "Z";
}

}  // namespace pharos::events
