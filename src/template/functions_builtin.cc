// The functions that Go's text/template has by itself.
#include <cmath>
#include <optional>

#include "template/functions.h"
#include "template/limits.h"
#include "template/template.h"

namespace pharos::tmpl {
namespace {

using base::ErrorKind;
using base::Fail;
using base::Result;
using Args = std::span<const Value>;

/// -1, 0, 1; nothing when the two cannot be compared.
std::optional<int> Order(const Value& a, const Value& b) {
  const auto three = [](auto x, auto y) { return x < y ? -1 : x > y ? 1 : 0; };
  const bool a_number = a.As<int64_t>() != nullptr || a.As<double>() != nullptr;
  const bool b_number = b.As<int64_t>() != nullptr || b.As<double>() != nullptr;
  if (a.As<int64_t>() != nullptr && b.As<int64_t>() != nullptr)
    return three(*a.As<int64_t>(), *b.As<int64_t>());
  if (a_number && b_number) return three(ToDouble(a), ToDouble(b));
  if (const auto* x = a.As<std::string>()) {
    if (const auto* y = b.As<std::string>()) return three(x->compare(*y), 0);
  }
  if (const auto* x = a.As<bool>()) {
    if (const auto* y = b.As<bool>()) return three(static_cast<int>(*x), static_cast<int>(*y));
  }
  if (const auto* x = a.As<Time>()) {
    if (const auto* y = b.As<Time>()) return three(x->ns, y->ns);
  }
  if (const auto* x = a.As<Duration>()) {
    if (const auto* y = b.As<Duration>()) return three(x->ns, y->ns);
  }
  if (a.IsNil() && b.IsNil()) return 0;
  return std::nullopt;
}

Result<bool> Compared(Args args, bool (*test)(int)) {
  const auto order = Order(args[0], args[1]);
  if (!order) return Fail(ErrorKind::kBadInput, "incompatible types for comparison");
  return test(*order);
}

Result<Value> Equal(Args args) {
  for (size_t i = 1; i < args.size(); ++i) {
    const auto order = Order(args[0], args[i]);
    if (!order && !args[0].IsNil() && !args[i].IsNil()) {
      return Fail(ErrorKind::kBadInput, "incompatible types for comparison");
    }
    if (order == 0) return Value(true);
  }
  return Value(false);
}

Result<Value> Length(Args args) {
  const Value& v = args[0];
  if (const auto* s = v.As<std::string>()) return Value(static_cast<int64_t>(s->size()));
  if (v.list() != nullptr) return Value(static_cast<int64_t>(v.list()->size()));
  if (v.map() != nullptr) return Value(static_cast<int64_t>(v.map()->size()));
  return Fail(ErrorKind::kBadInput, "len of type " + std::string(v.TypeName()));
}

Result<Value> Index(Args args) {
  Value value = args[0];
  for (size_t i = 1; i < args.size(); ++i) {
    if (const Map* map = value.map()) {
      const auto found = map->find(args[i].ToString());
      value = found != map->end() ? found->second : value.Absent();
      continue;
    }
    if (const auto* fields = value.As<const Fields*>()) {
      value = (*fields)->Field(args[i].ToString());
      continue;
    }
    const auto* at = args[i].As<int64_t>();
    if (at == nullptr)
      return Fail(ErrorKind::kBadInput,
                  "cannot index slice/array with type " + std::string(args[i].TypeName()));
    const auto* text = value.As<std::string>();
    const size_t size = value.list() != nullptr ? value.list()->size()
                        : text != nullptr       ? text->size()
                                                : 0;
    if (value.list() == nullptr && text == nullptr)
      return Fail(ErrorKind::kBadInput,
                  "can't index item of type " + std::string(value.TypeName()));
    if (*at < 0 || static_cast<size_t>(*at) >= size)
      return Fail(ErrorKind::kBadInput, "index out of range: " + std::to_string(*at));
    const auto n = static_cast<size_t>(*at);
    value = text != nullptr ? Value(static_cast<int64_t>(static_cast<unsigned char>((*text)[n])))
                            : Value((*value.list())[n]);
  }
  return value;
}

Result<Value> Slice(Args args) {
  const auto* text = args[0].As<std::string>();
  const List* list = args[0].list();
  if (text == nullptr && list == nullptr)
    return Fail(ErrorKind::kBadInput,
                "can't slice item of type " + std::string(args[0].TypeName()));
  const auto size = static_cast<int64_t>(text != nullptr ? text->size() : list->size());
  const int64_t from = args.size() > 1 ? ToInt(args[1]) : 0;
  const int64_t to = args.size() > 2 ? ToInt(args[2]) : size;
  if (from < 0 || to > size || from > to)
    return Fail(ErrorKind::kBadInput,
                "index out of range: " + std::to_string(from < 0 || from > to ? from : to));
  if (text != nullptr)
    return Value(text->substr(static_cast<size_t>(from), static_cast<size_t>(to - from)));
  return Value::Of(List(list->begin() + from, list->begin() + to));
}

/// fmt.Sprint: a space between two operands when neither is a string.
std::string Sprint(Args args) {
  std::string out;
  for (size_t i = 0; i < args.size(); ++i) {
    if (i > 0 && args[i].As<std::string>() == nullptr && args[i - 1].As<std::string>() == nullptr)
      out += ' ';
    out += args[i].ToString();
  }
  return out;
}

std::string Html(const std::string& text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&#34;"; break;
      case '\'': out += "&#39;"; break;
      default: out += c;
    }
  }
  return out;
}

