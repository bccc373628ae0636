// `| logfmt`, with --strict, --keep-empty and expressions.
#include "match/label_name.h"
#include "match/logfmt.h"
#include "query/logql/pipeline.h"

namespace pharos::query::logql {
namespace {

class LogfmtRun final : public PipelineStage {
 public:
  explicit LogfmtRun(LogfmtStage stage) : stage_(std::move(stage)) {}

  bool Process(Entry* entry) override {
    if (entry->line.empty()) return true;
    std::vector<bool> seen(stage_.extractions.size());
    match::LogfmtScanner scanner(entry->line);
    while (true) {
      while (scanner.Next()) Pair(scanner, entry, &seen);
      if (scanner.error().empty()) break;
      if (stage_.strict) {
        entry->labels.SetError("LogfmtParserErr", scanner.error());
        return true;
      }
      scanner.Skip();
    }
    for (size_t i = 0; i < seen.size(); ++i) {
      if (!seen[i]) entry->labels.Extract(stage_.extractions[i].label, "", true);
    }
    return true;
  }

 private:
  void Pair(const match::LogfmtScanner& scanner, Entry* entry, std::vector<bool>* seen) {
    if (stage_.extractions.empty()) {
      if (scanner.value().empty() && !stage_.keep_empty) return;
      name_.clear();
      match::AppendLabelName(name_, scanner.key(), true);
      if (!name_.empty()) entry->labels.Extract(name_, scanner.value(), true);
      return;
    }
    for (size_t i = 0; i < seen->size(); ++i) {
      if ((*seen)[i] || stage_.extractions[i].expression != scanner.key()) continue;
      (*seen)[i] = true;
      entry->labels.Extract(stage_.extractions[i].label, scanner.value());
    }
  }

  LogfmtStage stage_;
  std::string name_;
};

}  // namespace

base::Result<PipelineStagePtr> MakeLogfmt(const LogfmtStage& stage) {
  return std::make_unique<LogfmtRun>(stage);
}

}  // namespace pharos::query::logql
