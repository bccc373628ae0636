// `| drop`, `| keep` and `| distinct`.
#include <algorithm>
#include <unordered_set>

#include "query/logql/limits.h"
#include "query/logql/pipeline.h"

namespace pharos::query::logql {
namespace {

bool Hits(const NamedMatcher& named, std::string_view value) {
  return !named.matcher || named.matcher->Matches(value);
}

class DropRun final : public PipelineStage {
 public:
  explicit DropRun(DropStage stage) : stage_(std::move(stage)) {}
  bool Process(Entry* entry) override {
    EntryLabels& labels = entry->labels;
    for (const NamedMatcher& named : stage_.labels) {
      if (named.name == kErrorLabel) {
        if (labels.HasError() && Hits(named, labels.error())) labels.ClearError();
      } else if (named.name == kErrorDetailsLabel) {
        if (Hits(named, labels.error_details())) labels.ClearErrorDetails();
      } else if (const std::string_view* value = labels.Find(named.name);
                 value != nullptr && Hits(named, *value)) {
        labels.Delete(named.name);
      }
    }
    return true;
  }

 private:
  DropStage stage_;
};

class KeepRun final : public PipelineStage {
 public:
  explicit KeepRun(KeepStage stage) : stage_(std::move(stage)) {}
  bool Process(Entry* entry) override {
    std::erase_if(entry->labels.all(), [&](const EntryLabel& label) {
      if (label.name == "__preserve_error__") return false;
      return std::none_of(stage_.labels.begin(), stage_.labels.end(),
                          [&](const NamedMatcher& named) {
                            return named.name == label.name && Hits(named, label.value);
                          });
    });
    return true;
  }

 private:
  KeepStage stage_;
};

/// Lets the first entry of each combination of values through.
class DistinctRun final : public PipelineStage {
 public:
  explicit DistinctRun(DistinctStage stage) : stage_(std::move(stage)) {}
  bool Process(Entry* entry) override {
    bool fresh = false;
    for (const std::string& name : stage_.labels) {
      const std::string_view value = entry->labels.Get(name);
      if (value.empty()) return true;
      std::string key = name;
      key += '\0';
      key += value;
      fresh |= seen_.size() < kMaxDistinct && seen_.insert(std::move(key)).second;
    }
    return fresh;
  }

 private:
  DistinctStage stage_;
  std::unordered_set<std::string> seen_;
};

}  // namespace

base::Result<PipelineStagePtr> MakeDrop(const DropStage& stage) {
  return std::make_unique<DropRun>(stage);
}
base::Result<PipelineStagePtr> MakeKeep(const KeepStage& stage) {
  return std::make_unique<KeepRun>(stage);
}
base::Result<PipelineStagePtr> MakeDistinct(const DistinctStage& stage) {
  return std::make_unique<DistinctRun>(stage);
}

}  // namespace pharos::query::logql
