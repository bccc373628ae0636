#include "conf/yaml_writer.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "conf/alert_matcher.h"

namespace pharos::conf {
namespace {

bool LooksLikeOther(std::string_view text) {
  constexpr std::array<std::string_view, 22> kWords{
      "true", "True", "TRUE", "false", "False", "FALSE", "yes", "Yes", "YES", "no",   "No",
      "NO",   "on",   "On",   "ON",    "off",   "Off",   "OFF", "y",   "n",   "null", "~"};
  if (std::find(kWords.begin(), kWords.end(), text) != kWords.end()) return true;
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool digits = text.find_first_not_of("0123456789_:.-+") == std::string_view::npos;
  return (error == std::errc() && end == text.data() + text.size()) ||
         (digits && text.find_first_of("0123456789") != std::string_view::npos);
}

}  // namespace

std::string YamlScalar(std::string_view text) {
  const bool special = std::any_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7F;
  });
  if (special || text.empty() || LooksLikeOther(text) || !ValidUtf8Text(text))
    return GoQuoted(text);
  const bool plain =
      !text.empty() && !LooksLikeOther(text) && text.front() != ' ' && text.back() != ' ' &&
      text.back() != ':' &&
      std::string_view("!&*-?:,[]{}#|>@`\"'%=<").find(text.front()) == std::string_view::npos &&
      text.find(": ") == std::string_view::npos && text.find(" #") == std::string_view::npos;
  const bool secret = text == "<secret>";
  if (plain || secret) return std::string(text);
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'') out += '\'';
    out += c;
  }
  return out + "'";
}

void YamlWriter::Indent() {
  if (dashed_) {
    dashed_ = false;
    return;
  }
  out_.append(static_cast<size_t>(depth_) * 2, ' ');
}

void YamlWriter::Key(std::string_view key) {
  Indent();
  out_ += YamlScalar(key);
  out_ += ':';
}

void YamlWriter::Plain(std::string_view key, std::string_view value) {
  Key(key);
  out_ += ' ';
  out_ += value;
  out_ += '\n';
}

void YamlWriter::Text(std::string_view key, std::string_view value) {
  if (!value.empty()) Plain(key, YamlScalar(value));
}

void YamlWriter::Secret(std::string_view key, std::string_view value) {
  if (!value.empty()) Plain(key, "<secret>");
}

void YamlWriter::Texts(std::string_view key, const std::vector<std::string>& values) {
  if (values.empty()) return;
  Key(key);
  out_ += '\n';
  for (const std::string& value : values) {
    Indent();
    out_ += "- " + YamlScalar(value) + "\n";
  }
}

void YamlWriter::Texts(std::string_view key, const std::map<std::string, std::string>& values) {
  if (values.empty()) return;
  Map(key, [&] {
    for (const auto& [name, value] : values) Plain(name, YamlScalar(value));
  });
}

void YamlWriter::Map(std::string_view key, const std::function<void()>& fields) {
  Key(key);
  const size_t before = out_.size();
  out_ += '\n';
  ++depth_;
  fields();
  --depth_;
  if (out_.size() == before + 1) out_.insert(before, " {}");
}

void YamlWriter::List(std::string_view key, size_t count, const std::function<void(size_t)>& item) {
  if (count == 0) return;
  Key(key);
  out_ += '\n';
  for (size_t i = 0; i < count; ++i) {
    Indent();
    out_ += "- ";
    dashed_ = true;
    ++depth_;
    const size_t before = out_.size();
    item(i);
    --depth_;
    if (out_.size() == before) out_ += "{}\n";
    dashed_ = false;
  }
}

void YamlWriter::Any(std::string_view key, const Node& value) {
  Key(key);
  Value(value);
}

/// What stands behind a "key:" or a "-".
void YamlWriter::Value(const Node& value) {
  switch (value.kind) {
    case Node::Kind::kNull: out_ += " null\n"; return;
    case Node::Kind::kScalar:
      out_ += ' ' +
              (value.quoted                   ? YamlScalar(value.scalar)
               : LooksLikeOther(value.scalar) ? value.scalar
                                              : YamlScalar(value.scalar)) +
              "\n";
      return;
    case Node::Kind::kSequence:
      out_ += value.items.empty() ? " []\n" : "\n";
      for (const Node& item : value.items) {
        Indent();
        out_ += '-';
        if (item.kind == Node::Kind::kMap && !item.fields.empty()) {
          out_ += ' ';
          dashed_ = true;
          ++depth_;
          for (const Field& field : item.fields) Any(field.name, field.value);
          --depth_;
        } else {
          ++depth_;
          Value(item);
          --depth_;
        }
      }
      return;
    case Node::Kind::kMap:
      out_ += value.fields.empty() ? " {}\n" : "\n";
      ++depth_;
      for (const Field& field : value.fields) Any(field.name, field.value);
      --depth_;
      return;
  }
}

}  // namespace pharos::conf
