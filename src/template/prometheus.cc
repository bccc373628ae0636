#include "template/prometheus.h"

#include <arpa/inet.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <span>

#include "template/functions.h"
#include "template/template.h"
#include "text/duration.h"
#include "text/url.h"

namespace pharos::tmpl {
namespace {

using base::ErrorKind;
using base::Fail;
using base::Result;
using Args = std::span<const Value>;

struct HostPort {
  std::string host, port;
};

/// Go's net.SplitHostPort; nothing where that fails.
std::optional<HostPort> SplitHostPort(const std::string& text) {
  const size_t colon = text.rfind(':');
  if (colon == std::string::npos) return std::nullopt;
  HostPort out;
  size_t rest = 0;
  if (text[0] == '[') {
    const size_t close = text.find(']');
    if (close == std::string::npos || close + 1 != colon) return std::nullopt;
    out.host = text.substr(1, close - 1);
    rest = close + 1;
    if (text.find('[', 1) != std::string::npos) return std::nullopt;
  } else {
    out.host = text.substr(0, colon);
    if (out.host.find(':') != std::string::npos) return std::nullopt;
    if (text.find('[') != std::string::npos) return std::nullopt;
  }
  if (text.find(']', rest) != std::string::npos) return std::nullopt;
  out.port = text.substr(colon + 1);
  return out;
}

bool IsAddress(const std::string& host) {
  unsigned char bytes[16];
  return inet_pton(AF_INET, host.c_str(), bytes) == 1 ||
         inet_pton(AF_INET6, host.c_str(), bytes) == 1;
}

std::string StripPort(const std::string& text) {
  const auto split = SplitHostPort(text);
  return split ? split->host : text;
}

std::string StripDomain(const std::string& text) {
  const auto split = SplitHostPort(text);
  std::string host = split ? split->host : text;
  if (IsAddress(host)) return text;
  host.resize(std::min(host.find('.'), host.size()));
  if (!split || split->port.empty()) return host;
  return (host.find(':') != std::string::npos ? "[" + host + "]" : host) + ":" + split->port;
}

/// The first letter of each word in upper case; the others stay (cases.NoLower).
std::string Title(std::string text) {
  bool inside = false;
  for (char& c : text) {
    const bool letter =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || static_cast<unsigned char>(c) >= 0x80;
    if (letter && !inside && c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    inside = letter || (inside && ((c >= '0' && c <= '9') || c == '\'' || c == '_'));
  }
  return text;
}

Result<const Map*> SampleOf(const Value& value) {
  if (value.map() == nullptr)
    return Fail(ErrorKind::kBadInput, "wrong type for value; expected *template.sample; got " +
                                          std::string(value.TypeName()));
  return value.map();
}

Value Member(const Map& map, std::string_view name) {
  const auto found = map.find(name);
  return found != map.end() ? found->second : Value();
}

/// A label of a sample, "" where it has none.
std::string LabelOf(const Map& sample, std::string_view name) {
  const Value labels = Member(sample, "Labels");
  return labels.map() != nullptr && labels.map()->contains(name)
             ? labels.map()->find(name)->second.ToString()
             : std::string();
}

Result<Value> First(Args a) {
  const List* list = a[0].list();
  if (list == nullptr || list->empty())
    return Fail(ErrorKind::kBadInput, "first() called on vector with no elements");
  return list->front();
}

Result<Value> SortByLabel(Args a) {
  const List* list = a[1].list();
  if (list == nullptr) return Fail(ErrorKind::kBadInput, "sortByLabel needs a query's result");
  List sorted = *list;
  const std::string label = a[0].ToString();
  std::stable_sort(sorted.begin(), sorted.end(), [&](const Value& x, const Value& y) {
    return x.map() != nullptr && y.map() != nullptr &&
           LabelOf(*x.map(), label) < LabelOf(*y.map(), label);
  });
  return Value::Of(std::move(sorted));
}

void AddQueries(FunctionMap& m, const PrometheusSurroundings* around) {
  m["query"] = {[around](Args a) -> Result<Value> {
                  if (!around->query) return Value::Of(List());
                  PHAROS_TRY(List list, around->query(a[0].ToString()));
                  return Value::Of(std::move(list));
                },
                1, 1};
  m["first"] = {First, 1, 1};
  m["sortByLabel"] = {SortByLabel, 2, 2};
  m["label"] = {[](Args a) -> Result<Value> {
                  PHAROS_TRY(const Map* sample, SampleOf(a[1]));
                  return Value(LabelOf(*sample, a[0].ToString()));
                },
                2, 2};
  m["value"] = {[](Args a) -> Result<Value> {
                  PHAROS_TRY(const Map* sample, SampleOf(a[0]));
                  return Member(*sample, "Value");
                },
                1, 1};
  m["strvalue"] = {[](Args a) -> Result<Value> {
                     PHAROS_TRY(const Map* sample, SampleOf(a[0]));
                     return Value(LabelOf(*sample, "__value__"));
                   },
                   1, 1};
}

void AddTexts(FunctionMap& m) {
  const auto one = [&](const char* name, auto f) {
    m[name] = {[f](Args a) -> Result<Value> { return Value(std::string(f(a[0].ToString()))); }, 1,
               1};
  };
  one("stripPort", StripPort);
  one("stripDomain", StripDomain);
  one("title", Title);
  one("safeHtml", [](const std::string& s) { return s; });
  one("urlQueryEscape", [](const std::string& s) { return text::QueryEscape(s); });
  one("graphLink",
      [](const std::string& s) { return "/graph?g0.expr=" + text::QueryEscape(s) + "&g0.tab=0"; });
  one("tableLink",
      [](const std::string& s) { return "/graph?g0.expr=" + text::QueryEscape(s) + "&g0.tab=1"; });
  for (const char* name : {"toUpper", "toLower"}) m[name] = TextFunctions().at(name);
  const Function& replace = TextFunctions().at("regexReplaceAll");
  m["reReplaceAll"] = {[&replace](Args a) {
                         const Value turned[] = {a[0], a[2], a[1]};
                         return replace.call(turned);
                       },
                       3, 3};
  const Function& count = TextFunctions().at("count");
  m["match"] = {[&count](Args a) -> Result<Value> {
                  PHAROS_TRY(const Value matches, count.call(a));
                  return Value(matches.Truth());
                },
                2, 2};
  m["args"] = {[](Args a) -> Result<Value> {
                 Map map;
                 for (size_t i = 0; i < a.size(); ++i) map["arg" + std::to_string(i)] = a[i];
                 return Value::Of(std::move(map));
               },
               0, -1};
}

Result<Value> ParseDuration(Args a) {
  const std::string text = a[0].ToString();
  const bool negative = text.starts_with('-');
  PHAROS_TRY(const int64_t ms,
             text::ParsePrometheusDuration(std::string_view(text).substr(negative ? 1 : 0)));
  return Value(static_cast<double>(negative ? -ms : ms) / 1000);
}

void AddPrometheusTimes(FunctionMap& m, const PrometheusSurroundings* around) {
  m["now"] = {
      [around](Args) -> Result<Value> { return Value(static_cast<double>(around->now_ms) / 1000); },
      0, 0};
  m["toTime"] = {[](Args a) -> Result<Value> {
                   PHAROS_TRY(const double v, NumberOf(a[0]));
                   PHAROS_TRY(const Time time, TimeOfSeconds(v));
                   return Value(time);
                 },
                 1, 1};
  m["toDuration"] = {[](Args a) -> Result<Value> {
                       PHAROS_TRY(const double v, NumberOf(a[0]));
                       const double ns = std::isnan(v) ? 0 : std::clamp(v * 1e9, -9.2e18, 9.2e18);
                       return Value(Duration{static_cast<int64_t>(ns)});
                     },
                     1, 1};
  m["parseDuration"] = {ParseDuration, 1, 1};
}

}  // namespace

FunctionMap PrometheusFunctions(const PrometheusSurroundings* around) {
  FunctionMap map = BuiltinFunctions();
  map["urlquery"] = TextFunctions().at("urlquery");
  AddQueries(map, around);
  AddTexts(map);
  AddHumanize(&map);
  AddPrometheusTimes(map, around);
  map["externalURL"] = {[around](Args) -> Result<Value> { return Value(around->external_url); }, 0,
                        0};
  map["pathPrefix"] = {[around](Args) -> Result<Value> {
                         const auto url = text::ParseUrl(around->external_url);
                         return Value(url ? url->path : std::string());
                       },
                       0, 0};
  return map;
}

}  // namespace pharos::tmpl
