#include "text/rfc3339.h"

#include <chrono>
#include <optional>

namespace pharos::text {
namespace {

using base::ErrorKind;
using base::Fail;

constexpr int64_t kSecondNs = 1'000'000'000;

/// Takes fixed-width fields off the front.
class Fields {
 public:
  explicit Fields(std::string_view text) : rest_(text) {}

  int Number(size_t digits) {
    int value = 0;
    if (rest_.size() < digits) return Bad();
    for (size_t i = 0; i < digits; ++i) {
      if (rest_[i] < '0' || rest_[i] > '9') return Bad();
      value = value * 10 + (rest_[i] - '0');
    }
    rest_.remove_prefix(digits);
    return value;
  }
  void Expect(char c) {
    if (!Take(c)) Bad();
  }
  bool Take(char c) {
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }
  /// Nanoseconds of at least one digit.
  int64_t Fraction() {
    int64_t value = 0;
    int64_t unit = kSecondNs;
    if (rest_.empty() || rest_[0] < '0' || rest_[0] > '9') return Bad();
    for (; !rest_.empty() && rest_[0] >= '0' && rest_[0] <= '9'; rest_.remove_prefix(1)) {
      unit /= 10;
      value += unit * (rest_[0] - '0');
    }
    return value;
  }

  bool ok() const { return ok_; }
  bool at_end() const { return rest_.empty(); }

 private:
  int Bad() {
    ok_ = false;
    return 0;
  }
  std::string_view rest_;
  bool ok_ = true;
};

/// Seconds east of UTC, from "Z" or "+07:00".
int OffsetSeconds(Fields& fields, bool& valid) {
  if (fields.Take('Z')) return 0;
  const bool west = fields.Take('-');
  if (!west) fields.Expect('+');
  const int hours = fields.Number(2);
  fields.Expect(':');
  const int minutes = fields.Number(2);
  valid = valid && hours <= 24 && minutes < 60;
  const int seconds = hours * 3600 + minutes * 60;
  return west ? -seconds : seconds;
}

void AppendPadded(std::string& out, int64_t value, size_t digits) {
  const std::string text = std::to_string(value);
  if (text.size() < digits) out.append(digits - text.size(), '0');
  out += text;
}

}  // namespace

base::Result<int64_t> ParseRfc3339(std::string_view text) {
  const auto bad = [&](std::string_view why) {
    return Fail(ErrorKind::kBadInput, "cannot parse \"" + std::string(text.substr(0, 64)) +
                                          "\" as RFC 3339 time: " + std::string(why));
  };
  Fields fields(text);
  const int year = fields.Number(4);
  fields.Expect('-');
  const int month = fields.Number(2);
  fields.Expect('-');
  const int day = fields.Number(2);
  fields.Expect('T');
  const int hour = fields.Number(2);
  fields.Expect(':');
  const int minute = fields.Number(2);
  fields.Expect(':');
  const int second = fields.Number(2);
  const int64_t fraction = fields.Take('.') || fields.Take(',') ? fields.Fraction() : 0;
  bool valid = hour < 24 && minute < 60 && second < 60;
  const int offset = OffsetSeconds(fields, valid);
  if (!fields.ok() || !fields.at_end()) return bad("it must look like 2006-01-02T15:04:05Z");
  const std::chrono::year_month_day date{std::chrono::year(year),
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!valid || !date.ok()) return bad("there is no such time");
  const int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
  const int64_t seconds = days * 86400 + hour * 3600 + minute * 60 + second - offset;
  const auto ns = static_cast<__int128>(seconds) * kSecondNs + fraction;
  if (ns < INT64_MIN || ns > INT64_MAX) return bad("it is out of range (1677 to 2262)");
  return static_cast<int64_t>(ns);
}

std::string Rfc3339Nano(int64_t ns) {
  int64_t seconds = ns / kSecondNs;
  int64_t fraction = ns % kSecondNs;
  if (fraction < 0) {
    fraction += kSecondNs;
    --seconds;
  }
  const auto time = std::chrono::sys_seconds(std::chrono::seconds(seconds));
  const auto midnight = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(midnight);
  const int64_t of_day = (time - midnight).count();
  std::string out;
  AppendPadded(out, static_cast<int>(date.year()), 4);
  out += '-';
  AppendPadded(out, static_cast<unsigned>(date.month()), 2);
  out += '-';
  AppendPadded(out, static_cast<unsigned>(date.day()), 2);
  out += 'T';
  AppendPadded(out, of_day / 3600, 2);
  out += ':';
  AppendPadded(out, of_day / 60 % 60, 2);
  out += ':';
  AppendPadded(out, of_day % 60, 2);
  if (fraction != 0) {
    out += '.';
    AppendPadded(out, fraction, 9);
    while (out.back() == '0') out.pop_back();
  }
  return out += 'Z';
}

}  // namespace pharos::text
