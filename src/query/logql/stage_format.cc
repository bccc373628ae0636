// `| line_format` and `| label_format`.
#include <optional>

#include "match/quantity.h"
#include "query/logql/pipeline.h"
#include "template/template.h"

namespace pharos::query::logql {
namespace {

using base::ErrorKind;
using base::Fail;
using base::Result;
using tmpl::Value;
using Args = std::span<const Value>;

constexpr std::string_view kTemplateError = "TemplateFormatErr";

/// The labels of the entry, as the template's dot.
class LabelFields final : public tmpl::Fields {
 public:
  explicit LabelFields(const EntryLabels& labels) : labels_(labels) {}
  Value Field(std::string_view name) const override { return Value::Of(labels_.Get(name)); }

 private:
  const EntryLabels& labels_;
};

/// A compiled template with Loki's functions; `__line__` and `__timestamp__` see the entry.
///
/// Owns: the functions, which point to `entry_`. Threads: one.
class EntryTemplate {
 public:
  static Result<std::unique_ptr<EntryTemplate>> Make(std::string_view kind,
                                                     const std::string& text) {
    std::unique_ptr<EntryTemplate> made(new EntryTemplate);
    auto parsed = tmpl::Template::Parse(std::string(kind), text, made->functions_);
    if (!parsed)
      return Fail(ErrorKind::kBadInput,
                  "invalid " + std::string(kind) + " template: " + parsed.error().message);
    made->template_.emplace(std::move(*parsed));
    return made;
  }

  Result<void> Run(const Entry& entry, std::string* out) {
    entry_ = &entry;
    const LabelFields fields(entry.labels);
    return template_->Run(Value(&fields), out);
  }

 private:
  EntryTemplate() : functions_(tmpl::TextFunctions()) {
    functions_["__line__"] = {[this](Args) -> Result<Value> { return Value::Of(entry_->line); }, 0,
                              0};
    functions_["__timestamp__"] = {
        [this](Args) -> Result<Value> { return Value(tmpl::Time{entry_->time_ns}); }, 0, 0};
    functions_["bytes"] = {[](Args a) -> Result<Value> {
                             PHAROS_TRY(const uint64_t bytes,
                                        match::ParseHumanBytes(a[0].ToString()));
                             return Value(static_cast<double>(bytes));
                           },
                           1, 1};
    const tmpl::Function seconds{[](Args a) -> Result<Value> {
                                   PHAROS_TRY(const int64_t ns,
                                              match::ParseGoDuration(a[0].ToString()));
                                   return Value(static_cast<double>(ns) / 1e9);
                                 },
                                 1, 1};
    functions_["duration"] = seconds;
    functions_["duration_seconds"] = seconds;
  }

  tmpl::FunctionMap functions_;
  std::optional<tmpl::Template> template_;
  const Entry* entry_ = nullptr;
};

class LineFormatRun final : public PipelineStage {
 public:
  explicit LineFormatRun(std::unique_ptr<EntryTemplate> format) : format_(std::move(format)) {}
  bool Process(Entry* entry) override {
    std::string made;
    if (auto ran = format_->Run(*entry, &made); !ran) {
      entry->labels.SetError(kTemplateError, ran.error().message);
      return true;
    }
    line_ = std::move(made);
    entry->line = line_;
    return true;
  }

 private:
  std::unique_ptr<EntryTemplate> format_;
  std::string line_;
};

class LabelFormatRun final : public PipelineStage {
 public:
  struct One {
    std::string name;
    std::string from;                       ///< a rename's source
    std::unique_ptr<EntryTemplate> format;  ///< null for a rename
  };
  explicit LabelFormatRun(std::vector<One> all) : all_(std::move(all)) {}

  bool Process(Entry* entry) override {
    EntryLabels& labels = entry->labels;
    for (const One& one : all_) {
      if (one.format == nullptr) {
        if (const std::string_view* value = labels.Find(one.from); value != nullptr) {
          const std::string_view kept = labels.Keep(*value);
          labels.Delete(one.from);
          labels.Set(one.name, kept);
        }
        continue;
      }
      std::string made;
      if (auto ran = one.format->Run(*entry, &made); !ran) {
        labels.SetError(kTemplateError, ran.error().message);
        continue;
      }
      labels.Set(one.name, made);
    }
    return true;
  }

 private:
  std::vector<One> all_;
};

}  // namespace

Result<PipelineStagePtr> MakeLineFormat(const LineFormatStage& stage) {
  PHAROS_TRY(auto format, EntryTemplate::Make("line", stage.format));
  return std::make_unique<LineFormatRun>(std::move(format));
}

Result<PipelineStagePtr> MakeLabelFormat(const LabelFormatStage& stage) {
  std::vector<LabelFormatRun::One> all;
  for (const LabelFormat& f : stage.formats) {
    LabelFormatRun::One one{f.name, f.rename ? f.value : "", nullptr};
    if (!f.rename) {
      PHAROS_TRY(one.format, EntryTemplate::Make("label", f.value));
    }
    all.push_back(std::move(one));
  }
  return std::make_unique<LabelFormatRun>(std::move(all));
}

}  // namespace pharos::query::logql
