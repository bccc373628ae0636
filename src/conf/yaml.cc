#include "conf/yaml.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <charconv>
#include <sstream>

#include "conf/limits.h"
#include "text/duration.h"
#include "text/go_float.h"

namespace pharos::conf {
namespace {

using base::ErrorKind;
using base::Fail;
using base::Result;

std::string At(const std::string& file, int line) {
  return file + ":" + std::to_string(line) + ": ";
}

class NoEvents final : public YAML::EventHandler {
 public:
  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
  void OnAlias(const YAML::Mark&, YAML::anchor_t) override {}
  void OnScalar(const YAML::Mark&, const std::string&, YAML::anchor_t,
                const std::string&) override {}
  void OnSequenceStart(const YAML::Mark&, const std::string&, YAML::anchor_t,
                       YAML::EmitterStyle::value) override {}
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark&, const std::string&, YAML::anchor_t,
                  YAML::EmitterStyle::value) override {}
  void OnMapEnd() override {}
};

/// 0, 1 or 2 for more. YAML::LoadAll would never end on a stray `]`: it makes no step there
/// and takes each try for another document.
int CountDocuments(const std::string& text) {
  std::istringstream in(text);
  YAML::Parser parser(in);
  NoEvents events;
  int count = 0;
  while (count < 2 && parser.HandleNextDocument(events)) ++count;
  return count;
}

/// yaml-cpp's tree into ours, with the limits that yaml-cpp does not have.
class Converter {
 public:
  Converter(const std::string& file, size_t bytes)
      : file_(file), max_nodes_(std::min(kMaxYamlNodes, bytes + kMaxYamlAliasNodes)) {}

  Result<Node> Convert(const YAML::Node& from, int depth) {
    Node out;
    out.line = from.Mark().line + 1;
    if (depth > kMaxYamlDepth) return Fault(out.line, "nested too deeply");
    if (++nodes_ > max_nodes_)
      return Fault(out.line, "too many values (an alias that multiplies?)");
    switch (from.Type()) {
      case YAML::NodeType::Undefined:
      case YAML::NodeType::Null: return out;
      case YAML::NodeType::Scalar:
        out.kind = Node::Kind::kScalar;
        out.scalar = from.Scalar();
        out.quoted = from.Tag() == "!";
        if (!out.quoted && (out.scalar == "~" || out.scalar == "null" || out.scalar.empty())) {
          out.kind = Node::Kind::kNull;
        }
        return out;
      case YAML::NodeType::Sequence:
        out.kind = Node::Kind::kSequence;
        for (const YAML::Node& item : from) {
          PHAROS_TRY(Node child, Convert(item, depth + 1));
          out.items.push_back(std::move(child));
        }
        return out;
      case YAML::NodeType::Map: return ConvertMap(from, depth, std::move(out));
    }
    return out;
  }

 private:
  Result<Node> ConvertMap(const YAML::Node& from, int depth, Node out) {
    out.kind = Node::Kind::kMap;
    std::vector<Node> merged;
    for (const auto& field : from) {
      const int line = field.first.Mark().line + 1;
      if (!field.first.IsScalar()) return Fault(line, "a key must be plain text");
      const std::string& key = field.first.Scalar();
      PHAROS_TRY(Node value, Convert(field.second, depth + 1));
      if (key == "<<") {
        if (value.kind == Node::Kind::kSequence) {
          for (Node& item : value.items) merged.push_back(std::move(item));
        } else {
          merged.push_back(std::move(value));
        }
        continue;
      }
      if (out.Find(key) != nullptr) {
        const auto first = std::find_if(out.fields.begin(), out.fields.end(),
                                        [&](const Field& f) { return f.name == key; });
        return Fault(line, "mapping key \"" + key + "\" already defined at line " +
                               std::to_string(first->line));
      }
      out.fields.push_back({key, std::move(value), line});
    }
    for (Node& map : merged) {
      if (map.kind != Node::Kind::kMap)
        return Fault(out.line, "map merge requires map or sequence of maps as the value");
      for (Field& field : map.fields) {
        if (out.Find(field.name) == nullptr) out.fields.push_back(std::move(field));
      }
    }
    return out;
  }

