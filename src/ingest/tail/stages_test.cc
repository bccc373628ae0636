// Promtail's own cases, stage by stage, and ours for what they leave out.
#include "ingest/tail/stages.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <functional>
#include <sstream>

#include "ingest/tail/pipeline.h"
#include "match/json_value.h"
#include "text/rfc3339.h"

namespace pharos::ingest::tail {
namespace {

using match::JsonValue;
constexpr int64_t kNow = 1'700'000'000'000'000'000;

const JsonValue* Get(const JsonValue& value, std::string_view key) {
  if (value.object() == nullptr) return nullptr;
  const auto found = value.object()->find(key);
  return found == value.object()->end() ? nullptr : &found->second;
}
std::string Text(const JsonValue* value) {
  return value != nullptr && value->string() != nullptr ? *value->string() : "";
}

/// The stages of a text `pipeline_stages: […]`, and what is wrong with them.
struct Made {
  std::optional<Pipeline> pipeline;
  std::string faults;
};
Made Make(const std::string& yaml) {
  Made out;
  const auto root = conf::ParseYaml(yaml, "test");
  if (!root) return {std::nullopt, root.error().message};
  conf::Faults faults("test");
  const conf::Node* stages = root->Find("pipeline_stages");
  out.pipeline.emplace(stages != nullptr ? stages->items : root->items, faults);
  out.faults = faults.Text();
  return out;
}
/// One stage with its configuration as JSON (which is YAML), keys in snake_case.
Made MakeOne(const std::string& stage, const std::string& config) {
  return Make("- " + stage + ": " + config);
}

std::string Snake(std::string_view name) {
  std::string out;
  for (size_t i = 0; i < name.size(); ++i) {
    const char c = name[i];
    if (c >= 'A' && c <= 'Z') {
      if (i > 0) out += '_';
      out += static_cast<char>(c + 32);
    } else {
      out += c;
    }
  }
  return out == "drop_reason" ? "drop_counter_reason" : out;
}

/// A Go value of the tables as JSON for the configuration: constructor calls give their argument.
JsonValue Plain(const JsonValue& value, bool keys) {
  if (const JsonValue* call = Get(value, "_call"); call != nullptr) {
    return Get(value, "args")->array()->front();
  }
  if (value.object() == nullptr) return value;
  JsonValue::Object out;
  for (const auto& [key, member] : *value.object()) {
    if (key != "_type") out[keys ? Snake(key) : key] = Plain(member, false);
  }
  return JsonValue(std::move(out));
}
std::string PlainText(const JsonValue& value, bool keys) {
  std::string out;
  match::AppendGoJson(out, Plain(value, keys));
  return out;
}

Extracted ToExtracted(const JsonValue& value) {
  if (const auto* s = value.string()) return *s;
  if (const auto* n = value.number()) return *n;
  if (const auto* b = value.boolean()) return *b;
  return std::monostate();
}
void FillExtracted(const JsonValue* from, Entry& entry) {
  if (from == nullptr || from->object() == nullptr) return;
  for (const auto& [key, value] : *from->object()) entry.extracted[key] = ToExtracted(value);
}
/// Label maps are written with keys as they are, or as `model.LabelName("x")`.
LabelMap LabelsOf(const JsonValue* from) {
  LabelMap out;
  if (from == nullptr || from->object() == nullptr) return out;
  for (const auto& [key, value] : *from->object()) {
    if (key == "_type" || value.string() == nullptr) continue;
    if (key == "util.ReservedLabelTenantID") {
      out[std::string(kTenantLabel)] = *value.string();
      continue;
    }
    const size_t quote = key.find('"');
    out[quote == std::string::npos ? key : key.substr(quote + 1, key.rfind('"') - quote - 1)] =
        *value.string();
  }
  return out;
}
std::vector<Entry> Pass(Pipeline& pipeline, Entry entry) {
  std::vector<Entry> in;
  std::vector<Entry> out;
  in.push_back(std::move(entry));
  pipeline.Run(std::move(in), out);
  return out;
}
Entry Line(std::string line) {
  Entry entry;
  entry.line = std::move(line);
  entry.time_ns = entry.read_ns = kNow;
  return entry;
}

/// A table: calls back with (name, case). False (and the test is skipped) without the folder.
class Promtail : public ::testing::Test {
 protected:
  using Each = std::function<void(const std::string&, const JsonValue&)>;
  void Cases(const std::string& file, const std::string& test, const std::string& var,
             const Each& each) {
    const std::string path = "../shared/data/loki/promtail_stages/" + file + ".json";
    std::ifstream in(path);
    if (!in) GTEST_SKIP() << path << " is missing";
    std::stringstream text;
    text << in.rdbuf();
    const auto root = match::ParseJson(text.str());
    ASSERT_TRUE(root) << root.error().message;
    for (const JsonValue& table : *Get(*root, "tables")->array()) {
      if (Text(Get(table, "test")) != test || Text(Get(table, "var")) != var) continue;
      const JsonValue& cases = *Get(table, "cases");
      if (cases.array() != nullptr) {
        for (const JsonValue& one : *cases.array()) each(Text(Get(one, "name")), one), ++count_;
      } else {
        for (const auto& [name, one] : *cases.object()) each(name, one), ++count_;
      }
    }
    EXPECT_GT(count_, 0u) << "no cases in " << path;
  }
  size_t count_ = 0;
};

TEST_F(Promtail, ParsersExtract) {
  for (const auto& [file, test] :
       {std::pair("json", "TestPipeline_JSON"), std::pair("regex", "TestPipeline_Regex"),
        std::pair("logfmt", "TestPipeline_Logfmt")}) {
    Cases(file, test, "tests", [&](const std::string& name, const JsonValue& one) {
      SCOPED_TRACE(name);
      Made made = Make(Text(Get(one, "config")));
      ASSERT_EQ(made.faults, "");
      const auto out = Pass(*made.pipeline, Line(Text(Get(one, "entry"))));
      ASSERT_EQ(out.size(), 1u);
      Entry want;
      FillExtracted(Get(one, "expectedExtract"), want);
      EXPECT_EQ(out[0].extracted, want.extracted);
    });
  }
}

TEST_F(Promtail, LogfmtOnItsOwn) {
  Cases("logfmt", "TestLogfmtParser_Parse", "tests",
        [&](const std::string& name, const JsonValue& one) {
          SCOPED_TRACE(name);
          Made made = MakeOne("logfmt", PlainText(*Get(one, "config"), false));
          ASSERT_EQ(made.faults, "");
          Entry entry = Line(Text(Get(one, "entry")));
          FillExtracted(Get(one, "extracted"), entry);
          Entry want;
          FillExtracted(Get(one, "expectedExtract"), want);
          EXPECT_EQ(Pass(*made.pipeline, entry).at(0).extracted, want.extracted);
        });
}

TEST_F(Promtail, Pipelines) {
  for (const auto& [file, test] :
       {std::pair("pipeline", "TestPipeline_Process"), std::pair("extensions", "TestNewDocker"),
        std::pair("extensions", "TestNewCri")}) {
    const bool cri = std::string_view(test) == "TestNewCri";
    Cases(file, test, "tests", [&](const std::string& name, const JsonValue& one) {
      SCOPED_TRACE(name);
      const std::string config = Text(Get(one, "config"));
      Made made = config.empty() ? MakeOne(cri ? "cri" : "docker", "") : Make(config);
      ASSERT_EQ(made.faults, "");
      Entry entry = Line(Text(Get(one, "entry")));
      entry.labels = LabelsOf(Get(one, "initialLabels"));
      if (Get(one, "labels") != nullptr) entry.labels = LabelsOf(Get(one, "labels"));
      const auto out = Pass(*made.pipeline, entry);
      ASSERT_EQ(out.size(), 1u);
      EXPECT_EQ(out[0].line, Text(Get(one, "expectedEntry")));
      EXPECT_EQ(out[0].labels, LabelsOf(Get(one, "expectedLabels")));
      const JsonValue* date = Get(*Get(one, "expectedT"), "args");
      if (date == nullptr) {  // a name: the entry's own time, or that of the cri lines
        const bool parsed = Text(Get(*Get(one, "expectedT"), "_src")) == "criTestTime";
        EXPECT_EQ(out[0].time_ns, parsed ? 1'546'304'400'000'000'001 : kNow);
        return;
      }
      const auto part = [&](size_t i) {
        return static_cast<int64_t>(*(*date->array())[i].number());
      };
      char text[64];
      std::snprintf(text, sizeof text, "%04ld-%02ld-%02ldT%02ld:%02ld:%02ld.%09ld%s", part(0),
                    part(1), part(2), part(3), part(4), part(5), part(6),
                    Text(Get((*date->array())[7], "_src")) == "est" ? "-05:00" : "Z");
      EXPECT_EQ(out[0].time_ns, *text::ParseRfc3339(text)) << text;
    });
  }
}

TEST_F(Promtail, CriJoinsPartialLines) {
  Cases("extensions", "TestCRI_tags", "cases", [&](const std::string& name, const JsonValue& one) {
    SCOPED_TRACE(name);
    std::string config = "{";
    if (const auto* n = Get(one, "maxPartialLines")) {
      config += "max_partial_lines: " + std::to_string(static_cast<int>(*n->number())) + ", ";
    }
    if (const auto* n = Get(one, "maxPartialLineSize")) {
      config += "max_partial_line_size: " + std::to_string(static_cast<int>(*n->number())) + ", ";
    }
    const auto* cut = Get(one, "maxPartialLineSizeTruncate");
    if (cut != nullptr && *cut->boolean()) config += "max_partial_line_size_truncate: true";
    Made made = MakeOne("cri", config + "}");
    ASSERT_EQ(made.faults, "");
    std::vector<std::string> got;
    for (const JsonValue& each : *Get(one, "entries")->array()) {
      Entry entry = Line(Text(Get(each, "line")));
      entry.labels = LabelsOf(Get(each, "labels"));
      for (const Entry& out : Pass(*made.pipeline, entry)) got.push_back(out.line);
    }
    std::vector<std::string> want;
    for (const JsonValue& line : *Get(one, "expected")->array()) want.push_back(*line.string());
    std::sort(got.begin(), got.end());  // what is given out together has no order in Promtail
    std::sort(want.begin(), want.end());
    EXPECT_EQ(got, want);
  });
}

TEST_F(Promtail, Drop) {
  Cases("drop", "Test_dropStage_Process", "tests",
        [&](const std::string& name, const JsonValue& one) {
          SCOPED_TRACE(name);
          Made made = MakeOne("drop", PlainText(*Get(one, "config"), true));
          ASSERT_EQ(made.faults, "") << PlainText(*Get(one, "config"), true);
          Entry entry = Line(Text(Get(one, "entry")));
          entry.labels = LabelsOf(Get(one, "labels"));
          FillExtracted(Get(one, "extracted"), entry);
          if (const JsonValue* t = Get(one, "t"); t != nullptr && Get(*t, "args") != nullptr) {
            const auto& shift = (*Get(*t, "args")->array());
            if (!shift.empty() && shift[0].string() != nullptr) {
              entry.time_ns += *shift[0].string() == "-2h" ? -7'200'000'000'000 : -300'000'000'000;
            }
          }
          EXPECT_EQ(Pass(*made.pipeline, entry).empty(), *Get(one, "shouldDrop")->boolean())
              << PlainText(*Get(one, "config"), true);
        });
}

TEST_F(Promtail, Template) {
  Cases("template", "TestTemplateStage_Process", "tests",
        [&](const std::string& name, const JsonValue& one) {
          SCOPED_TRACE(name);
          Made made = MakeOne("template", PlainText(*Get(one, "config"), true));
          ASSERT_EQ(made.faults, "");
          Entry entry = Line("not important for this test");
          FillExtracted(Get(one, "extracted"), entry);
          Entry want;
          FillExtracted(Get(one, "expectedExtracted"), want);
          EXPECT_EQ(Pass(*made.pipeline, entry).at(0).extracted, want.extracted);
        });
}

TEST_F(Promtail, Labels) {
  const auto check = [&](const std::string& stage) {
    return [&, stage](const std::string& name, const JsonValue& one) {
      SCOPED_TRACE(stage + ": " + name);
      Made made = MakeOne(stage, PlainText(*Get(one, "config"), false));
      ASSERT_EQ(made.faults, "");
      Entry entry = Line("");
      entry.labels = LabelsOf(Get(one, "inputLabels"));
      FillExtracted(Get(one, "extractedData"), entry);
      EXPECT_EQ(Pass(*made.pipeline, entry).at(0).labels, LabelsOf(Get(one, "expectedLabels")));
    };
  };
  Cases("labels", "TestLabelStage_Process", "tests", check("labels"));
  Cases("labelallow", "Test_addLabelStage_Process", "tests", check("labelallow"));
  Cases("labeldrop", "Test_dropLabelStage_Process", "tests", check("labeldrop"));
  Cases("static_labels", "Test_staticLabelStage_Process", "tests", check("static_labels"));
}

TEST_F(Promtail, Tenant) {
  Cases("tenant", "TestTenantStage_Process", "tests",
        [&](const std::string& name, const JsonValue& one) {
          SCOPED_TRACE(name);
          Made made = MakeOne("tenant", PlainText(*Get(one, "config"), true));
          ASSERT_EQ(made.faults, "");
          Entry entry = Line("");
          entry.labels = LabelsOf(Get(one, "inputLabels"));
          FillExtracted(Get(one, "inputExtracted"), entry);
          const auto out = Pass(*made.pipeline, entry).at(0);
          const auto tenant = out.labels.find(kTenantLabel);
          const JsonValue* want = Get(one, "expectedTenant");
          const JsonValue plain = want != nullptr ? Plain(*want, false) : JsonValue();
          EXPECT_EQ(tenant == out.labels.end() ? "" : tenant->second, Text(&plain));
        });
}

TEST_F(Promtail, StructuredMetadata) {
  Cases("structuredmetadata", "Test_StructuredMetadataStage", "tests",
        [&](const std::string& name, const JsonValue& one) {
          SCOPED_TRACE(name);
          Made made = Make(Text(Get(one, "pipelineStagesYaml")));
          ASSERT_EQ(made.faults, "");
          Entry entry = Line(Text(Get(one, "logLine")));
          entry.labels = LabelsOf(Get(one, "streamLabels"));
          const auto out = Pass(*made.pipeline, entry).at(0);
          std::vector<std::pair<std::string, std::string>> want;
          for (const JsonValue& pair : *Get(one, "expectedStructuredMetadata")->array()) {
            want.emplace_back(Text(Get(pair, "Name")), Text(Get(pair, "Value")));
          }
          EXPECT_EQ(out.metadata, want);
          if (Get(one, "expectedLabels") != nullptr) {
            EXPECT_EQ(out.labels, LabelsOf(Get(one, "expectedLabels")));
          }
        });
}

TEST_F(Promtail, OutputDecolorizeEventLog) {
  Cases("output", "TestOutputStage_Process", "tests",
        [&](const std::string& name, const JsonValue& one) {
          SCOPED_TRACE(name);
          Made made = MakeOne("output", PlainText(*Get(one, "config"), true));
          ASSERT_EQ(made.faults, "");
          Entry entry = Line("before");
          FillExtracted(Get(one, "extracted"), entry);
          EXPECT_EQ(Pass(*made.pipeline, entry).at(0).line, Text(Get(one, "expectedOutput")));
        });
  Cases("decolorize", "TestPipeline_Decolorize", "tests",
        [&](const std::string& name, const JsonValue& one) {
          SCOPED_TRACE(name);
          Made made = Make(Text(Get(one, "config")));
          ASSERT_EQ(made.faults, "");
          EXPECT_EQ(Pass(*made.pipeline, Line(Text(Get(one, "entry")))).at(0).line,
                    Text(Get(one, "expectedEntry")));
        });
  for (const char* test : {"TestEventLogMessage_simple", "TestEventLogMessage_Real"}) {
    Cases("eventlogmessage", test, "tests", [&](const std::string& name, const JsonValue& one) {
      SCOPED_TRACE(name);
      Made made = Make(Text(Get(one, "config")));
      ASSERT_EQ(made.faults, "");
      Entry entry = Line("");
      const std::string source = Text(Get(one, "sourcekey"));
      entry.extracted[source] = Text(Get(one, "msgdata"));
      const bool simple = std::string_view(test) == "TestEventLogMessage_simple";
      if (simple) entry.extracted["test"] = std::string("existing value");
      Entry want;
      FillExtracted(Get(one, "extractedValues"), want);
      auto out = Pass(*made.pipeline, entry).at(0);
      out.extracted.erase(source);
      EXPECT_EQ(out.extracted, want.extracted);
    });
  }
}

TEST_F(Promtail, RefusesWhatPromtailRefuses) {
  const auto refused = [&](const std::string& stage, bool snake, const char* key) {
    return [&, stage, snake, key](const std::string& name, const JsonValue& one) {
      const JsonValue* config = Get(one, "config");
      const JsonValue* error = Get(one, key);
      const bool fails = error != nullptr && !error->IsNull();
      // YAML has no types: `source: 1` is the name "1" here.
      if (name == "Invalid Source Field Type" || name == "invalid config") return;
      SCOPED_TRACE(stage + ": " + name);
      const Made made = MakeOne(stage, config->IsNull() ? "" : PlainText(*config, snake));
      EXPECT_EQ(!made.faults.empty(), fails) << made.faults;
      if (fails && error->string() != nullptr) {
        EXPECT_NE(made.faults.find(*error->string()), std::string::npos) << made.faults;
      }
    };
  };
  Cases("json", "TestJSONConfig_validate", "tests", refused("json", false, "err"));
  Cases("regex", "TestRegexConfig_validate", "tests", refused("regex", false, "err"));
  Cases("logfmt", "TestLogfmtConfig_validate", "tests", refused("logfmt", false, "err"));
  Cases("labels", "TestLabels", "tests", refused("labels", false, "err"));
  Cases("template", "TestTemplateValidation", "tests", refused("template", true, "err"));
  Cases("output", "TestOutputValidation", "tests", refused("output", true, "err"));
  Cases("tenant", "TestTenantStage_Validation", "tests", refused("tenant", true, "expectedErr"));
  Cases("drop", "Test_validateDropConfig", "tests", refused("drop", true, "wantErr"));
  Cases("eventlogmessage", "TestEventLogMessageConfig_validate", "tests",
        refused("eventlogmessage", false, "err"));
}

TEST(Stages, FaultsNameFileAndLine) {
  EXPECT_EQ(Make("pipeline_stages:\n- geoip:\n    db: x\n").faults,
            "test:2: stage geoip is not supported yet");
  EXPECT_EQ(Make("pipeline_stages:\n- nonsense: {}\n").faults,
            "test:2: Unknown stage type: nonsense");
  EXPECT_EQ(Make("- json: {expressions: {a: }}\n  labels: {a: }\n").faults,
            "test:1: pipeline stage must contain only one key");
  EXPECT_EQ(Make("- match:\n    selector: '{a=\"b\"} | json'\n    action: drop\n").faults,
            "test:2: invalid match stage config: invalid selector syntax for match stage: parse "
            "error at byte 8: expected |=, !=, |~ or !~ (the match stage has no parsers or label "
            "filters)");
  EXPECT_EQ(Make("- json: {expressions: {a: }, typo: 1}\n").faults,
            "test:1: field typo not found in type stages.JSONConfig");
  std::string deep;
  for (int i = 0; i < 20; ++i) deep += "{match: {selector: '{a=\"b\"}', stages: [";
  deep = "[" + deep + "{docker: }";
  for (int i = 0; i < 20; ++i) deep += "]}}";
  EXPECT_NE(Make(deep + "]").faults.find("too many stages"), std::string::npos);
}

TEST(Stages, TimestampFormats) {
  const auto time = [](const std::string& config, const std::string& text) {
    Made made = MakeOne("timestamp", config);
    EXPECT_EQ(made.faults, "");
    Entry entry = Line("");
    entry.extracted["t"] = text;
    return text::Rfc3339Nano(Pass(*made.pipeline, entry).at(0).time_ns);
  };
  EXPECT_EQ(time("{source: t, format: Unix}", "1562708916.123"), "2019-07-09T21:48:36.123Z");
  EXPECT_EQ(time("{source: t, format: UnixMs}", "1562708916414"), "2019-07-09T21:48:36.414Z");
  EXPECT_EQ(time("{source: t, format: UnixNs}", "1562708916000000123"),
            "2019-07-09T21:48:36.000000123Z");
  EXPECT_EQ(time("{source: t, format: RFC3339Nano}", "2024-05-06T07:08:09.5+02:00"),
            "2024-05-06T05:08:09.5Z");
  EXPECT_EQ(time("{source: t, format: '2006-01-02 15:04:05', location: America/New_York}",
                 "2019-07-09 21:48:36"),
            "2019-07-10T01:48:36Z");
  EXPECT_EQ(time("{source: t, format: 'Jan _2 15:04:05'}", "Nov  7 10:00:00"),
            "2023-11-07T10:00:00Z");  // now is 2023-11-14
  EXPECT_EQ(time("{source: t, format: RFC3339, fallback_formats: [UnixMs]}", "1562708916414"),
            "2019-07-09T21:48:36.414Z");
  EXPECT_EQ(time("{source: t, format: Unix}", "soon"), text::Rfc3339Nano(kNow));
  EXPECT_NE(MakeOne("timestamp", "{source: t, format: '2006', location: Nowhere/At_All}")
                .faults.find("unknown time zone"),
            std::string::npos);
}

TEST(Stages, TimestampFudgesBehindTheLastKnownTime) {
  Made made = MakeOne("timestamp", "{source: t, format: Unix}");
  Entry good = Line("");
  good.extracted["t"] = std::string("100");
  EXPECT_EQ(Pass(*made.pipeline, good).at(0).time_ns, 100'000'000'000);
  EXPECT_EQ(Pass(*made.pipeline, Line("")).at(0).time_ns, 100'000'000'001);
  EXPECT_EQ(Pass(*made.pipeline, Line("")).at(0).time_ns, 100'000'000'002);
}

TEST(Stages, MultilineHoldsBlocksBack) {
  Made made = MakeOne("multiline", "{firstline: '^\\[', max_lines: 3, max_wait_time: 1s}");
  ASSERT_EQ(made.faults, "");
  const auto feed = [&](std::string line, uint64_t at) {
    Entry entry = Line(std::move(line));
    entry.begin = at;
    std::vector<std::string> lines;
    for (const Entry& out : Pass(*made.pipeline, entry)) lines.push_back(out.line);
    return lines;
  };
  using Lines = std::vector<std::string>;
  EXPECT_EQ(feed("before", 0), Lines{"before"});
  EXPECT_EQ(made.pipeline->HeldFrom(), UINT64_MAX);
  EXPECT_EQ(feed("[1] a", 10), Lines{});
  EXPECT_EQ(feed(" b", 20), Lines{});
  EXPECT_EQ(made.pipeline->HeldFrom(), 10u);
  EXPECT_EQ(feed("[2] c", 30), Lines{"[1] a\n b"});
  EXPECT_EQ(made.pipeline->HeldFrom(), 30u);
  EXPECT_EQ(feed(" d", 40), Lines{});
  EXPECT_EQ(feed(" e", 50), Lines{"[2] c\n d\n e"});  // max_lines
  EXPECT_EQ(feed(" f", 60), Lines{});
  EXPECT_EQ(made.pipeline->HeldFrom(), 60u);
  std::vector<Entry> late;
  made.pipeline->Tick(kNow + 999'999'999, late);
  EXPECT_TRUE(late.empty());
  made.pipeline->Tick(kNow + 1'000'000'000, late);
  ASSERT_EQ(late.size(), 1u);
  EXPECT_EQ(late[0].line, " f");
  EXPECT_EQ(made.pipeline->HeldFrom(), UINT64_MAX);
}

TEST(Stages, ReplaceAndPack) {
  Made replace = Make(
      "- replace:\n    expression: 'password (\\S+)'\n    replace: '{{ .Value | len }} stars'\n"
      "- replace: {expression: '(?P<ip>\\d+\\.\\d+)', replace: '*'}\n");
  ASSERT_EQ(replace.faults, "");
  const auto out = Pass(*replace.pipeline, Line("user password secret at 10.2 and 10.3")).at(0);
  EXPECT_EQ(out.line, "user password 6 stars at * and *");
  EXPECT_EQ(out.extracted.at("ip"), Extracted(std::string("*")));

  Made pack = MakeOne("pack", "{labels: [pod, missing]}");
  Entry entry = Line("a \"b\"");
  entry.labels = {{"pod", "p1"}, {"job", "x"}};
  const auto packed = Pass(*pack.pipeline, entry).at(0);
  EXPECT_EQ(packed.line, R"({"pod":"p1","_entry":"a \"b\""})");
  EXPECT_EQ(packed.labels, (LabelMap{{"job", "x"}}));
}

TEST(Stages, SamplingKeepsItsShareAndRepeatsItself) {
  Made made = MakeOne("sampling", "{rate: 0.25}");
  size_t kept = 0;
  for (int i = 0; i < 4000; ++i) {
    Entry entry = Line("line");
    entry.time_ns += i;
    const bool once = Pass(*made.pipeline, entry).empty();
    EXPECT_EQ(Pass(*made.pipeline, entry).empty(), once);
    if (!once) ++kept;
  }
  EXPECT_NEAR(static_cast<double>(kept), 1000, 150);
  EXPECT_NE(MakeOne("sampling", "{rate: 12}").faults, "");
}

}  // namespace
}  // namespace pharos::ingest::tail
