#include <cstdlib>

#include "conf/otelcol_parts.h"

namespace pharos::conf {
namespace {

/// References a value may hold; more is a mistake, and bounds what a small file can ask for.
constexpr int kMaxReferences = 1000;

bool NameStart(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool NameChar(char c) { return NameStart(c) || (c >= '0' && c <= '9'); }
bool ValidName(std::string_view name) {
  if (name.empty() || !NameStart(name[0])) return false;
  for (const char c : name) {
    if (!NameChar(c)) return false;
  }
  return true;
}

/// One reference at `text[at]` == '$'.
struct Reference {
  size_t length = 0;  ///< 0: no reference, a plain '$'
  std::string value;
  bool braced = false;
};

class Expander {
 public:
  Expander(const EnvLookup& env, Faults& faults) : env_(env), faults_(faults) {}

  void Walk(Node& node) {
    for (Node& item : node.items) Walk(item);
    for (Field& field : node.fields) Walk(field.value);
    if (node.kind == Node::Kind::kScalar && node.scalar.find('$') != node.scalar.npos) {
      Scalar(node);
    }
  }

 private:
  void Scalar(Node& node) {
    std::string out;
    const std::string text = node.scalar;
    bool whole = false;
    for (size_t at = 0; at < text.size();) {
      if (text[at] != '$') {
        out += text[at++];
        continue;
      }
      if (at + 1 < text.size() && text[at + 1] == '$') {
        out += '$';
        at += 2;
        continue;
      }
      Reference reference = Read(text, at, node.line);
      if (reference.length == 0) {
        out += text[at++];
        continue;
      }
      whole = reference.braced && at == 0 && reference.length == text.size();
      out += reference.value;
      at += reference.length;
      if (out.size() > kMaxBytes) return faults_.Add(node.line, "expands to more than 1 MiB");
    }
    node.scalar = out;
    if (whole && !node.quoted) Retype(node);
  }

  Reference Read(const std::string& text, size_t at, int line) {
    if (++references_ > kMaxReferences) {
      if (references_ == kMaxReferences + 1) faults_.Add(line, "more than 1000 references");
      return {};
    }
    if (at + 1 < text.size() && text[at + 1] == '{') {
      const size_t end = text.find('}', at);
      if (end == text.npos) return {};
      return Braced(text.substr(at + 2, end - at - 2), end + 1 - at, line);
    }
    size_t end = at + 1;
    if (end >= text.size() || !NameStart(text[end])) return {};
    while (end < text.size() && NameChar(text[end])) ++end;
    const std::string name = text.substr(at + 1, end - at - 1);
    faults_.Note({line, Verdict::kWarning, "$" + name,
                  "is taken from the environment, as until 0.103; newer releases leave it as it "
                  "stands: write ${env:" +
                      name + "}, or $$" + name + " for the text itself"});
    return {end - at, Value(name, std::nullopt, line), false};
  }

  Reference Braced(std::string inside, size_t length, int line) {
    const size_t colon = inside.find(':');
    const bool scheme = colon != inside.npos && !inside.substr(colon).starts_with(":-");
    if (scheme && inside.substr(0, colon) != "env") {
      faults_.Add(line, "scheme \"" + inside.substr(0, colon) + "\" is not supported for uri \"" +
                            inside + "\"; only env is");
      return {length, "", true};
    }
    if (scheme) inside = inside.substr(colon + 1);
    std::optional<std::string> fallback;
    if (const size_t dash = inside.find(":-"); dash != inside.npos) {
      fallback = inside.substr(dash + 2);
      inside.resize(dash);
    }
    if (!ValidName(inside)) {
      faults_.Add(line, "environment variable \"" + inside +
                            "\" has invalid name: must match regex ^[a-zA-Z_][a-zA-Z0-9_]*$");
      return {length, "", true};
    }
    return {length, Value(inside, fallback, line), true};
  }

  std::string Value(const std::string& name, const std::optional<std::string>& fallback, int line) {
    if (const auto value = env_(name)) return *value;
    if (fallback) return *fallback;
    faults_.Note({line, Verdict::kWarning, "${env:" + name + "}",
                  "the environment variable is not set: the empty text stands for it"});
    return "";
  }

  /// The value as YAML: a number, a list, a map, or text.
  void Retype(Node& node) {
    auto parsed = ParseYaml(node.scalar, "");
    if (!parsed) return;
    SetLine(*parsed, node.line);
    node = *std::move(parsed);
  }
  static void SetLine(Node& node, int line) {
    node.line = line;
    for (Node& item : node.items) SetLine(item, line);
    for (Field& field : node.fields) {
      field.line = line;
      SetLine(field.value, line);
    }
  }

  static constexpr size_t kMaxBytes = 1u << 20;
  const EnvLookup& env_;
  Faults& faults_;
  int references_ = 0;
};

}  // namespace

std::optional<std::string> SystemEnv(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  if (value == nullptr) return std::nullopt;
  return value;
}

void ExpandOtelcolEnv(Node& node, const EnvLookup& env, Faults& faults) {
  Expander(env, faults).Walk(node);
}

}  // namespace pharos::conf