  std::unexpected<base::Error> Fault(int line, std::string_view what) {
    return Fail(ErrorKind::kBadInput, At(file_, line).append(what));
  }

  const std::string& file_;
  const size_t max_nodes_;
  size_t nodes_ = 0;
};

const std::vector<Node> kNoItems;

}  // namespace

const Node* Node::Find(std::string_view key) const {
  for (const Field& field : fields) {
    if (field.name == key) return &field.value;
  }
  return nullptr;
}

Result<Node> ParseYaml(std::string_view text, const std::string& file) {
  if (text.size() > kMaxFileBytes) return Fail(ErrorKind::kTooLarge, file + ": larger than 16 MiB");
  try {
    const std::string copy(text);
    const int documents = CountDocuments(copy);
    if (documents > 1) return Fail(ErrorKind::kBadInput, file + ": more than one YAML document");
    if (documents == 0) return Node{};
    return Converter(file, text.size()).Convert(YAML::Load(copy), 0);
  } catch (const YAML::Exception& error) {
    return Fail(ErrorKind::kBadInput, At(file, error.mark.line + 1) + error.msg);
  } catch (const std::exception& error) {
    return Fail(ErrorKind::kBadInput, file + ": not YAML: " + error.what());
  }
}

void Faults::Add(int line, std::string_view what) {
  faults_.push_back(At(file_, line).append(what));
}

std::string Faults::Text() const {
  std::string out;
  for (const std::string& fault : faults_) {
    if (!out.empty()) out += '\n';
    out += fault;
  }
  return out;
}

MapReader::MapReader(const Node& node, std::string type, Faults& faults)
    : node_(node), type_(std::move(type)), faults_(faults) {
  if (node.kind == Node::Kind::kScalar || node.kind == Node::Kind::kSequence) {
    faults_.Add(node.line, std::string("cannot unmarshal ") +
                               (node.kind == Node::Kind::kScalar ? "a value" : "a list") +
                               " into " + type_);
  }
}

const Node* MapReader::Take(std::string_view key) {
  taken_.emplace(key);
  const Node* value = node_.Find(key);
  if (value != nullptr) faults_.Note({LineOf(key), Verdict::kHonoured, std::string(key), ""});
  return value != nullptr && value->kind != Node::Kind::kNull ? value : nullptr;
}

bool MapReader::String(std::string_view key, std::string* out) {
  const Node* value = Take(key);
  if (value == nullptr) return false;
  if (value->kind != Node::Kind::kScalar) {
    faults_.Add(value->line, std::string(key) + ": must be text");
    return false;
  }
  *out = value->scalar;
  return true;
}

bool MapReader::Bool(std::string_view key, bool* out) {
  std::string text;
  if (!String(key, &text)) return false;
  for (const std::string_view word : {"true", "True", "TRUE", "yes", "on"}) {
    if (text == word) return *out = true;
  }
  for (const std::string_view word : {"false", "False", "FALSE", "no", "off"}) {
    if (text == word) {
      *out = false;
      return true;
    }
  }
  faults_.Add(LineOf(key), "cannot unmarshal `" + text + "` into bool (" + std::string(key) + ")");
  return false;
}

bool MapReader::Int(std::string_view key, int64_t* out) {
  std::string text;
  if (!String(key, &text)) return false;
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) {
    faults_.Add(LineOf(key), "cannot unmarshal `" + text + "` into int (" + std::string(key) + ")");
    return false;
  }
  *out = value;
  return true;
}

bool MapReader::Double(std::string_view key, double* out) {
  std::string text;
  if (!String(key, &text)) return false;
  if (text::ParseGoFloat(text, out)) return true;
  faults_.Add(LineOf(key),
              "cannot unmarshal `" + text + "` into float64 (" + std::string(key) + ")");
  return false;
}

bool MapReader::DurationMs(std::string_view key, int64_t* out) {
  std::string text;
  if (!String(key, &text)) return false;
  const auto parsed = text::ParsePrometheusDuration(text);
  if (!parsed) {
    faults_.Add(LineOf(key), std::string(key) + ": " + parsed.error().message);
    return false;
  }
  *out = *parsed;
  return true;
}

