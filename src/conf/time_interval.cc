#include "conf/time_interval.h"

#include <absl/time/time.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <optional>

namespace pharos::conf {
namespace {

constexpr std::array<std::string_view, 7> kWeekdays{"sunday",   "monday", "tuesday", "wednesday",
                                                    "thursday", "friday", "saturday"};
constexpr std::array<std::string_view, 12> kMonths{"january",   "february", "march",    "april",
                                                   "may",       "june",     "july",     "august",
                                                   "september", "october",  "november", "december"};

template <size_t N>
std::optional<int> IndexOf(const std::array<std::string_view, N>& names, std::string_view name) {
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) return std::nullopt;
  return static_cast<int>(found - names.begin());
}

std::optional<int> Number(std::string_view text) {
  int value = 0;
  if (text.starts_with('+')) text.remove_prefix(1);
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

enum class Unit : uint8_t { kWeekday, kDay, kMonth, kYear };

/// "" or the fault.
std::string ParseMember(Unit unit, const std::string& text, int* out) {
  std::optional<int> value;
  if (unit == Unit::kWeekday) {
    value = IndexOf(kWeekdays, text);
    if (!value) return text + " is not a valid weekday";
  } else if (unit == Unit::kMonth) {
    value = IndexOf(kMonths, text);
    value = value ? *value + 1 : Number(text);
    if (!value) return text + " is not a valid month";
  } else {
    value = Number(text);
    if (!value) return "strconv.Atoi: parsing \"" + text + "\": invalid syntax";
  }
  *out = *value;
  return "";
}

std::string MonthName(int month) {
  return month >= 1 && month <= 12 ? std::string(kMonths[static_cast<size_t>(month - 1)]) : "";
}

std::string CheckDays(const IntRange& range) {
  for (const int day : {range.begin, range.end}) {
    if (day == 0 || day < -31 || day > 31)
      return std::to_string(day) + " is not a valid day of the month: out of range";
  }
  if (range.begin < 0 && range.end > 0) return "end day must be negative if start day is negative";
  // Every month has 28 days at least.
  const auto least = [](int day) { return day < 0 ? 28 + day : day; };
  if (least(range.begin) > least(range.end))
    return "end day " + std::to_string(range.end) + " is always before start day " +
           std::to_string(range.begin);
  return "";
}

std::string CheckRange(Unit unit, const IntRange& range) {
  switch (unit) {
    case Unit::kDay: return CheckDays(range);
    case Unit::kWeekday: return range.begin > range.end ? "start day cannot be before end day" : "";
    case Unit::kMonth:
      return range.begin > range.end ? "end month " + MonthName(range.end) +
                                           " is before start month " + MonthName(range.begin)
                                     : "";
    case Unit::kYear:
      return range.begin > range.end ? "end year " + std::to_string(range.end) +
                                           " is before start year " + std::to_string(range.begin)
                                     : "";
  }
  return "";
}

std::string ParseRange(Unit unit, std::string text, IntRange* out) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  const size_t colon = text.find(':');
  if (colon != std::string::npos && text.find(':', colon + 1) != std::string::npos)
    return "couldn't parse range " + text + ", invalid format";
  const std::string second = colon == std::string::npos ? text : text.substr(colon + 1);
  if (auto fault = ParseMember(unit, text.substr(0, colon), &out->begin); !fault.empty())
    return fault;
  if (auto fault = ParseMember(unit, second, &out->end); !fault.empty()) return fault;
  return CheckRange(unit, *out);
}

void ReadRanges(MapReader& map, std::string_view key, Unit unit, std::vector<IntRange>* out) {
  for (const Node& item : map.List(key)) {
    IntRange range;
    const std::string fault = ParseRange(unit, item.scalar, &range);
    if (!fault.empty()) map.faults().Add(item.line, fault);
    out->push_back(range);
  }
}

/// "HH:MM" up to 24:00; -1 for anything else.
int MinuteOf(const std::string& text) {
  if (text == "24:00") return 24 * 60;
  const auto digit = [&](size_t i) {
    return text[i] >= '0' && text[i] <= '9' ? text[i] - '0' : -1;
  };
  if (text.size() != 5 || text[2] != ':') return -1;
  for (const size_t i : {0, 1, 3, 4}) {
    if (digit(i) < 0) return -1;
  }
  const int hour = digit(0) * 10 + digit(1);
  const int minute = digit(3) * 10 + digit(4);
  return hour > 23 || minute > 59 ? -1 : hour * 60 + minute;
}

void ReadTimes(MapReader& map, std::vector<IntRange>* out) {
  for (const Node& item : map.List("times")) {
    MapReader range(item, "timeinterval.yamlTimeRange", map.faults());
    std::string start;
    std::string end;
    range.String("start_time", &start);
    range.String("end_time", &end);
    range.Done();
    const auto fault = [&](std::string what) { map.faults().Add(item.line, what); };
    if (start.empty() || end.empty()) {
      fault("both start and end times must be provided");
      continue;
    }
    const IntRange minutes{MinuteOf(start), MinuteOf(end)};
    if (minutes.begin < 0 || minutes.end < 0) {
      fault("couldn't parse timestamp " + (minutes.begin < 0 ? start : end) + ", invalid format");
    } else if (minutes.begin >= minutes.end) {
      fault("start time cannot be equal or greater than end time");
    }
    out->push_back(minutes);
  }
}

/// Nothing for a place that nobody knows. The library keeps what it has loaded.
std::optional<absl::TimeZone> Zone(const std::string& location) {
  if (location.empty() || location == "UTC") return absl::UTCTimeZone();
  absl::TimeZone zone;
  const bool path = location.starts_with('/') || location.starts_with('\\') ||
                    location.find("..") != std::string::npos;
  if (path || !absl::LoadTimeZone(location, &zone)) return std::nullopt;
  return zone;
}

int DaysInMonth(int year, int month) {
  const absl::CivilMonth this_month(year, month);
  return static_cast<int>(absl::CivilDay(this_month + 1) - absl::CivilDay(this_month));
}

bool InAny(const std::vector<IntRange>& ranges, int value) {
  return ranges.empty() || std::any_of(ranges.begin(), ranges.end(), [&](const IntRange& range) {
           return value >= range.begin && value <= range.end;
         });
}

bool InDays(const std::vector<IntRange>& ranges, const LocalTime& t) {
  if (ranges.empty()) return true;
  const int days = DaysInMonth(t.year, t.month);
  return std::any_of(ranges.begin(), ranges.end(), [&](const IntRange& range) {
    const int begin = range.begin < 0 ? days + range.begin + 1 : range.begin;
    const int end = range.end < 0 ? days + range.end + 1 : range.end;
    return begin <= days && t.day >= begin && t.day <= std::min(end, days);
  });
}

}  // namespace

