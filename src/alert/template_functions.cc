// The functions that Alertmanager gives to templates.
#include <re2/re2.h>

#include <cctype>
#include <cmath>
#include <cstdio>
#include <mutex>
#include <set>

#include "alert/template_data.h"
#include "conf/time_interval.h"
#include "model/go_regex.h"
#include "template/go_time.h"
#include "text/base64.h"
#include "text/go_float.h"
#include "text/url.h"

namespace pharos::alert {
namespace {

using base::ErrorKind;
using base::Fail;
using base::Result;
using tmpl::Value;
using Args = std::span<const Value>;

std::string Mapped(std::string text, int (*change)(int)) {
  for (char& c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80) c = static_cast<char>(change(byte));
  }
  return text;
}

/// Each word's first letter upper, the others lower; an apostrophe is inside a word.
std::string Title(const std::string& text) {
  std::string out;
  bool inside = false;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool letter = byte >= 0x80 || std::isalnum(byte) != 0;
    if (byte < 0x80) {
      out += static_cast<char>(inside ? std::tolower(byte) : std::toupper(byte));
    } else {
      out += c;
    }
    inside = letter || (inside && (c == '\'' || c == '_'));
  }
  return out;
}

std::string Trimmed(const std::string& text) {
  const size_t from = text.find_first_not_of(" \t\r\n\v\f");
  if (from == std::string::npos) return "";
  return text.substr(from, text.find_last_not_of(" \t\r\n\v\f") + 1 - from);
}

std::string Format(const char* format, double value) {
  char text[64];
  std::snprintf(text, sizeof text, format, value);
  return text;
}

Result<double> Seconds(const Value& value) {
  if (const int64_t* ns = DurationOf(value)) return static_cast<double>(*ns) / 1e9;
  if (const auto* number = value.As<double>()) return *number;
  if (const auto* number = value.As<int64_t>()) return static_cast<double>(*number);
  double number = 0;
  const auto* text = value.As<std::string>();
  if (text == nullptr)
    return Fail(ErrorKind::kBadInput,
                "can't convert " + std::string(value.TypeName()) + " to float");
  if (!text::ParseGoFloat(*text, &number))
    return Fail(ErrorKind::kBadInput,
                "strconv.ParseFloat: parsing \"" + *text + "\": invalid syntax");
  return number;
}

std::string HumanDuration(double v) {
  if (std::isnan(v)) return "NaN";
  if (std::isinf(v)) return v > 0 ? "+Inf" : "-Inf";
  if (v == 0) return "0s";
  if (std::abs(v) < 1) {
    std::string_view prefix;
    for (const std::string_view p : {"m", "u", "n", "p", "f", "a", "z", "y"}) {
      if (std::abs(v) >= 1) break;
      prefix = p;
      v *= 1000;
    }
    return Format("%.4g", v) + std::string(prefix) + "s";
  }
  const std::string sign = v < 0 ? "-" : "";
  v = std::abs(v);
  if (v >= 9e18) return sign + Format("%.4g", v) + "s";
  const auto whole = static_cast<int64_t>(v);
  const auto part = [&](int64_t n, const char* unit) { return std::to_string(n) + unit; };
  const std::string seconds = part(whole % 60, "s");
  const std::string minutes = part(whole / 60 % 60, "m ");
  const std::string hours = part(whole / 3600 % 24, "h ");
  if (whole >= 86400) return sign + part(whole / 86400, "d ") + hours + minutes + seconds;
  if (whole >= 3600) return sign + hours + minutes + seconds;
  if (whole >= 60) return sign + minutes + seconds;
  return sign + Format("%.4g", v) + "s";
}

Result<Value> Join(Args a) {
  const tmpl::List* list = a[1].list();
  if (list == nullptr)
    return Fail(ErrorKind::kBadInput, "join wants a list, not " + std::string(a[1].TypeName()));
  std::string out;
  for (const Value& item : *list) {
    if (&item != &list->front()) out += a[0].ToString();
    out += item.ToString();
  }
  return Value(std::move(out));
}

Result<Value> Match(Args a) {
  const RE2 regex(model::GoRegexToRe2(a[0].ToString()), RE2::Quiet);
  if (!regex.ok()) return Fail(ErrorKind::kBadInput, "error parsing regexp: " + regex.error());
  return Value(RE2::PartialMatch(a[1].ToString(), regex));
}

Result<Value> In(Args a, std::string_view what, const tmpl::Time** time) {
  *time = a[1].As<tmpl::Time>();
  if (*time == nullptr)
    return Fail(ErrorKind::kBadInput,
                std::string(what) + " wants a time, not " + std::string(a[1].TypeName()));
  return Value();
}

Result<Value> Date(Args a) {
  const tmpl::Time* time = nullptr;
  PHAROS_TRY(const Value checked, In(a, "date", &time));
  (void)checked;
  return Value(tmpl::FormatTime(a[0].ToString(), *time));
}

/// Zone names live for ever: they are few, and values keep views of them.
std::string_view Interned(const std::string& name) {
  static std::mutex mutex;
  static std::set<std::string> names;
  const std::lock_guard lock(mutex);
  return *names.insert(name).first;
}