std::string Js(const std::string& text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '\\': out += "\\\\"; break;
      case '\'': out += "\\'"; break;
      case '"': out += "\\\""; break;
      case '<': out += "\\u003C"; break;
      case '>': out += "\\u003E"; break;
      case '&': out += "\\u0026"; break;
      case '=': out += "\\u003D"; break;
      case '\n': out += "\\u000A"; break;
      default: out += c;
    }
  }
  return out;
}

}  // namespace

void AddBuiltins(FunctionMap* map) {
  FunctionMap& m = *map;
  m["and"] = {[](Args a) -> Result<Value> { return a.back(); }, 1, -1};
  m["or"] = {[](Args a) -> Result<Value> { return a.back(); }, 1, -1};
  m["not"] = {[](Args a) -> Result<Value> { return Value(!a[0].Truth()); }, 1, 1};
  m["eq"] = {Equal, 2, -1};
  const auto compare = [&](const char* name, bool (*test)(int)) {
    m[name] = {[test](Args a) -> Result<Value> {
                 PHAROS_TRY(const bool holds, Compared(a, test));
                 return Value(holds);
               },
               2, 2};
  };
  m["ne"] = {[](Args a) -> Result<Value> {
               PHAROS_TRY(const Value same, Equal(a));
               return Value(!same.Truth());
             },
             2, 2};
  compare("lt", [](int o) { return o < 0; });
  compare("le", [](int o) { return o <= 0; });
  compare("gt", [](int o) { return o > 0; });
  compare("ge", [](int o) { return o >= 0; });
  m["len"] = {Length, 1, 1};
  m["index"] = {Index, 1, -1};
  m["slice"] = {Slice, 1, 3};
  m["print"] = {[](Args a) -> Result<Value> { return Value(Sprint(a)); }, 0, -1};
  m["println"] = {[](Args a) -> Result<Value> {
                    std::string out;
                    for (const Value& v : a) out += (out.empty() ? "" : " ") + v.ToString();
                    return Value(out + "\n");
                  },
                  0, -1};
  m["printf"] = {[](Args a) -> Result<Value> {
                   PHAROS_TRY(std::string text, Printf(a[0].ToString(), a.subspan(1)));
                   return Value(std::move(text));
                 },
                 1, -1};
  m["html"] = {[](Args a) -> Result<Value> { return Value(Html(Sprint(a))); }, 1, -1};
  m["js"] = {[](Args a) -> Result<Value> { return Value(Js(Sprint(a))); }, 1, -1};
}

const FunctionMap& BuiltinFunctions() {
  static const FunctionMap kMap = [] {
    FunctionMap map;
    AddBuiltins(&map);
    return map;
  }();
  return kMap;
}

const FunctionMap& TextFunctions() {
  static const FunctionMap kMap = [] {
    FunctionMap map = BuiltinFunctions();
    AddStrings(&map);
    AddNumbers(&map);
    AddTimes(&map);
    AddRegex(&map);
    return map;
  }();
  return kMap;
}

}  // namespace pharos::tmpl
