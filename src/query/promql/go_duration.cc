#include "query/promql/go_duration.h"

#include <array>
#include <limits>

#include "query/promql/go_quote.h"

namespace pharos::query::promql {
namespace {

struct Unit {
  std::string_view name;
  int64_t ms;
  bool exact;  ///< only written when nothing remains
};
constexpr std::array<Unit, 7> kUnits = {{{"y", 365LL * 86'400'000, true},
                                         {"w", 7LL * 86'400'000, true},
                                         {"d", 86'400'000, false},
                                         {"h", 3'600'000, false},
                                         {"m", 60'000, false},
                                         {"s", 1'000, false},
                                         {"ms", 1, false}}};

std::unexpected<base::Error> Bad(std::string message) {
  return base::Fail(base::ErrorKind::kBadInput, std::move(message));
}

}  // namespace

base::Result<int64_t> ParseGoDuration(std::string_view text) {
  if (text == "0") return 0;
  if (text.empty()) return Bad("empty duration string");
  const std::string quoted = GoQuote(text);
  uint64_t total_ms = 0;
  size_t last_unit = 0;
  bool first = true;
  std::string_view rest = text;
  while (!rest.empty()) {
    size_t n = 0;
    uint64_t value = 0;
    while (n < rest.size() && rest[n] >= '0' && rest[n] <= '9') {
      if (value > (std::numeric_limits<uint64_t>::max() - 9) / 10)
        return Bad("duration out of range");
      value = value * 10 + static_cast<uint64_t>(rest[n++] - '0');
    }
    if (n == 0) return Bad("not a valid duration string: " + quoted);
    rest.remove_prefix(n);
    n = 0;
    while (n < rest.size() && (rest[n] < '0' || rest[n] > '9')) ++n;
    if (n == 0) return Bad("not a valid duration string: " + quoted);
    const std::string_view name = rest.substr(0, n);
    rest.remove_prefix(n);
    size_t unit = 0;
    while (unit < kUnits.size() && kUnits[unit].name != name) ++unit;
    if (unit == kUnits.size()) {
      return Bad("unknown unit " + GoQuote(name) + " in duration " + quoted);
    }
    if (!first && unit <= last_unit) return Bad("not a valid duration string: " + quoted);
    first = false;
    last_unit = unit;
    const auto limit = static_cast<uint64_t>(std::numeric_limits<int64_t>::max() / kNsPerMs);
    const auto factor = static_cast<uint64_t>(kUnits[unit].ms);
    if (value > limit / factor || total_ms + value * factor > limit)
      return Bad("duration out of range");
    total_ms += value * factor;
  }
  return static_cast<int64_t>(total_ms) * kNsPerMs;
}

std::string FormatGoDuration(int64_t nanoseconds) {
  int64_t ms = nanoseconds / kNsPerMs;
  if (ms <= 0) return "0s";
  std::string out;
  for (const Unit& unit : kUnits) {
    if (unit.exact && ms % unit.ms != 0) continue;
    if (const int64_t count = ms / unit.ms; count > 0) {
      out += std::to_string(count);
      out += unit.name;
      ms -= count * unit.ms;
    }
  }
  return out;
}

}  // namespace pharos::query::promql
