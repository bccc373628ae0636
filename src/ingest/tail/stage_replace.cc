// `replace`: the groups of a regular expression replaced by a template's output.
#include "ingest/tail/stages.h"
#include "template/template.h"

namespace pharos::ingest::tail {
namespace {

class ReplaceStage final : public OneStage {
 public:
  Source source;
  std::shared_ptr<const RE2> regex;
  std::optional<tmpl::Template> replacement;

 protected:
  void Change(Entry& entry) override {
    std::string scratch;
    const std::string* text = source.Find(entry, &scratch);
    if (text == nullptr) return;
    const std::string input = *text;
    std::string result;
    std::map<std::string, std::string> captured;  // what a group held → what it became
    std::vector<re2::StringPiece> first;
    if (!Rewrite(entry, input, &result, &captured, &first)) return;
    if (source.given()) {
      entry.extracted.insert_or_assign(source.name(), result);
    } else {
      entry.line = result;
    }
    for (const auto& [index, name] : regex->CapturingGroupNames()) {
      const re2::StringPiece& group = first[static_cast<size_t>(index)];
      const auto found = captured.find(std::string(group.data(), group.size()));
      if (found != captured.end()) entry.extracted.insert_or_assign(name, found->second);
    }
  }

 private:
  /// False when nothing matches or the template fails.
  bool Rewrite(const Entry& entry, const std::string& input, std::string* result,
               std::map<std::string, std::string>* captured,
               std::vector<re2::StringPiece>* first) const {
    const int groups = regex->NumberOfCapturingGroups() + 1;
    std::vector<re2::StringPiece> found(static_cast<size_t>(groups));
    tmpl::Map fields = TemplateFields(entry);
    size_t at = 0;
    size_t copied = 0;
    while (at <= input.size() &&
           regex->Match(input, at, input.size(), RE2::UNANCHORED, found.data(), groups)) {
      if (first->empty()) *first = found;
      for (size_t i = 1; i < found.size(); ++i) {
        if (found[i].data() == nullptr) continue;
        const auto begin = static_cast<size_t>(found[i].data() - input.data());
        const std::string held(found[i].data(), found[i].size());
        fields.insert_or_assign("Value", tmpl::Value(held));
        std::string became;
        if (!replacement->Run(tmpl::Value::Of(fields), &became)) return false;
        if (copied == 0 || copied <= begin) {
          result->append(input, copied, begin - copied).append(became);
          copied = begin + found[i].size();
        }
        captured->insert_or_assign(held, became);
      }
      const auto end = static_cast<size_t>(found[0].data() - input.data()) + found[0].size();
      at = end > at || !found[0].empty() ? end : at + 1;
    }
    if (first->empty()) return false;
    result->append(input, copied);
    return true;
  }
};

}  // namespace

StagePtr MakeReplaceStage(const conf::Node& node, conf::Faults& faults, int) {
  auto stage = std::make_unique<ReplaceStage>();
  conf::MapReader map(node, "stages.ReplaceConfig", faults);
  std::string expression;
  std::string replace;
  map.String("expression", &expression);
  map.String("replace", &replace);
  stage->source.Read(map, "invalid replace stage config: empty source in replace stage");
  map.Done();
  if (expression.empty()) {
    faults.Add(node.line, "invalid replace stage config: expression is required");
    return nullptr;
  }
  stage->regex =
      CompileRegex(expression, map.LineOf("expression"),
                   "invalid replace stage config: could not compile regular expression: ", faults);
  auto parsed = tmpl::Template::Parse("pipeline_template", replace, StageFunctions());
  if (!parsed) {
    faults.Add(map.LineOf("replace"), "invalid replace stage config: " + parsed.error().message);
    return nullptr;
  }
  stage->replacement = *std::move(parsed);
  if (stage->regex == nullptr) return nullptr;
  return stage;
}

}  // namespace pharos::ingest::tail
