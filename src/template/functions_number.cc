// Functions on numbers, times and regexes.
#include <re2/re2.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <unordered_map>

#include "base/clock.h"
#include "template/functions.h"
#include "template/go_time.h"
#include "template/limits.h"

namespace pharos::tmpl {

using base::ErrorKind;
using base::Fail;
using base::Result;
using Args = std::span<const Value>;

int64_t ToInt(const Value& value) {
  if (const auto* v = value.As<int64_t>()) return *v;
  if (const auto* v = value.As<bool>()) return *v ? 1 : 0;
  if (const auto* v = value.As<double>()) {
    if (std::isnan(*v)) return 0;
    return *v >= 9.2e18 ? INT64_MAX : *v <= -9.2e18 ? INT64_MIN : static_cast<int64_t>(*v);
  }
  if (const auto* v = value.As<std::string>()) {
    char* end = nullptr;
    errno = 0;
    const int64_t whole = std::strtoll(v->c_str(), &end, 0);
    return !v->empty() && errno == 0 && end == v->c_str() + v->size() ? whole : 0;
  }
  return 0;
}

double ToDouble(const Value& value) {
  if (const auto* v = value.As<double>()) return *v;
  if (const auto* v = value.As<std::string>()) {
    char* end = nullptr;
    const double real = std::strtod(v->c_str(), &end);
    return !v->empty() && end == v->c_str() + v->size() ? real : 0;
  }
  return static_cast<double>(ToInt(value));
}

namespace {

/// Two's complement wrap-around, as Go has it.
int64_t Wrap(uint64_t v) { return static_cast<int64_t>(v); }
uint64_t U(int64_t v) { return static_cast<uint64_t>(v); }

double Rounded(double value, int64_t places, double on) {
  const double power = std::pow(10, static_cast<double>(places));
  const double digit = power * value;
  const double fraction = std::fabs(digit - std::trunc(digit));
  return (fraction >= on ? std::ceil(digit) : std::floor(digit)) / power;
}

Result<Value> Parsed(const Value& layout, const Value& text) {
  PHAROS_TRY(const Time time, ParseTime(layout.ToString(), text.ToString()));
  return Value(time);
}

Result<int64_t> Nanoseconds(const Value& value) {
  if (const auto* time = value.As<Time>()) return time->ns;
  return Fail(ErrorKind::kBadInput,
              "wrong type for value; expected time.Time; got " + std::string(value.TypeName()));
}

/// Sprig computes in decimals: 0.1 + 0.2 is 0.3. The shortest decimal of each number, taken to
/// more digits than a double has, gives the same after rounding back.
long double Decimal(double value) {
  char buffer[40];
  *std::to_chars(buffer, buffer + sizeof buffer - 1, value).ptr = 0;
  return std::strtold(buffer, nullptr);
}

template <class Combine>
Result<Value> InDecimals(std::span<const double> numbers, Combine combine) {
  long double result = Decimal(numbers[0]);
  for (const double number : numbers.subspan(1)) result = combine(result, Decimal(number));
  return Value(static_cast<double>(result));
}

/// Loki's guess by the number of digits: days, seconds, milli-, micro-, nanoseconds.
Result<Value> UnixToTime(const Value& value) {
  const std::string digits = value.ToString();
  const int64_t number = ToInt(value);
  int64_t unit = 0;
  switch (digits.size()) {
    case 5: unit = 86'400'000'000'000; break;
    case 10: unit = 1'000'000'000; break;
    case 13: unit = 1'000'000; break;
    case 16: unit = 1'000; break;
    case 19: unit = 1; break;
    default:
      return Fail(ErrorKind::kBadInput, "unable to parse time '" + digits + "': unknown format");
  }
  int64_t ns = 0;
  if (__builtin_mul_overflow(number, unit, &ns))
    return Fail(ErrorKind::kBadInput, "the time '" + digits + "' is out of range");
  return Value(Time{ns});
}

/// Compiled regexes of this thread: a template uses the same few for every line.
const RE2* Regex(const std::string& pattern) {
  thread_local std::unordered_map<std::string, std::unique_ptr<RE2>> known;
  if (const auto found = known.find(pattern); found != known.end()) return found->second.get();
  if (known.size() >= 64) known.clear();
  RE2::Options options;
  options.set_log_errors(false);
  return known.emplace(pattern, std::make_unique<RE2>(pattern, options)).first->second.get();
}

/// Go's `$1`, `${name}` as RE2's `\1`.
std::string Rewrite(const std::string& text, const RE2& regex) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\') {
      out += "\\\\";
      continue;
    }
    if (text[i] != '$' || i + 1 >= text.size()) {
      out += text[i];
      continue;
    }
    const bool braces = text[i + 1] == '{';
    size_t end = i + 1 + (braces ? 1 : 0);
    const size_t start = end;
    while (end < text.size() &&
           (std::isalnum(static_cast<unsigned char>(text[end])) != 0 || text[end] == '_'))
      ++end;
    const std::string name = text.substr(start, end - start);
    if (name.empty()) {
      out += text[i];
      continue;
    }
    int group = -1;
    if (name.find_first_not_of("0123456789") == std::string::npos && name.size() == 1)
      group = name[0] - '0';
    const auto named = regex.NamedCapturingGroups().find(name);
    if (named != regex.NamedCapturingGroups().end()) group = named->second;
    if (group >= 0 && group <= regex.NumberOfCapturingGroups() && group < 10)
      out += "\\" + std::to_string(group);
    i = end - 1 + (braces && end < text.size() && text[end] == '}' ? 1 : 0);
  }
  return out;
}

