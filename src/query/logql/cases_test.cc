// Loki's tables of pipeline stages and label filters, and the queries that its documentation
// and the lab print, where they are at hand.
#include <gtest/gtest.h>
#include <simdjson.h>

#include <filesystem>
#include <map>

#include "query/logql/parser.h"
#include "query/logql/pipeline.h"

namespace pharos::query::logql {
namespace {

using simdjson::dom::element;
using Fields = std::map<std::string, std::string>;

/// False where a value of the table is code, not text.
bool ReadFields(element from, Fields* out) {
  simdjson::dom::object object;
  if (from.get(object) != simdjson::SUCCESS) return false;
  for (const auto field : object) {
    std::string_view text;
    if (field.value.get(text) != simdjson::SUCCESS) return false;
    (*out)[std::string(field.key)] = text;
  }
  return true;
}

Fields ToFields(const EntryLabels& labels) {
  Fields out;
  for (const EntryLabel& label : labels.all()) out[std::string(label.name)] = label.value;
  if (labels.HasError()) out["__error__"] = labels.error();
  if (!labels.error_details().empty()) out["__error_details__"] = labels.error_details();
  return out;
}

std::string Show(const Fields& fields) {
  std::string out;
  for (const auto& [name, value] : fields) out += name + "=" + value + "; ";
  return out;
}

/// Compiles `stages` behind a selector.
base::Result<Pipeline> CompileText(const std::string& stages) {
  PHAROS_TRY(const auto expr, Parse("{x=\"y\"} " + stages));
  const auto* log = expr->As<LogExpr>();
  if (log == nullptr) return base::Fail(base::ErrorKind::kBadInput, "not a log query");
  return Pipeline::Compile(log->stages);
}

void FillLabels(const Fields& in, Entry* entry) {
  std::vector<model::LabelView> views;
  for (const auto& [name, value] : in) {
    if (!name.starts_with("__error")) views.push_back({name, value});
  }
  entry->labels.Reset(views);
  if (const auto error = in.find("__error__"); error != in.end()) {
    entry->labels.SetError(error->second,
                           in.contains("__error_details__") ? in.at("__error_details__") : "");
  }
}

TEST(LokiCases, PipelineStages) {
  const std::string path = "../shared/data/loki/logql_curated/pipeline_stage_cases.json";
  if (!std::filesystem::exists(path)) GTEST_SKIP() << path << " is not there";
  simdjson::dom::parser parser;
  size_t tried = 0;
  for (element c : parser.load(path)["cases"]) {
    const std::string stage(c["stage"].get_string().value());
    Fields in;
    Fields want;
    if (!ReadFields(c["labels_in"], &in) || !ReadFields(c["labels_out"], &want)) continue;
    // Cases about hints to the parser, or whose expectation the table lost.
    if (want.contains("__preserve_error__") || in.contains("__preserve_error__")) continue;
    if (want.empty() && stage.starts_with("| logfmt --strict")) continue;
    // Not LogQL: a keyword as a name, nothing to keep.
    if (stage == "| keep " || stage.starts_with("| json bool=")) continue;
    // Structured metadata is not in these tables, only its effect.
    bool metadata = false;
    for (const auto& [name, value] : want)
      metadata |= value.ends_with("_sm") || (name == "status" && value == "400");
    if (metadata) continue;
    int64_t time = 0;
    if (std::string_view digits; c["ts"]["_int"].get(digits) == simdjson::SUCCESS)
      time = std::stoll(std::string(digits));
    const bool timed = stage.find("__timestamp__") != std::string::npos;
    const bool line_used =
        stage.starts_with("| label_format") && stage.find("__line__") != std::string::npos;
    if ((timed && time == 0) || line_used) continue;
    std::string_view error_in;
    if (c["error_in"].get(error_in) == simdjson::SUCCESS && !error_in.empty()) {
      in["__error__"] = error_in;
      in["__error_details__"] = c["error_details_in"].get_string().value();
    }
    auto pipeline = CompileText(stage);
    ASSERT_TRUE(pipeline) << stage << ": " << pipeline.error().message;
    Entry entry;
    FillLabels(in, &entry);
    entry.time_ns = time;
    std::string_view line;
    if (c["line"].get(line) == simdjson::SUCCESS) entry.line = line;
    ++tried;
    EXPECT_TRUE(pipeline->Process(&entry)) << stage;
    Fields got = ToFields(entry.labels);
    if (!want.contains("__error_details__")) got.erase("__error_details__");
    EXPECT_EQ(Show(got), Show(want)) << stage << "\n  line " << line << "\n  in " << Show(in);
    std::string_view line_out;
    if (c["line_out"].get(line_out) == simdjson::SUCCESS) {
      EXPECT_EQ(entry.line, line_out) << stage;
    }
  }
  EXPECT_GT(tried, 120u);
}

TEST(LokiCases, LabelFilters) {
  const std::string path = "../shared/data/loki/logql_curated/filter_cases.json";
  if (!std::filesystem::exists(path)) GTEST_SKIP() << path << " is not there";
  simdjson::dom::parser parser;
  size_t tried = 0;
  for (element c : parser.load(path)["cases"]) {
    std::string_view filter;
    Fields in;
    bool match = false;
    if (c["filter"].get(filter) != simdjson::SUCCESS || c["match"].get(match) != simdjson::SUCCESS)
      continue;
    if (!filter.starts_with('|') || !ReadFields(c["labels_in"], &in)) continue;
    auto pipeline = CompileText(std::string(filter));
    ASSERT_TRUE(pipeline) << filter << ": " << pipeline.error().message;
    Entry entry;
    FillLabels(in, &entry);
    std::string_view line;
    if (c["line"].get(line) == simdjson::SUCCESS) entry.line = line;
    ++tried;
    EXPECT_EQ(pipeline->Process(&entry), match) << filter << " on " << Show(in) << " line " << line;
  }
  EXPECT_GT(tried, 10u);
}

void ExpectCompiles(std::string_view query) {
  const auto expr = Parse(query);
  ASSERT_TRUE(expr) << query << ": " << expr.error().message;
  const auto* log = (*expr)->As<LogExpr>();
  if (log == nullptr) return;
  const auto pipeline = Pipeline::Compile(log->stages);
  EXPECT_TRUE(pipeline) << query << ": " << pipeline.error().message;
}

TEST(LokiCases, TheLabsQueries) {
  const std::string path = "../shared/lab/queries.json";
  if (!std::filesystem::exists(path)) GTEST_SKIP() << path << " is not there";
  simdjson::dom::parser parser;
  size_t tried = 0;
  for (element query : parser.load(path)["logql"]) {
    ExpectCompiles(query.get_string().value());
    ++tried;
  }
  EXPECT_GT(tried, 20u);
}

}  // namespace
}  // namespace pharos::query::logql