bool KnownLocation(const std::string& location) { return Zone(location).has_value(); }

bool ToLocalTime(const std::string& location, int64_t ns, LocalTime* out) {
  const auto zone = Zone(location);
  if (!zone) return false;
  const auto at = zone->At(absl::FromUnixNanos(ns));
  out->year = static_cast<int>(at.cs.year());
  out->month = at.cs.month();
  out->day = at.cs.day();
  out->hour = at.cs.hour();
  out->minute = at.cs.minute();
  out->weekday = (static_cast<int>(absl::GetWeekday(at.cs)) + 1) % 7;
  out->offset_s = at.offset;
  out->zone = at.zone_abbr;
  return true;
}

bool TimeInterval::Contains(int64_t now_ns) const {
  LocalTime t;
  if (!ToLocalTime(location, now_ns, &t)) return false;
  const int minute = t.hour * 60 + t.minute;
  const bool in_times =
      times.empty() || std::any_of(times.begin(), times.end(), [&](const IntRange& range) {
        return minute >= range.begin && minute < range.end;
      });
  return in_times && InDays(days_of_month, t) && InAny(months, t.month) &&
         InAny(weekdays, t.weekday) && InAny(years, t.year);
}

std::string WeekdayName(int day) { return std::string(kWeekdays[static_cast<size_t>(day % 7)]); }

NamedIntervals ReadNamedIntervals(const Node& node, bool mute, Faults& faults) {
  NamedIntervals out;
  MapReader map(node, mute ? "config.MuteTimeInterval" : "config.TimeInterval", faults);
  map.String("name", &out.name);
  if (out.name.empty())
    faults.Add(node.line,
               mute ? "missing name in mute time interval" : "missing name in time interval");
  for (const Node& item : map.List("time_intervals")) {
    MapReader one(item, "timeinterval.TimeInterval", faults);
    TimeInterval interval;
    ReadTimes(one, &interval.times);
    ReadRanges(one, "weekdays", Unit::kWeekday, &interval.weekdays);
    ReadRanges(one, "days_of_month", Unit::kDay, &interval.days_of_month);
    ReadRanges(one, "months", Unit::kMonth, &interval.months);
    ReadRanges(one, "years", Unit::kYear, &interval.years);
    one.String("location", &interval.location);
    if (!KnownLocation(interval.location))
      faults.Add(one.LineOf("location"), "unknown time zone " + interval.location);
    one.Done();
    out.intervals.push_back(std::move(interval));
  }
  map.Done();
  return out;
}

}  // namespace pharos::conf
