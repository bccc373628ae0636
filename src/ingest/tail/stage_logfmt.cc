// `logfmt`: key=value pairs of the line, or of an extracted value, into the extracted map.
#include "ingest/tail/stages.h"
#include "match/logfmt.h"

namespace pharos::ingest::tail {
namespace {

class LogfmtStage final : public OneStage {
 public:
  Source source;
  std::map<std::string, std::string, std::less<>> name_of_key;

 protected:
  void Change(Entry& entry) override {
    std::string scratch;
    const std::string* text = source.Find(entry, &scratch);
    if (text == nullptr) return;
    const std::string line = *text;
    match::LogfmtScanner pairs(line);
    while (pairs.Next()) {
      const auto name = name_of_key.find(pairs.key());
      if (name != name_of_key.end()) {
        entry.extracted.insert_or_assign(name->second, std::string(pairs.value()));
      }
    }
  }
};

}  // namespace

StagePtr MakeLogfmtStage(const conf::Node& node, conf::Faults& faults, int) {
  auto stage = std::make_unique<LogfmtStage>();
  conf::MapReader map(node, "stages.LogfmtConfig", faults);
  std::map<std::string, std::string> mapping;
  map.StringMap("mapping", &mapping);
  stage->source.Read(map, "invalid logfmt stage config: empty source");
  map.Done();
  if (mapping.empty()) {
    faults.Add(node.line, "invalid logfmt stage config: logfmt mapping is required");
  }
  for (const auto& [name, key] : mapping) {
    stage->name_of_key.insert_or_assign(key.empty() ? name : key, name);
  }
  return stage;
}

}  // namespace pharos::ingest::tail