Result<Value> ReplaceAll(Args a, bool literal) {
  const RE2* regex = Regex(a[0].ToString());
  if (!regex->ok()) return Fail(ErrorKind::kBadInput, "error parsing regexp: " + regex->error());
  std::string text = a[1].ToString();
  std::string to = a[2].ToString();
  if (literal) {
    std::string escaped;
    for (const char c : to) {
      if (c == '\\') escaped += '\\';
      escaped += c;
    }
    to = std::move(escaped);
  } else {
    to = Rewrite(to, *regex);
  }
  if (text.size() > 0 && to.size() > kMaxOutputBytes / (text.size() + 1))
    return Fail(ErrorKind::kLimit, "the text is too long");
  RE2::GlobalReplace(&text, *regex, to);
  return Value(std::move(text));
}

Result<Value> CountMatches(const Value& pattern, const Value& subject) {
  const RE2* regex = Regex(pattern.ToString());
  if (!regex->ok()) return Fail(ErrorKind::kBadInput, "error parsing regexp: " + regex->error());
  const std::string text = subject.ToString();
  int64_t count = 0;
  size_t at = 0;
  re2::StringPiece found;
  while (at <= text.size() && regex->Match(text, at, text.size(), RE2::UNANCHORED, &found, 1)) {
    ++count;
    const size_t end = static_cast<size_t>(found.data() - text.data()) + found.size();
    at = found.empty() ? end + 1 : end;
  }
  return Value(count);
}

}  // namespace

