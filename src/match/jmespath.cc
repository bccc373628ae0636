#include "match/jmespath.h"

#include <algorithm>
#include <array>
#include <utility>

#include "match/jmespath_node.h"
#include "text/go_float.h"

namespace pharos::match {
namespace {

using base::ErrorKind;
using base::Fail;
using Node = JmesPath::Node;
using Kind = Node::Kind;
using Answer = base::Result<JsonValue>;
using Array = JsonValue::Array;
using Object = JsonValue::Object;

constexpr std::array<std::string_view, 14> kFunctions = {
    "length",    "keys",      "values", "contains", "starts_with", "ends_with", "join",
    "to_string", "to_number", "type",   "not_null", "reverse",     "abs",       "sum"};

bool Truth(const JsonValue& value) {
  if (value.IsNull()) return false;
  if (const bool* b = value.boolean()) return *b;
  if (const auto* s = value.string()) return !s->empty();
  if (const auto* a = value.array()) return !a->empty();
  if (const auto* o = value.object()) return !o->empty();
  return true;
}

std::string_view TypeOf(const JsonValue& value) {
  if (value.IsNull()) return "null";
  if (value.boolean()) return "boolean";
  if (value.number()) return "number";
  if (value.string()) return "string";
  return value.array() ? "array" : "object";
}

std::unexpected<base::Error> BadArgument(const std::string& function) {
  return Fail(ErrorKind::kBadInput, "Invalid type for argument of function " + function);
}

/// Code points, as Go's library counts.
double Runes(std::string_view text) {
  return static_cast<double>(
      std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

Answer Length(const std::string& name, const JsonValue& value) {
  if (const auto* s = value.string()) return JsonValue(Runes(*s));
  if (const auto* a = value.array()) return JsonValue(static_cast<double>(a->size()));
  if (const auto* o = value.object()) return JsonValue(static_cast<double>(o->size()));
  return BadArgument(name);
}

Answer Members(const std::string& name, const JsonValue& value) {
  const Object* object = value.object();
  if (object == nullptr) return BadArgument(name);
  Array out;
  for (const auto& [key, member] : *object) {
    out.push_back(name == "keys" ? JsonValue(key) : member);
  }
  return JsonValue(std::move(out));
}

Answer TwoTexts(const std::string& name, const JsonValue& a, const JsonValue& b) {
  if (name == "contains" && a.array() != nullptr) {
    return JsonValue(std::find(a.array()->begin(), a.array()->end(), b) != a.array()->end());
  }
  if (a.string() == nullptr || b.string() == nullptr) return BadArgument(name);
  if (name == "contains") return JsonValue(a.string()->find(*b.string()) != std::string::npos);
  if (name == "starts_with") return JsonValue(a.string()->starts_with(*b.string()));
  return JsonValue(a.string()->ends_with(*b.string()));
}

Answer Join(const std::string& name, const JsonValue& glue, const JsonValue& list) {
  if (glue.string() == nullptr || list.array() == nullptr) return BadArgument(name);
  std::string out;
  for (size_t i = 0; i < list.array()->size(); ++i) {
    const auto* text = (*list.array())[i].string();
    if (text == nullptr) return BadArgument(name);
    if (i > 0) out += *glue.string();
    out += *text;
  }
  return JsonValue(std::move(out));
}

Answer Reverse(const std::string& name, const JsonValue& value) {
  if (const auto* array = value.array()) return JsonValue(Array(array->rbegin(), array->rend()));
  const auto* text = value.string();
  if (text == nullptr) return BadArgument(name);
  std::string out;
  for (size_t end = text->size(); end > 0;) {
    size_t begin = end - 1;
    while (begin > 0 && ((*text)[begin] & 0xC0) == 0x80) --begin;
    out.append(*text, begin, end - begin);
    end = begin;
  }
  return JsonValue(std::move(out));
}

Answer Sum(const std::string& name, const JsonValue& value) {
  if (value.array() == nullptr) return BadArgument(name);
  double sum = 0;
  for (const JsonValue& item : *value.array()) {
    if (item.number() == nullptr) return BadArgument(name);
    sum += *item.number();
  }
  return JsonValue(sum);
}

Answer OneArgument(const std::string& name, const JsonValue& value) {
  if (name == "length") return Length(name, value);
  if (name == "keys" || name == "values") return Members(name, value);
  if (name == "reverse") return Reverse(name, value);
  if (name == "sum") return Sum(name, value);
  if (name == "type") return JsonValue(std::string(TypeOf(value)));
  if (name == "abs") {
    if (value.number() == nullptr) return BadArgument(name);
    return JsonValue(*value.number() < 0 ? -*value.number() : *value.number());
  }
  if (name == "to_string") {
    if (value.string() != nullptr) return value;
    std::string out;
    AppendGoJson(out, value);
    return JsonValue(std::move(out));
  }
  double number = 0;  // to_number
  if (value.number() != nullptr) return value;
  if (value.string() == nullptr || !text::ParseGoFloat(*value.string(), &number)) {
    return JsonValue();
  }
  return JsonValue(number);
}

Answer Call(const std::string& name, const Array& arguments) {
  if (name == "not_null") {
    for (const JsonValue& value : arguments) {
      if (!value.IsNull()) return value;
    }
    return JsonValue();
  }
  const bool two =
      name == "contains" || name == "starts_with" || name == "ends_with" || name == "join";
  if (arguments.size() != (two ? 2u : 1u)) {
    return Fail(ErrorKind::kBadInput, "Invalid arity for function " + name);
  }
  if (name == "join") return Join(name, arguments[0], arguments[1]);
  return two ? TwoTexts(name, arguments[0], arguments[1]) : OneArgument(name, arguments[0]);
}

JsonValue Compare(const std::string& op, const JsonValue& a, const JsonValue& b) {
  if (op == "==") return JsonValue(a == b);
  if (op == "!=") return JsonValue(!(a == b));
  if (a.number() == nullptr || b.number() == nullptr) return JsonValue();
  if (op == "<") return JsonValue(*a.number() < *b.number());
  if (op == "<=") return JsonValue(*a.number() <= *b.number());
  if (op == ">") return JsonValue(*a.number() > *b.number());
  return JsonValue(*a.number() >= *b.number());
}

JsonValue Slice(const Node& node, const Array& array) {
  const auto n = static_cast<int64_t>(array.size());
  const int64_t step = node.step.value_or(1);
  const auto bound = [&](const std::optional<int64_t>& given, int64_t missing) {
    if (!given) return missing;
    int64_t at = *given < 0 ? *given + n : *given;
    if (at < 0) at = step < 0 ? -1 : 0;
    if (at >= n) at = step < 0 ? n - 1 : n;
    return at;
  };
  const int64_t begin = bound(node.first, step < 0 ? n - 1 : 0);
  const int64_t end = bound(node.last, step < 0 ? -1 : n);
  Array out;
  if (step > 0) {
    for (int64_t i = begin; i < end; i += std::min(step, n)) out.push_back(array[i]);
  } else {
    for (int64_t i = begin; i > end; i += std::max(step, -n)) out.push_back(array[i]);
  }
  return JsonValue(std::move(out));
}

Answer Eval(const Node& node, const JsonValue& value);

Answer Project(const Node& node, const Array& items) {
  Array out;
  for (const JsonValue& item : items) {
    if (node.kind == Kind::kFilter) {
      PHAROS_TRY(const JsonValue keep, Eval(*node.condition, item));
      if (!Truth(keep)) continue;
    }
    PHAROS_TRY(JsonValue got, Eval(*node.right, item));
    if (!got.IsNull()) out.push_back(std::move(got));
  }
  return JsonValue(std::move(out));
}

Answer EvalProjection(const Node& node, const JsonValue& value) {
  PHAROS_TRY(const JsonValue left, Eval(*node.left, value));
  if (node.kind == Kind::kValues) {
    if (left.object() == nullptr) return JsonValue();
    Array items;
    for (const auto& [key, member] : *left.object()) items.push_back(member);
    return Project(node, items);
  }
  if (left.array() == nullptr) return JsonValue();
  return Project(node, *left.array());
}

Answer EvalFlatten(const Node& node, const JsonValue& value) {
  PHAROS_TRY(const JsonValue left, Eval(*node.left, value));
  if (left.array() == nullptr) return JsonValue();
  Array out;
  for (const JsonValue& item : *left.array()) {
    if (const auto* inner = item.array()) {
      out.insert(out.end(), inner->begin(), inner->end());
    } else {
      out.push_back(item);
    }
  }
  return JsonValue(std::move(out));
}

Answer EvalLogic(const Node& node, const JsonValue& value) {
  PHAROS_TRY(JsonValue left, Eval(*node.left, value));
  if (node.kind == Kind::kNot) return JsonValue(!Truth(left));
  if (node.kind == Kind::kOr && Truth(left)) return left;
  if (node.kind == Kind::kAnd && !Truth(left)) return left;
  PHAROS_TRY(JsonValue right, Eval(*node.right, value));
  return node.kind == Kind::kCompare ? Compare(node.text, left, right) : right;
}

Answer EvalMany(const Node& node, const JsonValue& value) {
  if (value.IsNull() && node.kind != Kind::kCall) return JsonValue();
  Array parts;
  for (const auto& child : node.children) {
    PHAROS_TRY(JsonValue part, Eval(*child, value));
    parts.push_back(std::move(part));
  }
  if (node.kind == Kind::kCall) return Call(node.text, parts);
  if (node.kind == Kind::kList) return JsonValue(std::move(parts));
  Object object;
  for (size_t i = 0; i < parts.size(); ++i) {
    object.insert_or_assign(node.names[i], std::move(parts[i]));
  }
  return JsonValue(std::move(object));
}

JsonValue Item(const Node& node, const JsonValue& value) {
  if (node.kind == Kind::kField) {
    const Object* object = value.object();
    if (object == nullptr) return JsonValue();
    const auto found = object->find(node.text);
    return found == object->end() ? JsonValue() : found->second;
  }
  const Array* array = value.array();
  if (array == nullptr) return JsonValue();
  if (node.kind == Kind::kSlice) return Slice(node, *array);
  const auto n = static_cast<int64_t>(array->size());
  const int64_t at = *node.first < 0 ? *node.first + n : *node.first;
  return at >= 0 && at < n ? (*array)[static_cast<size_t>(at)] : JsonValue();
}

Answer Eval(const Node& node, const JsonValue& value) {
  switch (node.kind) {
    case Kind::kCurrent: return value;
    case Kind::kLiteral: return node.value;
    case Kind::kField:
    case Kind::kIndex:
    case Kind::kSlice: return Item(node, value);
    case Kind::kSub:
    case Kind::kPipe: {
      PHAROS_TRY(const JsonValue left, Eval(*node.left, value));
      return Eval(*node.right, left);
    }
    case Kind::kProjection:
    case Kind::kValues:
    case Kind::kFilter: return EvalProjection(node, value);
    case Kind::kFlatten: return EvalFlatten(node, value);
    case Kind::kOr:
    case Kind::kAnd:
    case Kind::kNot:
    case Kind::kCompare: return EvalLogic(node, value);
    case Kind::kList:
    case Kind::kHash:
    case Kind::kCall: return EvalMany(node, value);
  }
  return JsonValue();
}

}  // namespace

bool IsJmesFunction(std::string_view name) {
  return std::find(kFunctions.begin(), kFunctions.end(), name) != kFunctions.end();
}

base::Result<JmesPath> JmesPath::Compile(std::string_view expression) {
  PHAROS_TRY(auto root, ParseJmesPath(expression));
  JmesPath out;
  out.root_ = std::move(root);
  return out;
}

base::Result<JsonValue> JmesPath::Search(const JsonValue& value) const {
  return Eval(*root_, value);
}

}  // namespace pharos::match
