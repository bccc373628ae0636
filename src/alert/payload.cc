#include "alert/payload.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <map>

#include "text/go_float.h"
#include "text/json_writer.h"

namespace pharos::alert {
namespace {

using base::Result;
using conf::Node;

std::string Quoted(const std::string& text) {
  std::string out;
  text::AppendJsonString(out, text, true);
  return out;
}

/// JSON of a plain scalar that YAML does not take as text; "" for text.
std::string OtherThanText(const Node& node) {
  if (node.kind == Node::Kind::kNull) return "null";
  const std::string& text = node.scalar;
  if (node.quoted || text.empty()) return "";
  constexpr std::array<std::string_view, 11> kTrue{"true", "True", "TRUE", "yes", "Yes", "YES",
                                                   "on",   "On",   "ON",   "y",   "Y"};
  constexpr std::array<std::string_view, 11> kFalse{"false", "False", "FALSE", "no", "No", "NO",
                                                    "off",   "Off",   "OFF",   "n",  "N"};
  if (std::find(kTrue.begin(), kTrue.end(), text) != kTrue.end()) return "true";
  if (std::find(kFalse.begin(), kFalse.end(), text) != kFalse.end()) return "false";
  int64_t whole = 0;
  const char* const end = text.data() + text.size();
  if (const auto read = std::from_chars(text.data(), end, whole);
      read.ec == std::errc() && read.ptr == end)
    return std::to_string(whole);
  double number = 0;
  if (text.find_first_of("0123456789") != std::string::npos &&
      text.find_first_not_of("0123456789+-.eE") == std::string::npos &&
      text::ParseGoFloat(text, &number))
    return text::GoFloat(number, 'g');
  return "";
}

/// What a text became: it is final and is not expanded again.
std::string FinalJson(const Node& node) {
  switch (node.kind) {
    case Node::Kind::kNull: return "null";
    case Node::Kind::kScalar: {
      const std::string other = OtherThanText(node);
      return other.empty() ? Quoted(node.scalar) : other;
    }
    case Node::Kind::kSequence: {
      std::string out = "[";
      for (const Node& item : node.items) out += (out.size() > 1 ? "," : "") + FinalJson(item);
      return out + "]";
    }
    case Node::Kind::kMap: {
      std::map<std::string, std::string> fields;
      for (const auto& [name, value, line] : node.fields) fields[name] = FinalJson(value);
      std::string out = "{";
      for (const auto& [name, value] : fields)
        out += (out.size() > 1 ? "," : "") + Quoted(name) + ":" + value;
      return out + "}";
    }
  }
  return "null";
}

Result<std::string> TextJson(const std::string& text, const RenderText& render) {
  PHAROS_TRY(std::string made, render(text));
  const auto parsed = conf::ParseYaml(made, "");
  const bool is_text =
      !parsed || (parsed->kind == Node::Kind::kScalar && OtherThanText(*parsed).empty());
  return is_text ? Quoted(made) : FinalJson(*parsed);
}

}  // namespace

Result<std::string> PayloadJson(const Node& node, const RenderText& render) {
  if (node.kind == Node::Kind::kNull) return std::string("null");
  if (node.kind == Node::Kind::kScalar) {
    std::string other = OtherThanText(node);
    if (!other.empty()) return other;
    return TextJson(node.scalar, render);
  }
  if (node.kind == Node::Kind::kSequence) {
    std::string out = "[";
    for (const Node& item : node.items) {
      PHAROS_TRY(const std::string json, PayloadJson(item, render));
      out += (out.size() > 1 ? "," : "") + json;
    }
    return out + "]";
  }
  std::map<std::string, std::string> fields;
  for (const auto& [name, value, line] : node.fields) {
    PHAROS_TRY(const std::string key, render(name));
    PHAROS_TRY(fields[key], PayloadJson(value, render));
  }
  std::string out = "{";
  for (const auto& [name, value] : fields)
    out += (out.size() > 1 ? "," : "") + Quoted(name) + ":" + value;
  return out + "}";
}

}  // namespace pharos::alert
