#include "ingest/process/attribute_actions.h"

#include <openssl/sha.h>
#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <optional>

#include "ingest/process/limits.h"
#include "net/http.h"
#include "text/go_float.h"

namespace pharos::ingest::process {

using Kind = conf::OtelcolAction::Kind;
using model::KeyValue;
using model::Value;

struct AttributeActions::Action {
  Kind kind;
  std::string key, from_attribute, from_context, converted_type;
  std::optional<Value> value;
  std::unique_ptr<re2::RE2> pattern;
  std::vector<std::string> group_names;  ///< by group − 1
};

namespace {

Value* Find(AttributeList& list, std::string_view key) {
  const auto found = std::ranges::find(list, key, &KeyValue::key);
  return found == list.end() ? nullptr : &found->value;
}

void Put(AttributeList& list, std::string_view key, const Value& value, base::Arena& arena) {
  if (Value* old = Find(list, key)) {
    *old = value;
  } else if (list.size() < kMaxAttributes) {
    list.push_back({arena.Copy(key), value});
  }
}

std::string_view Address(std::string_view remote) {
  const size_t colon = remote.rfind(':');
  if (colon != remote.npos) remote = remote.substr(0, colon);
  if (remote.starts_with('[') && remote.ends_with(']'))
    remote = remote.substr(1, remote.size() - 2);
  return remote;
}

std::optional<Value> FromContext(std::string_view key, const receive::OtlpSender& sender,
                                 base::Arena& arena) {
  if (key == "client.address") {
    const std::string_view address = Address(sender.remote);
    if (address.empty()) return std::nullopt;
    return Value::String(arena.Copy(address));
  }
  if (key.starts_with("auth.") || sender.metadata == nullptr) return std::nullopt;
  if (key.starts_with("metadata.")) key.remove_prefix(9);
  std::string joined;
  bool any = false;
  for (const auto& [name, value] : *sender.metadata) {
    if (!std::ranges::equal(name, key, [](char a, char b) {
          const auto lower = [](char c) {
            return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
          };
          return lower(a) == lower(b);
        })) {
      continue;
    }
    if (any) joined += ';';
    joined += value;
    any = true;
  }
  if (!any) return std::nullopt;
  return Value::String(arena.Copy(joined));
}

/// SHA-256 of the value's bytes in hex: numbers as 8 bytes, lowest first; booleans as one.
void Hash(Value* value, base::Arena& arena) {
  std::string bytes;
  const auto eight = [&](uint64_t v) {
    for (int i = 0; i < 8; ++i) bytes += static_cast<char>(v >> (8 * i));
  };
  switch (value->type) {
    case Value::Type::kString: bytes = value->text; break;
    case Value::Type::kBool: bytes.assign(1, static_cast<char>(value->boolean)); break;
    case Value::Type::kInt: eight(static_cast<uint64_t>(value->integer)); break;
    case Value::Type::kDouble: eight(std::bit_cast<uint64_t>(value->real)); break;
    default: break;
  }
  std::array<uint8_t, SHA256_DIGEST_LENGTH> digest{};
  SHA256(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size(), digest.data());
  std::string hex;
  for (const uint8_t byte : digest) {
    hex += "0123456789abcdef"[byte >> 4];
    hex += "0123456789abcdef"[byte & 15];
  }
  if (value->type == Value::Type::kNull || bytes.empty()) hex.clear();
  *value = Value::String(arena.Copy(hex));
}

std::optional<int64_t> ToInt(const Value& value) {
  switch (value.type) {
    case Value::Type::kBool: return value.boolean ? 1 : 0;
    case Value::Type::kDouble:
      if (!(std::abs(value.real) < 9.2e18)) return std::nullopt;
      return static_cast<int64_t>(value.real);
    case Value::Type::kString: {
      std::string_view text = value.text;
      if (text.starts_with('+')) text.remove_prefix(1);
      int64_t out = 0;
      const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
      if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
      return out;
    }
    default: return std::nullopt;
  }
}

std::optional<double> ToDouble(const Value& value) {
  switch (value.type) {
    case Value::Type::kBool: return value.boolean ? 1 : 0;
    case Value::Type::kInt: return static_cast<double>(value.integer);
    case Value::Type::kString: {
      double out = 0;
      if (!text::ParseGoFloat(value.text, &out)) return std::nullopt;
      return out;
    }
    default: return std::nullopt;
  }
}

/// What cannot be converted stays as it is.
void Convert(Value* value, std::string_view type, base::Arena& arena) {
  if (type == "string") {
    *value = Value::String(arena.Copy(model::ValueToString(*value)));
  } else if (type == "int") {
    if (const auto out = ToInt(*value)) *value = Value::Int(*out);
  } else if (const auto out = ToDouble(*value)) {
    *value = Value::Double(*out);
  }
}

Value ScalarValue(const conf::Node& node, base::Arena& arena) {
  const std::string& text = node.scalar;
  if (!node.quoted) {
    if (text == "true" || text == "True" || text == "TRUE") return Value::Bool(true);
    if (text == "false" || text == "False" || text == "FALSE") return Value::Bool(false);
    if (const auto integer = ToInt(Value::String(text))) return Value::Int(*integer);
    double real = 0;
    const bool number = !text.empty() && text.find_first_not_of("+-.eE0123456789") == text.npos;
    if (number && text::ParseGoFloat(text, &real)) return Value::Double(real);
    if (text == ".inf" || text == ".Inf") return Value::Double(INFINITY);
    if (text == "-.inf" || text == "-.Inf") return Value::Double(-INFINITY);
    if (text == ".nan" || text == ".NaN") return Value::Double(NAN);
  }
  return Value::String(arena.Copy(text));
}

void Extract(const re2::RE2& pattern, const std::vector<std::string>& names, AttributeList& list,
             std::string_view key, base::Arena& arena) {
  const Value* source = Find(list, key);
  if (source == nullptr || source->type != Value::Type::kString) return;
  const std::string_view text = source->text;
  std::vector<re2::StringPiece> groups(names.size() + 1);
  const re2::StringPiece input(text.data(), text.size());
  if (!pattern.Match(input, 0, input.size(), re2::RE2::UNANCHORED, groups.data(),
                     static_cast<int>(groups.size()))) {
    return;
  }
  for (size_t i = 0; i < names.size(); ++i) {
    const std::string_view group(groups[i + 1].data(), groups[i + 1].size());
    Put(list, names[i], Value::String(arena.Copy(group)), arena);
  }
}

}  // namespace

Value ValueOf(const conf::Node& node, base::Arena& arena) {
  using NodeKind = conf::Node::Kind;
  switch (node.kind) {
    case NodeKind::kNull: return {};
    case NodeKind::kScalar: return ScalarValue(node, arena);
    case NodeKind::kSequence: {
      std::vector<Value> items;
      for (const conf::Node& item : node.items) items.push_back(ValueOf(item, arena));
      return Value::Array(arena.CopySpan(std::span<const Value>(items)));
    }
    case NodeKind::kMap: {
      AttributeList fields;
      for (const conf::Field& field : node.fields) {
        fields.push_back({arena.Copy(field.name), ValueOf(field.value, arena)});
      }
      return Value::Map(arena.CopySpan(std::span<const KeyValue>(fields)));
    }
  }
  return {};
}

AttributeActions::AttributeActions(std::span<const conf::OtelcolAction> actions) {
  for (const conf::OtelcolAction& from : actions) {
    Action action{from.kind,
                  from.key,
                  from.from_attribute,
                  from.from_context,
                  from.converted_type,
                  std::nullopt,
                  nullptr,
                  {}};
    if (from.value) action.value = ValueOf(*from.value, values_);
    if (!from.pattern.empty()) {
      action.pattern = std::make_unique<re2::RE2>(from.pattern, re2::RE2::Quiet);
      PHAROS_CHECK(action.pattern->ok(), "the reader of the file let a bad pattern through");
      action.group_names.resize(static_cast<size_t>(action.pattern->NumberOfCapturingGroups()));
      for (const auto& [group, name] : action.pattern->CapturingGroupNames()) {
        action.group_names[static_cast<size_t>(group) - 1] = name;
      }
    }
    actions_.push_back(std::move(action));
  }
}
AttributeActions::~AttributeActions() = default;

void AttributeActions::Apply(AttributeList& list, const receive::OtlpSender& sender,
                             base::Arena& arena) const {
  const auto matches = [](const Action& action, const KeyValue& pair) {
    if (!action.key.empty() && pair.key == action.key) return true;
    return action.pattern != nullptr &&
           re2::RE2::PartialMatch(re2::StringPiece(pair.key.data(), pair.key.size()),
                                  *action.pattern);
  };
  for (const Action& action : actions_) {
    switch (action.kind) {
      case Kind::kDelete:
        std::erase_if(list, [&](const KeyValue& pair) { return matches(action, pair); });
        break;
      case Kind::kHash:
        for (KeyValue& pair : list) {
          if (matches(action, pair)) Hash(&pair.value, arena);
        }
        break;
      case Kind::kExtract:
        Extract(*action.pattern, action.group_names, list, action.key, arena);
        break;
      case Kind::kConvert:
        if (Value* value = Find(list, action.key)) Convert(value, action.converted_type, arena);
        break;
      default: {
        std::optional<Value> value = action.value;
        if (!value && !action.from_context.empty()) {
          value = FromContext(action.from_context, sender, arena);
        } else if (!value) {
          if (const Value* from = Find(list, action.from_attribute)) value = *from;
        }
        const bool exists = Find(list, action.key) != nullptr;
        if (!value || (action.kind == Kind::kInsert && exists) ||
            (action.kind == Kind::kUpdate && !exists)) {
          break;
        }
        Put(list, action.key, *value, arena);
      }
    }
  }
}

}  // namespace pharos::ingest::process
