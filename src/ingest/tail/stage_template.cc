// `template`: a Go template over the extracted values writes one of them.
#include "ingest/tail/stages.h"
#include "template/template.h"

namespace pharos::ingest::tail {
namespace {

class TemplateStage final : public OneStage {
 public:
  std::string source;
  std::optional<tmpl::Template> text;

 protected:
  void Change(Entry& entry) override {
    tmpl::Map fields = TemplateFields(entry);
    if (const auto value = fields.find(source); value != fields.end()) {
      fields.insert_or_assign("Value", value->second);
    }
    fields.insert_or_assign("Entry", tmpl::Value(entry.line));
    std::string out;
    if (!text->Run(tmpl::Value::Of(std::move(fields)), &out)) return;
    if (out.empty()) {
      entry.extracted.erase(source);
    } else {
      entry.extracted.insert_or_assign(source, std::move(out));
    }
  }
};

}  // namespace

StagePtr MakeTemplateStage(const conf::Node& node, conf::Faults& faults, int) {
  auto stage = std::make_unique<TemplateStage>();
  conf::MapReader map(node, "stages.TemplateConfig", faults);
  std::string text;
  map.String("source", &stage->source);
  map.String("template", &text);
  map.Done();
  if (stage->source.empty()) {
    faults.Add(node.line, "invalid template stage config: template source value is required");
  }
  auto parsed = tmpl::Template::Parse("pipeline_template", text, StageFunctions());
  if (!parsed) {
    faults.Add(map.LineOf("template"), "invalid template stage config: " + parsed.error().message);
    return nullptr;
  }
  stage->text = *std::move(parsed);
  return stage;
}

}  // namespace pharos::ingest::tail
