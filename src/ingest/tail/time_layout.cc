#include "ingest/tail/time_layout.h"

#include <absl/time/civil_time.h>
#include <absl/time/time.h>

#include <array>
#include <charconv>
#include <cmath>

#include "template/go_time.h"

namespace pharos::ingest::tail {
namespace {

constexpr std::array<std::pair<std::string_view, std::string_view>, 10> kNamed = {{
    {"ANSIC", "Mon Jan _2 15:04:05 2006"},
    {"UnixDate", "Mon Jan _2 15:04:05 MST 2006"},
    {"RubyDate", "Mon Jan 02 15:04:05 -0700 2006"},
    {"RFC822", "02 Jan 06 15:04 MST"},
    {"RFC822Z", "02 Jan 06 15:04 -0700"},
    {"RFC850", "Monday, 02-Jan-06 15:04:05 MST"},
    {"RFC1123", "Mon, 02 Jan 2006 15:04:05 MST"},
    {"RFC1123Z", "Mon, 02 Jan 2006 15:04:05 -0700"},
    {"RFC3339", "2006-01-02T15:04:05Z07:00"},
    {"RFC3339Nano", "2006-01-02T15:04:05.999999999Z07:00"},
}};

bool Integer(std::string_view text, int64_t* out) {
  if (text.starts_with('+')) text.remove_prefix(1);
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), *out);
  return !text.empty() && error == std::errc() && end == text.data() + text.size();
}

std::optional<int64_t> Scaled(int64_t value, int64_t ns) {
  int64_t out = 0;
  if (__builtin_mul_overflow(value, ns, &out)) return std::nullopt;
  return out;
}

/// "1557257870.123": seconds with a fraction of any length.
std::optional<int64_t> UnixSeconds(std::string_view text) {
  const size_t dot = text.find('.');
  int64_t seconds = 0;
  if (!Integer(text.substr(0, dot), &seconds)) return std::nullopt;
  const auto whole = Scaled(seconds, 1'000'000'000);
  if (!whole || dot == std::string_view::npos) return whole;
  int64_t fraction = 0;
  const std::string_view digits = text.substr(dot + 1);
  if (!Integer(digits, &fraction)) return std::nullopt;
  const double ns =
      static_cast<double>(fraction) * std::pow(10.0, 9.0 - static_cast<double>(digits.size()));
  if (!(std::fabs(ns) < 9e18)) return std::nullopt;
  int64_t out = 0;
  if (__builtin_add_overflow(*whole, static_cast<int64_t>(ns), &out)) return std::nullopt;
  return out;
}

int64_t YearOf(int64_t ns, int* month) {
  const absl::CivilMonth at(absl::ToCivilSecond(absl::FromUnixNanos(ns), absl::UTCTimeZone()));
  *month = at.month();
  return at.year();
}

}  // namespace

struct TimeLayout::Zone {
  absl::TimeZone zone;
};

base::Result<TimeLayout> TimeLayout::Make(std::string_view format, const std::string& location) {
  TimeLayout out;
  if (!location.empty()) {
    auto zone = std::make_shared<Zone>();
    if (!absl::LoadTimeZone(location == "Local" ? "localtime" : location, &zone->zone)) {
      return base::Fail(base::ErrorKind::kBadInput,
                        "invalid location specified: unknown time zone " + location);
    }
    out.zone_ = std::move(zone);
  }
  out.layout_ = format;
  if (format == "Unix") out.kind_ = Kind::kUnix;
  if (format == "UnixMs") out.kind_ = Kind::kUnixMs;
  if (format == "UnixUs") out.kind_ = Kind::kUnixUs;
  if (format == "UnixNs") out.kind_ = Kind::kUnixNs;
  bool named = false;
  for (const auto& [name, layout] : kNamed) {
    if (format != name) continue;
    out.layout_ = layout;
    out.zone_ = nullptr;  // named ones are read without the location, as in Promtail
    named = true;
  }
  out.year_ = named || out.layout_.find("06") != std::string::npos;
  for (const std::string_view zone : {"-07", "Z07", "MST"}) {
    out.offset_ |= out.layout_.find(zone) != std::string::npos;
  }
  return out;
}

std::optional<int64_t> TimeLayout::Parse(const std::string& text, int64_t now_ns) const {
  int64_t number = 0;
  switch (kind_) {
    case Kind::kUnix: return UnixSeconds(text);
    case Kind::kUnixMs: return Integer(text, &number) ? Scaled(number, 1'000'000) : std::nullopt;
    case Kind::kUnixUs: return Integer(text, &number) ? Scaled(number, 1'000) : std::nullopt;
    case Kind::kUnixNs: return Integer(text, &number) ? Scaled(number, 1) : std::nullopt;
    case Kind::kLayout: break;
  }
  return year_ ? Layout(layout_, text) : WithoutYear(text, now_ns);
}

std::optional<int64_t> TimeLayout::Layout(std::string_view layout, std::string_view text) const {
  const auto parsed = tmpl::ParseTime(layout, text);
  if (!parsed) return std::nullopt;
  if (zone_ == nullptr || offset_) return parsed->ns;
  // The civil time was read as UTC; it is one of the location.
  const absl::Time utc = absl::FromUnixNanos(parsed->ns);
  const absl::CivilSecond civil = absl::ToCivilSecond(utc, absl::UTCTimeZone());
  const absl::Duration fraction = utc - absl::FromCivil(civil, absl::UTCTimeZone());
  return absl::ToUnixNanos(absl::FromCivil(civil, zone_->zone) + fraction);
}

std::optional<int64_t> TimeLayout::WithoutYear(const std::string& text, int64_t now_ns) const {
  int now_month = 0;
  const int64_t year = YearOf(now_ns, &now_month);
  const auto in_year = [&](int64_t y) {
    return Layout("2006 " + layout_, std::to_string(y) + " " + text);
  };
  auto parsed = in_year(year);
  if (!parsed) return parsed;
  int month = 0;
  YearOf(*parsed, &month);
  if (month == 12 && now_month == 1) return in_year(year - 1);
  if (month == 1 && now_month == 12) return in_year(year + 1);
  return parsed;
}

}  // namespace pharos::ingest::tail