void AddNumbers(FunctionMap* map) {
  FunctionMap& m = *map;
  const auto whole = [&](const char* name, int least, int most,
                         Result<Value> (*f)(std::span<const int64_t>)) {
    m[name] = {[f](Args a) -> Result<Value> {
                 std::vector<int64_t> numbers;
                 for (const Value& v : a) numbers.push_back(ToInt(v));
                 return f(numbers);
               },
               least, most};
  };
  const auto real = [&](const char* name, int least, int most,
                        Result<Value> (*f)(std::span<const double>)) {
    m[name] = {[f](Args a) -> Result<Value> {
                 std::vector<double> numbers;
                 for (const Value& v : a) numbers.push_back(ToDouble(v));
                 return f(numbers);
               },
               least, most};
  };
  using Ints = std::span<const int64_t>;
  using Reals = std::span<const double>;
  whole("add", 0, -1, [](Ints n) -> Result<Value> {
    uint64_t s = 0;
    for (int64_t v : n) s += U(v);
    return Value(Wrap(s));
  });
  whole("sub", 2, 2, [](Ints n) -> Result<Value> { return Value(Wrap(U(n[0]) - U(n[1]))); });
  whole("mul", 1, -1, [](Ints n) -> Result<Value> {
    uint64_t p = 1;
    for (int64_t v : n) p *= U(v);
    return Value(Wrap(p));
  });
  whole("div", 2, 2, [](Ints n) -> Result<Value> {
    if (n[1] == 0) return Fail(ErrorKind::kBadInput, "runtime error: integer divide by zero");
    return Value(n[1] == -1 ? Wrap(0 - U(n[0])) : n[0] / n[1]);
  });
  whole("mod", 2, 2, [](Ints n) -> Result<Value> {
    if (n[1] == 0) return Fail(ErrorKind::kBadInput, "runtime error: integer divide by zero");
    return Value(n[1] == -1 ? int64_t{0} : n[0] % n[1]);
  });
  whole("max", 1, -1,
        [](Ints n) -> Result<Value> { return Value(*std::max_element(n.begin(), n.end())); });
  whole("min", 1, -1,
        [](Ints n) -> Result<Value> { return Value(*std::min_element(n.begin(), n.end())); });
  whole("int", 1, 1, [](Ints n) -> Result<Value> { return Value(n[0]); });
  real("float64", 1, 1, [](Reals n) -> Result<Value> { return Value(n[0]); });
  real("addf", 1, -1,
       [](Reals n) { return InDecimals(n, [](long double a, long double b) { return a + b; }); });
  real("subf", 1, -1,
       [](Reals n) { return InDecimals(n, [](long double a, long double b) { return a - b; }); });
  real("mulf", 1, -1,
       [](Reals n) { return InDecimals(n, [](long double a, long double b) { return a * b; }); });
  real("divf", 1, -1,
       [](Reals n) { return InDecimals(n, [](long double a, long double b) { return a / b; }); });
  real("maxf", 1, -1,
       [](Reals n) -> Result<Value> { return Value(*std::max_element(n.begin(), n.end())); });
  real("minf", 1, -1,
       [](Reals n) -> Result<Value> { return Value(*std::min_element(n.begin(), n.end())); });
  real("ceil", 1, 1, [](Reals n) -> Result<Value> { return Value(std::ceil(n[0])); });
  real("floor", 1, 1, [](Reals n) -> Result<Value> { return Value(std::floor(n[0])); });
  m["round"] = {
      [](Args a) -> Result<Value> {
        return Value(Rounded(ToDouble(a[0]), ToInt(a[1]), a.size() > 2 ? ToDouble(a[2]) : .5));
      },
      2, 3};
}

void AddTimes(FunctionMap* map) {
  FunctionMap& m = *map;
  const auto epoch = [&](const char* name, int64_t unit) {
    m[name] = {[unit](Args a) -> Result<Value> {
                 PHAROS_TRY(const int64_t ns, Nanoseconds(a[0]));
                 int64_t whole = ns / unit;
                 if (ns % unit < 0) --whole;
                 return Value(std::to_string(whole));
               },
               1, 1};
  };
  epoch("unixEpoch", 1'000'000'000);
  epoch("unixEpochMillis", 1'000'000);
  epoch("unixEpochNanos", 1);
  m["now"] = {[](Args) -> Result<Value> { return Value(Time{base::Clock::System().NowNs()}); }, 0,
              0};
  m["date"] = {[](Args a) -> Result<Value> {
                 int64_t ns = 0;
                 if (const auto* seconds = a[1].As<int64_t>()) {
                   if (__builtin_mul_overflow(*seconds, int64_t{1'000'000'000}, &ns))
                     return Fail(ErrorKind::kBadInput, "the time is out of range");
                 } else {
                   PHAROS_TRY(ns, Nanoseconds(a[1]));
                 }
                 return Value(FormatTime(a[0].ToString(), {ns}));
               },
               2, 2};
  m["toDate"] = {[](Args a) { return Parsed(a[0], a[1]); }, 2, 2};
  m["toDateInZone"] = {[](Args a) -> Result<Value> {
                         if (a[1].ToString() != "UTC")
                           return Fail(ErrorKind::kUnsupported, "only the zone UTC is known");
                         return Parsed(a[0], a[2]);
                       },
                       3, 3};
  m["unixToTime"] = {[](Args a) { return UnixToTime(a[0]); }, 1, 1};
}

void AddRegex(FunctionMap* map) {
  FunctionMap& m = *map;
  m["regexReplaceAll"] = {[](Args a) { return ReplaceAll(a, false); }, 3, 3};
  m["regexReplaceAllLiteral"] = {[](Args a) { return ReplaceAll(a, true); }, 3, 3};
  m["count"] = {[](Args a) { return CountMatches(a[0], a[1]); }, 2, 2};
}

}  // namespace pharos::tmpl
