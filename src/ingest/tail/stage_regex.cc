// `regex`: named groups of a regular expression into the extracted map.
#include "ingest/tail/stages.h"

namespace pharos::ingest::tail {
namespace {

class RegexStage final : public OneStage {
 public:
  Source source;
  std::shared_ptr<const RE2> regex;

 protected:
  void Change(Entry& entry) override {
    std::string scratch;
    const std::string* text = source.Find(entry, &scratch);
    if (text == nullptr) return;
    const int groups = regex->NumberOfCapturingGroups() + 1;
    std::vector<re2::StringPiece> found(static_cast<size_t>(groups));
    const std::string line = *text;
    if (!regex->Match(line, 0, line.size(), RE2::UNANCHORED, found.data(), groups)) return;
    for (const auto& [index, name] : regex->CapturingGroupNames()) {
      const re2::StringPiece& group = found[static_cast<size_t>(index)];
      entry.extracted.insert_or_assign(name, std::string(group.data(), group.size()));
    }
  }
};

}  // namespace

StagePtr MakeRegexStage(const conf::Node& node, conf::Faults& faults, int) {
  auto stage = std::make_unique<RegexStage>();
  conf::MapReader map(node, "stages.RegexConfig", faults);
  std::string expression;
  map.String("expression", &expression);
  stage->source.Read(map, "invalid regex stage config: empty source");
  map.Done();
  if (expression.empty()) {
    faults.Add(node.line, "invalid regex stage config: expression is required");
    return nullptr;
  }
  stage->regex =
      CompileRegex(expression, map.LineOf("expression"),
                   "invalid regex stage config: could not compile regular expression: ", faults);
  if (stage->regex == nullptr) return nullptr;
  return stage;
}

}  // namespace pharos::ingest::tail
