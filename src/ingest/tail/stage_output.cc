// `output`: an extracted value becomes the line.
#include "ingest/tail/stages.h"

namespace pharos::ingest::tail {
namespace {

class OutputStage final : public OneStage {
 public:
  std::string source;

 protected:
  void Change(Entry& entry) override {
    if (auto text = ExtractedText(entry, source)) entry.line = *std::move(text);
  }
};

}  // namespace

StagePtr MakeOutputStage(const conf::Node& node, conf::Faults& faults, int) {
  auto stage = std::make_unique<OutputStage>();
  conf::MapReader map(node, "stages.OutputConfig", faults);
  map.String("source", &stage->source);
  map.Done();
  if (stage->source.empty()) {
    faults.Add(node.line,
               "invalid output stage config: output source value is required if output is "
               "specified");
  }
  return stage;
}

}  // namespace pharos::ingest::tail
