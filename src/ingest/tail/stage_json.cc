// `json`: JMESPath expressions over the line, or over an extracted value, into the extracted map.
#include "ingest/tail/stages.h"
#include "match/jmespath.h"

namespace pharos::ingest::tail {
namespace {

class JsonStage final : public Stage {
 public:
  Source source;
  bool drop_malformed = false;
  std::vector<std::pair<std::string, match::JmesPath>> expressions;

  void Process(Entry entry, std::vector<Entry>& out) override {
    if (!Extract(entry) && drop_malformed) return;
    out.push_back(std::move(entry));
  }

 private:
  /// False for a text that is not a JSON object.
  bool Extract(Entry& entry) const {
    std::string scratch;
    const std::string* text = source.Find(entry, &scratch);
    if (text == nullptr) return true;
    const auto value = match::ParseJson(*text);
    if (!value || (value->object() == nullptr && !value->IsNull())) return false;
    for (const auto& [name, path] : expressions) {
      auto found = path.Search(*value);
      if (found) entry.extracted.insert_or_assign(name, Take(*found));
    }
    return true;
  }

  static Extracted Take(const match::JsonValue& value) {
    if (value.IsNull()) return std::monostate();
    if (const auto* text = value.string()) return *text;
    if (const auto* number = value.number()) return *number;
    if (const auto* b = value.boolean()) return *b;
    std::string text;
    match::AppendGoJson(text, value);
    return text;
  }
};

}  // namespace

StagePtr MakeJsonStage(const conf::Node& node, conf::Faults& faults, int) {
  auto stage = std::make_unique<JsonStage>();
  conf::MapReader map(node, "stages.JSONConfig", faults);
  std::map<std::string, std::string> expressions;
  map.StringMap("expressions", &expressions);
  map.Bool("drop_malformed", &stage->drop_malformed);
  stage->source.Read(map, "invalid json stage config: empty source");
  map.Done();
  if (expressions.empty()) {
    faults.Add(node.line, "invalid json stage config: JMES expression is required");
  }
  for (const auto& [name, expression] : expressions) {
    auto path = match::JmesPath::Compile(expression.empty() ? name : expression);
    if (!path) {
      faults.Add(map.LineOf("expressions"),
                 "invalid json stage config: could not compile JMES expression: " + name + ": " +
                     path.error().message);
      continue;
    }
    stage->expressions.emplace_back(name, *std::move(path));
  }
  return stage;
}

}  // namespace pharos::ingest::tail