bool MapReader::Bytes(std::string_view key, int64_t* out) {
  std::string text;
  if (!String(key, &text)) return false;
  const auto parsed = ParseBytes(text);
  if (!parsed) {
    faults_.Add(LineOf(key), std::string(key) + ": " + parsed.error().message);
    return false;
  }
  *out = *parsed;
  return true;
}

bool MapReader::Strings(std::string_view key, std::vector<std::string>* out) {
  const Node* value = Take(key);
  if (value == nullptr) return false;
  if (value->kind ==
      Node::Kind::kScalar) {  // a single value stands for a list of one, as in go-yaml
    out->assign(1, value->scalar);
    return true;
  }
  out->clear();
  for (const Node& item : value->items) {
    if (item.kind == Node::Kind::kScalar) {
      out->push_back(item.scalar);
    } else {
      faults_.Add(item.line, std::string(key) + ": must be a list of text");
    }
  }
  return true;
}

bool MapReader::StringMap(std::string_view key, std::map<std::string, std::string>* out) {
  const Node* value = Take(key);
  if (value == nullptr) return false;
  if (value->kind != Node::Kind::kMap) {
    faults_.Add(value->line, std::string(key) + ": must be a map of text");
    return false;
  }
  for (const auto& [name, item, line] : value->fields) {
    if (item.kind == Node::Kind::kScalar || item.kind == Node::Kind::kNull) {
      (*out)[name] = item.scalar;
    } else {
      faults_.Add(line, std::string(key) + "." + name + ": must be text");
    }
  }
  return true;
}

const std::vector<Node>& MapReader::List(std::string_view key) {
  const Node* value = Take(key);
  if (value == nullptr) return kNoItems;
  if (value->kind != Node::Kind::kSequence) {
    faults_.Add(value->line, std::string(key) + ": must be a list");
    return kNoItems;
  }
  return value->items;
}

void MapReader::NotSupported(std::initializer_list<std::string_view> keys) {
  for (const std::string_view key : keys) {
    taken_.emplace(key);
    if (node_.Find(key) == nullptr) continue;
    faults_.Add(LineOf(key),
                "field " + std::string(key) + " of " + type_ + " is not supported yet");
  }
}

void MapReader::Moot(std::initializer_list<std::string_view> keys, std::string_view reason) {
  for (const std::string_view key : keys) {
    taken_.emplace(key);
    if (node_.Find(key) == nullptr) continue;
    faults_.Note({LineOf(key), Verdict::kMoot, std::string(key), std::string(reason)});
  }
}

void MapReader::Warn(std::string_view key, std::string text) {
  if (node_.Find(key) == nullptr) return;
  faults_.Note({LineOf(key), Verdict::kWarning, std::string(key), std::move(text)});
}

void MapReader::Done() {
  for (const Field& field : node_.fields) {
    if (taken_.contains(field.name)) continue;
    faults_.Add(field.line, "field " + field.name + " not found in type " + type_);
  }
}

int MapReader::LineOf(std::string_view key) const {
  for (const Field& field : node_.fields) {
    if (field.name == key) return field.line;
  }
  return node_.line;
}

Result<int64_t> ParseBytes(std::string_view text) {
  static constexpr std::string_view kUnits = "KMGTPE";
  size_t digits = 0;
  while (digits < text.size() && text[digits] >= '0' && text[digits] <= '9') ++digits;
  int64_t value = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + digits, value);
  std::string_view unit = text.substr(digits);
  int shift = 0;
  if (!unit.empty()) {
    if (const size_t power = kUnits.find(unit.front()); power != std::string_view::npos) {
      shift = static_cast<int>(power + 1) * 10;
      unit.remove_prefix(1);
      if (unit.starts_with('i')) unit.remove_prefix(1);
    }
    if (unit.starts_with('B')) unit.remove_prefix(1);
  }
  if (digits == 0 || parsed.ec != std::errc() || !unit.empty() || value > (INT64_MAX >> shift)) {
    return Fail(ErrorKind::kBadInput,
                "units: unknown unit or number in \"" + std::string(text) + "\"");
  }
  return value << shift;
}

}  // namespace pharos::conf
