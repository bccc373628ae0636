// The quick way through a page: nearly all of its lines were there at the last scrape, in the
// same order, and only values differ. A line whose bytes up to the value hash to what is
// expected parses as it did then, so only the value is left to read. Whatever is not plain
// (exemplars, odd blanks, hexadecimal numbers) is left to the lexer, which also finds all errors.
#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include "wire/exposition.h"

namespace pharos::wire {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

/// A decimal number as Go writes it: [-]digits[.digits][e[+-]digits], NaN, +Inf, -Inf. Returns
/// its end, or null for whatever else. Exact: a mantissa below 2^53 times or by a power of ten
/// that a double holds is rounded once, as it must be; all others go to from_chars.
const char* ReadNumber(const char* at, const char* end, double* value) {
  static constexpr double kPowers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                       1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                       1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
  const std::string_view rest(at, static_cast<size_t>(end - at));
  if (rest.starts_with("NaN")) {
    *value = std::numeric_limits<double>::quiet_NaN();
    return at + 3;
  }
  if (rest.starts_with("+Inf") || rest.starts_with("-Inf")) {
    *value = rest[0] == '+' ? HUGE_VAL : -HUGE_VAL;
    return at + 4;
  }
  const char* const begin = at;
  const bool negative = at != end && *at == '-';
  if (negative) ++at;
  if (at == end || !IsDigit(*at)) return nullptr;
  uint64_t mantissa = 0;
  int exponent = 0;
  const char* const digits = at;
  for (; at != end && IsDigit(*at); ++at)
    mantissa = mantissa * 10 + static_cast<uint64_t>(*at - '0');
  ptrdiff_t count = at - digits;
  if (at != end && *at == '.') {
    const char* const fraction = ++at;
    for (; at != end && IsDigit(*at); ++at) {
      mantissa = mantissa * 10 + static_cast<uint64_t>(*at - '0');
    }
    if (at == fraction) return nullptr;
    exponent = static_cast<int>(std::max<ptrdiff_t>(fraction - at, -1000));
    count += at - fraction;
  }
  if (at != end && *at == 'e') {
    ++at;
    const bool down = at != end && *at == '-';
    if (at != end && (*at == '-' || *at == '+')) ++at;
    const char* const figures = at;
    int shift = 0;
    for (; at != end && IsDigit(*at); ++at) shift = std::min(shift * 10 + (*at - '0'), 100'000);
    if (at == figures) return nullptr;
    exponent += down ? -shift : shift;
  }
  if (count <= 18 && mantissa <= (uint64_t{1} << 53) && exponent >= -22 && exponent <= 22) {
    double number = static_cast<double>(mantissa);
    number = exponent < 0 ? number / kPowers[-exponent] : number * kPowers[exponent];
    *value = negative ? -number : number;
    return at;
  }
  const auto read = std::from_chars(begin, at, *value);
  return read.ec == std::errc() && read.ptr == at ? at : nullptr;
}

/// The type counts where it changes what labels mean (`le` and `quantile` are numbers).
base::Hash128 SeriesHash(std::string_view raw, model::MetricType type) {
  using model::MetricType;
  base::Hash128 hash = base::HashBytes128(raw);
  if (type == MetricType::kHistogram || type == MetricType::kGaugeHistogram) {
    hash.low ^= 0x9E3779B97F4A7C15;
  } else if (type == MetricType::kSummary) {
    hash.low ^= 0xBF58476D1CE4E5B9;
  }
  return hash;
}

}  // namespace

ExpositionParser::LineKey ExpositionParser::line_key() const {
  if (is_series_) {
    return {SeriesHash(series_, type_), static_cast<uint32_t>(series_.size())};
  }
  const std::string_view line = page_.substr(start_, lexer_.end() - start_);
  return {base::HashBytes128(line), static_cast<uint32_t>(line.size())};
}

bool ExpositionParser::TakeSeries(const LineKey& known) {
  const size_t start = lexer_.end();
  const std::string_view raw = page_.substr(start, known.length);
  if (raw.size() != known.length || raw.empty() || raw[0] == '#') return false;
  if (SeriesHash(raw, type_) != known.hash || !TakeValue(start + raw.size())) return false;
  start_ = start;
  series_ = raw;
  is_series_ = true;
  has_exemplar_ = false;
  return true;
}

/// The value at `at` and what follows, to the end of the line.
bool ExpositionParser::TakeValue(size_t at) {
  const char* p = page_.data() + at;
  const char* const end = page_.data() + page_.size();
  const auto blank = [&] { return p != end && (*p == ' ' || (*p == '\t' && !open_metrics_)); };
  if (!blank()) return false;
  ++p;
  double value = 0;
  if ((p = ReadNumber(p, end, &value)) == nullptr) return false;
  int64_t time_ms = 0;
  bool timed = false;
  if (!open_metrics_ && blank()) {
    const auto read = std::from_chars(++p, end, time_ms);
    if (read.ec != std::errc() || *p == '-') return false;
    p = read.ptr;
    timed = true;
  }
  if (p == end || *p != '\n') return false;
  value_ = value;
  has_time_ = timed;
  if (timed) time_ms_ = time_ms;
  lexer_.GoTo(static_cast<size_t>(p + 1 - page_.data()));
  return true;
}

bool ExpositionParser::TakeComment(const LineKey& known, model::MetricType type) {
  const size_t start = lexer_.end();
  const std::string_view line = page_.substr(start, known.length);
  if (line.size() != known.length || line.empty() || line[0] != '#') return false;
  if (base::HashBytes128(line) != known.hash) return false;
  start_ = start;
  is_series_ = false;
  type_ = type;
  lexer_.GoTo(start + line.size());
  return true;
}

}  // namespace pharos::wire
