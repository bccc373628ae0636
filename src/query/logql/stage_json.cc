// `| json`, `| json a="b.c"` and `| unpack`.
#include "match/json_fields.h"
#include "match/label_name.h"
#include "query/logql/pipeline.h"

namespace pharos::query::logql {
namespace {

constexpr std::string_view kJsonError = "JSONParserErr";
constexpr std::string_view kEntryKey = "_entry";
constexpr std::string_view kNotAnObject = "expecting json object(6), but it is not";

std::string_view Trimmed(std::string_view line) {
  const size_t start = line.find_first_not_of(" \t\r\n");
  return start == std::string_view::npos ? std::string_view() : line.substr(start);
}

class JsonRun final : public PipelineStage {
 public:
  bool Process(Entry* entry) override {
    const std::string error =
        match::FlattenJson(entry->line, [&](std::string_view name, const match::JsonSlice& value) {
          entry->labels.Extract(name, match::JsonText(value, &scratch_));
        });
    if (!error.empty()) entry->labels.SetError(kJsonError, error);
    return true;
  }

 private:
  std::string scratch_;
};

class JsonPathRun final : public PipelineStage {
 public:
  struct Path {
    std::string label;
    match::JsonPath path;
  };
  explicit JsonPathRun(std::vector<Path> paths) : paths_(std::move(paths)) {}

  bool Process(Entry* entry) override {
    if (entry->line.empty() || entry->labels.HasError()) return true;
    const std::string_view line = Trimmed(entry->line);
    if (!line.starts_with('{') && !line.starts_with('[')) {
      entry->labels.SetError(kJsonError, {});
      return true;
    }
    for (const Path& path : paths_) {
      match::JsonSlice found;
      const bool there = match::FindJsonPath(line, path.path, &found);
      entry->labels.Extract(path.label,
                            there ? match::JsonText(found, &scratch_) : std::string_view());
    }
    return true;
  }

 private:
  std::vector<Path> paths_;
  std::string scratch_;
};

class UnpackRun final : public PipelineStage {
 public:
  bool Process(Entry* entry) override {
    if (entry->line.empty()) return true;
    if (!Trimmed(entry->line).starts_with('{')) {
      entry->labels.SetError(kJsonError, kNotAnObject);
      return true;
    }
    found_.clear();
    bool packed = false;
    std::string line;
    const std::string error = match::EachMember(
        entry->line, [&](std::string_view key, match::JsonSlice value) -> std::string {
          if (value.type != match::JsonType::kString) return {};
          const std::string_view text = match::JsonText(value, &scratch_);
          if (key == kEntryKey) {
            line = text;
            packed = true;
          } else {
            found_.emplace_back(match::SanitizeLabelName(key), text);
          }
          return {};
        });
    if (!error.empty()) {
      entry->labels.SetError(kJsonError, error);
      return true;
    }
    if (!packed) return true;  // not one of Promtail's packed lines
    for (const auto& [name, value] : found_) entry->labels.Extract(name, value);
    entry->line = entry->labels.Keep(line);
    return true;
  }

 private:
  std::string scratch_;
  std::vector<std::pair<std::string, std::string>> found_;
};

}  // namespace

base::Result<PipelineStagePtr> MakeJson(const JsonStage& stage) {
  if (stage.extractions.empty()) return std::make_unique<JsonRun>();
  std::vector<JsonPathRun::Path> paths;
  for (const Extraction& e : stage.extractions) {
    PHAROS_TRY(auto path, match::ParseJsonPath(e.expression));
    paths.push_back({e.label, std::move(path)});
  }
  return std::make_unique<JsonPathRun>(std::move(paths));
}

base::Result<PipelineStagePtr> MakeUnpack() { return std::make_unique<UnpackRun>(); }

}  // namespace pharos::query::logql
