// `| regexp "(?P<name>…)"`, `| pattern "<name> …"` and `| decolorize`.
#include <re2/re2.h>

#include "match/limits.h"
#include "match/pattern.h"
#include "query/logql/pipeline.h"

namespace pharos::query::logql {
namespace {

class RegexpRun final : public PipelineStage {
 public:
  explicit RegexpRun(const std::string& pattern) : regex_(pattern, Options()) {
    groups_.resize(static_cast<size_t>(regex_.NumberOfCapturingGroups()) + 1);
  }
  static RE2::Options Options() {
    RE2::Options options;
    options.set_log_errors(false);
    options.set_max_mem(match::kMaxRegexBytes);
    return options;
  }
  const RE2& regex() const { return regex_; }

  bool Process(Entry* entry) override {
    const re2::StringPiece line(entry->line.data(), entry->line.size());
    if (!regex_.Match(line, 0, line.size(), RE2::UNANCHORED, groups_.data(),
                      static_cast<int>(groups_.size()))) {
      return true;
    }
    for (const auto& [group, name] : regex_.CapturingGroupNames()) {
      const re2::StringPiece& found = groups_[static_cast<size_t>(group)];
      entry->labels.Extract(name, {found.data(), found.size()});
    }
    return true;
  }

 private:
  RE2 regex_;
  std::vector<re2::StringPiece> groups_;
};

class PatternRun final : public PipelineStage {
 public:
  explicit PatternRun(match::Pattern pattern) : pattern_(std::move(pattern)) {}
  bool Process(Entry* entry) override {
    pattern_.Capture(entry->line, [&](std::string_view name, std::string_view value) {
      entry->labels.Extract(name, value);
    });
    return true;
  }

 private:
  match::Pattern pattern_;
};

/// Takes ANSI colour sequences out: ESC [ digits and ; up to a letter.
class DecolorizeRun final : public PipelineStage {
 public:
  bool Process(Entry* entry) override {
    const std::string_view line = entry->line;
    if (line.find('\x1b') == std::string_view::npos) return true;
    plain_.clear();
    for (size_t i = 0; i < line.size(); ++i) {
      if (line[i] == '\x1b' && i + 1 < line.size() && line[i + 1] == '[') {
        size_t end = i + 2;
        while (end < line.size() && ((line[end] >= '0' && line[end] <= '9') || line[end] == ';'))
          ++end;
        if (end < line.size() && (line[end] == 'm' || line[end] == 'K')) {
          i = end;
          continue;
        }
      }
      plain_ += line[i];
    }
    entry->line = plain_;
    return true;
  }

 private:
  std::string plain_;
};

}  // namespace

base::Result<PipelineStagePtr> MakeRegexp(const RegexpStage& stage) {
  auto run = std::make_unique<RegexpRun>(stage.pattern);
  if (!run->regex().ok()) return base::Fail(base::ErrorKind::kBadInput, run->regex().error());
  return run;
}

base::Result<PipelineStagePtr> MakePattern(const PatternStage& stage) {
  PHAROS_TRY(auto pattern, match::Pattern::ForCaptures(stage.pattern));
  return std::make_unique<PatternRun>(std::move(pattern));
}

base::Result<PipelineStagePtr> MakeDecolorize() { return std::make_unique<DecolorizeRun>(); }

}  // namespace pharos::query::logql
