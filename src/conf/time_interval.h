// Times of the week, month and year, as Alertmanager's `time_intervals` give them, and whether a
// moment lies in one.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "conf/yaml.h"

namespace pharos::conf {

/// Both ends belong to it.
struct IntRange {
  int begin = 0;
  int end = 0;
};

/// A moment is inside when it lies in one range of each list that is not empty.
struct TimeInterval {
  std::vector<IntRange> times;          ///< minutes of the day; the end minute is outside
  std::vector<IntRange> weekdays;       ///< 0 = Sunday
  std::vector<IntRange> days_of_month;  ///< from 1; below 0 from the end
  std::vector<IntRange> months;         ///< 1 = January
  std::vector<IntRange> years;
  std::string location;  ///< IANA name; "" is UTC

  bool Contains(int64_t now_ns) const;
};

struct NamedIntervals {
  std::string name;
  std::vector<TimeInterval> intervals;
};

/// One item of `time_intervals`, or (for `mute`) of `mute_time_intervals`.
NamedIntervals ReadNamedIntervals(const Node& node, bool mute, Faults& faults);

/// "monday", "12".
std::string WeekdayName(int day);

/// What a clock on the wall of `location` shows. False when nobody knows the place.
struct LocalTime {
  int year = 1970, month = 1, day = 1, hour = 0, minute = 0, weekday = 0;
  int32_t offset_s = 0;
  std::string zone;  ///< "CET"
};
bool ToLocalTime(const std::string& location, int64_t ns, LocalTime* out);
bool KnownLocation(const std::string& location);

}  // namespace pharos::conf