Result<Value> InZone(Args a) {
  const tmpl::Time* time = nullptr;
  PHAROS_TRY(const Value checked, In(a, "tz", &time));
  (void)checked;
  const std::string name = a[0].ToString();
  conf::LocalTime local;
  const int64_t at = time->ns == tmpl::kZeroTimeNs ? 0 : time->ns;
  if (!conf::ToLocalTime(name, at, &local))
    return Fail(ErrorKind::kBadInput, "unknown time zone " + name);
  if (time->ns == tmpl::kZeroTimeNs) return a[1];
  return Value(tmpl::Time{time->ns, local.offset_s, Interned(local.zone)});
}

Result<Value> Dict(Args a) {
  if (a.size() % 2 != 0)
    return Fail(ErrorKind::kBadInput, "dict requires an even number of arguments");
  tmpl::Map map;
  for (size_t i = 0; i < a.size(); i += 2) {
    const auto* key = a[i].As<std::string>();
    if (key == nullptr) return Fail(ErrorKind::kBadInput, "dict keys must be strings");
    map[*key] = a[i + 1];
  }
  return Value::Of(std::move(map));
}

Result<Value> Append(Args a) {
  if (a[0].list() == nullptr && !a[0].IsNil())
    return Fail(ErrorKind::kBadInput, "append wants a list, not " + std::string(a[0].TypeName()));
  tmpl::List list = a[0].list() != nullptr ? *a[0].list() : tmpl::List();
  list.insert(list.end(), a.begin() + 1, a.end());
  return Value::Of(std::move(list));
}

void AddTexts(tmpl::FunctionMap& m) {
  const auto text = [&](const char* name, std::string (*change)(const std::string&)) {
    m[name] = {[change](Args a) -> Result<Value> { return Value(change(a[0].ToString())); }, 1, 1};
  };
  text("toUpper", [](const std::string& s) { return Mapped(s, &std::toupper); });
  text("toLower", [](const std::string& s) { return Mapped(s, &std::tolower); });
  text("title", &Title);
  text("trimSpace", &Trimmed);
  text("base64encode", [](const std::string& s) { return text::Base64UrlEncode(s); });
  text("urlquery", [](const std::string& s) { return text::QueryEscape(s); });
  m["base64decode"] = {[](Args a) -> Result<Value> {
                         PHAROS_TRY(std::string out, text::Base64UrlDecode(a[0].ToString()));
                         return Value(std::move(out));
                       },
                       1, 1};
  m["urlUnescape"] = {[](Args a) -> Result<Value> {
                        PHAROS_TRY(std::string out, text::QueryUnescape(a[0].ToString()));
                        return Value(std::move(out));
                      },
                      1, 1};
  m["join"] = {Join, 2, 2};
  m["match"] = {Match, 2, 2};
  m["reReplaceAll"] = {[](Args a) -> Result<Value> {
                         const Value reordered[] = {a[0], a[2], a[1]};
                         return tmpl::TextFunctions().at("regexReplaceAll").call(reordered);
                       },
                       3, 3};
  m["safeHtml"] = {[](Args a) -> Result<Value> {
                     return Value(tmpl::Marked{tmpl::Marked::Kind::kHtml, a[0].ToString()});
                   },
                   1, 1};
  m["safeUrl"] = {[](Args a) -> Result<Value> {
                    return Value(tmpl::Marked{tmpl::Marked::Kind::kUrl, a[0].ToString()});
                  },
                  1, 1};
  m["toJson"] = {[](Args a) -> Result<Value> { return Value(ToJson(a[0])); }, 1, 1};
}

void AddTimes(tmpl::FunctionMap& m, const base::Clock& clock) {
  const base::Clock* now = &clock;
  m["date"] = {Date, 2, 2};
  m["tz"] = {InZone, 2, 2};
  m["now"] = {[now](Args) -> Result<Value> { return Value(tmpl::Time{now->NowNs()}); }, 0, 0};
  m["since"] = {[now](Args a) -> Result<Value> {
                  const auto* time = a[0].As<tmpl::Time>();
                  if (time == nullptr) return Fail(ErrorKind::kBadInput, "since wants a time");
                  const bool zero = time->ns == tmpl::kZeroTimeNs;
                  return DurationValue(zero ? INT64_MAX : now->NowNs() - time->ns);
                },
                1, 1};
  m["humanizeDuration"] = {[](Args a) -> Result<Value> {
                             PHAROS_TRY(const double seconds, Seconds(a[0]));
                             return Value(HumanDuration(seconds));
                           },
                           1, 1};
  m["toDate"] = {[](Args a) -> Result<Value> {
                   const auto time = tmpl::ParseTime(a[0].ToString(), a[1].ToString());
                   return Value(time.value_or(tmpl::Time{tmpl::kZeroTimeNs}));
                 },
                 2, 2};
  m["mustToDate"] = {[](Args a) -> Result<Value> {
                       PHAROS_TRY(const tmpl::Time time,
                                  tmpl::ParseTime(a[0].ToString(), a[1].ToString()));
                       return Value(time);
                     },
                     2, 2};
}

}  // namespace

void AddAlertFunctions(tmpl::FunctionMap* map, const base::Clock& clock) {
  tmpl::FunctionMap& m = *map;
  AddTexts(m);
  AddTimes(m, clock);
  const auto list = [](Args a) -> Result<Value> {
    return Value::Of(tmpl::List(a.begin(), a.end()));
  };
  m["stringSlice"] = {list, 0, -1};
  m["list"] = {list, 0, -1};
  m["append"] = {Append, 1, -1};
  m["dict"] = {Dict, 0, -1};
  // Each renderer puts its own in this place.
  m["routeLabels"] = {[](Args) -> Result<Value> { return Value::Of(""); }, 1, 1};
}

}  // namespace pharos::alert
