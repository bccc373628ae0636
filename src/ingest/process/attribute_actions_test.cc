// The actions of contrib's tables, where those are there.
#include "ingest/process/attribute_actions.h"

#include <gtest/gtest.h>
#include <simdjson.h>

#include <algorithm>
#include <filesystem>

namespace pharos::ingest::process {
namespace {

const std::string kUnit = "../shared/data/otelcol_contrib/unit/";

conf::Node Scalar(std::string text, bool quoted = false) {
  return {.kind = conf::Node::Kind::kScalar, .quoted = quoted, .scalar = std::move(text)};
}
conf::OtelcolAction Set(conf::OtelcolAction::Kind kind, std::string key, std::string value) {
  conf::OtelcolAction action{.kind = kind, .key = std::move(key)};
  action.value = Scalar(std::move(value));
  return action;
}
conf::OtelcolAction From(conf::OtelcolAction::Kind kind, std::string key, std::string from) {
  return {.kind = kind, .key = std::move(key), .from_attribute = std::move(from)};
}
using Kind = conf::OtelcolAction::Kind;

/// A JSON object of the tables as attributes.
AttributeList FromTable(simdjson::dom::object object, base::Arena& arena) {
  AttributeList list;
  for (const auto& [key, value] : object) {
    model::Value out;
    if (value.is_string()) out = model::Value::String(arena.Copy(value.get_string().value()));
    if (value.is_bool()) out = model::Value::Bool(value.get_bool().value());
    if (value.is_int64()) out = model::Value::Int(value.get_int64().value());
    if (value.type() == simdjson::dom::element_type::DOUBLE)
      out = model::Value::Double(value.get_double().value());
    list.push_back({arena.Copy(key), out});
  }
  return list;
}
std::string Print(AttributeList list) {
  std::ranges::sort(list, {}, &model::KeyValue::key);
  std::string out;
  for (const auto& pair : list) {
    out += std::string(pair.key) + "=" + model::ValueToString(pair.value) + ";";
  }
  return out;
}

/// Runs the cases of one table of one file through `actions`; false when the file is missing.
void RunTable(const std::string& file, std::string_view test, const char* input,
              const char* expected, std::vector<conf::OtelcolAction> actions, size_t at_least) {
  simdjson::dom::parser parser;
  simdjson::dom::element root = parser.load(kUnit + file).value();
  const AttributeActions compiled(actions);
  size_t run = 0;
  for (simdjson::dom::element table : root["tables"].get_array()) {
    if (table["test"].get_string().value() != test) continue;
    for (simdjson::dom::element row : table["cases"].get_array()) {
      simdjson::dom::object in, want;
      if (row[expected].get(want) != simdjson::SUCCESS) continue;
      const bool null = row[input].get(in) != simdjson::SUCCESS;
      if (simdjson::minify(row).find("_src") != std::string::npos ||
          simdjson::minify(row).find("_call") != std::string::npos) {
        continue;
      }
      base::Arena arena;
      AttributeList list = null ? AttributeList{} : FromTable(in, arena);
      compiled.Apply(list, {}, arena);
      EXPECT_EQ(Print(list), Print(FromTable(want, arena))) << simdjson::minify(row);
      ++run;
    }
  }
  EXPECT_GE(run, at_least) << test;
}

TEST(AttributeActions, ContribsTables) {
  if (!std::filesystem::exists(kUnit)) GTEST_SKIP() << kUnit << " is not here";
  const std::string file = "internal_coreinternal_attraction_attraction.json";
  const auto run = [&](std::string_view test, std::vector<conf::OtelcolAction> actions, size_t n) {
    RunTable(file, test, "inputAttributes", "expectedAttributes", std::move(actions), n);
  };
  run("TestAttributes_InsertValue", {Set(Kind::kInsert, "attribute1", "123")}, 3);
  run("TestAttributes_InsertFromAttribute", {From(Kind::kInsert, "string key", "anotherkey")}, 4);
  run("TestAttributes_UpdateValue", {Set(Kind::kUpdate, "db.secret", "redacted")}, 3);
  run("TestAttributes_UpdateFromAttribute", {From(Kind::kUpdate, "boo", "foo")}, 4);
  run("TestAttributes_UpsertValue", {Set(Kind::kUpsert, "region", "planet-earth")}, 3);
  run("TestAttributes_UpsertFromAttribute", {From(Kind::kUpsert, "new_user_key", "user_key")}, 4);
  conf::OtelcolAction extract{.kind = Kind::kExtract, .key = "user_key"};
  extract.pattern = R"(^\/api\/v1\/document\/(?P<new_user_key>.*)\/update\/(?P<version>.*)$)";
  run("TestAttributes_Extract", {extract}, 8);
  conf::OtelcolAction remove{.kind = Kind::kDelete, .key = "duplicate_key"};
  remove.pattern = "^duplicate_key_[a-z]$";
  run("TestAttributes_Delete", {remove}, 4);
  remove.key.clear();
  remove.pattern = "^duplicate.*";
  run("TestAttributes_Delete_Regexp", {remove}, 3);
  run("TestAttributes_Ordering",
      {Set(Kind::kInsert, "operation", "default"),
       From(Kind::kUpsert, "svc.operation", "operation"),
       {.kind = Kind::kDelete, .key = "operation"}},
      4);
}

TEST(AttributeActions, ContribsTablesOfHashConvertAndResource) {
  if (!std::filesystem::exists(kUnit)) GTEST_SKIP() << kUnit << " is not here";
  std::vector<conf::OtelcolAction> hash, convert;
  for (const char* key : {"user.email", "user.id", "user.balance", "user.authenticated"}) {
    hash.push_back({.kind = Kind::kHash, .key = key});
  }
  for (const std::string type : {"int", "double", "string"}) {
    convert.push_back({.kind = Kind::kConvert, .key = "to." + type});
    convert.back().converted_type = type;
  }
  RunTable("processor_attributesprocessor_attributes_trace.json", "TestAttributes_Hash",
           "inputAttributes", "expectedAttributes", hash, 4);
  RunTable("processor_attributesprocessor_attributes_trace.json", "TestAttributes_Convert",
           "inputAttributes", "expectedAttributes", convert, 9);
  RunTable("processor_attributesprocessor_attributes_log.json", "TestLogAttributes_Convert",
           "inputAttributes", "expectedAttributes", convert, 6);
  // The rows with the shared configuration hold "_src"; their content is this.
  const AttributeActions resource(
      std::vector<conf::OtelcolAction>{Set(Kind::kUpsert, "cloud.availability_zone", "zone-1"),
                                       From(Kind::kInsert, "k8s.cluster.name", "k8s-cluster"),
                                       {.kind = Kind::kDelete, .key = "redundant-attribute"}});
  base::Arena arena;
  AttributeList list = {{"cloud.availability_zone", model::Value::String("to-be-replaced")},
                        {"k8s-cluster", model::Value::String("test-cluster")},
                        {"redundant-attribute", model::Value::String("to-be-removed")}};
  resource.Apply(list, {}, arena);
  EXPECT_EQ(Print(list),
            "cloud.availability_zone=zone-1;k8s-cluster=test-cluster;k8s.cluster.name=test-"
            "cluster;");
}

TEST(AttributeActions, TypesAndContext) {
  base::Arena arena;
  EXPECT_EQ(ValueOf(Scalar("123"), arena).type, model::Value::Type::kInt);
  EXPECT_EQ(ValueOf(Scalar("123", true), arena).type, model::Value::Type::kString);
  EXPECT_EQ(ValueOf(Scalar("1.5"), arena).type, model::Value::Type::kDouble);
  EXPECT_EQ(ValueOf(Scalar("true"), arena).type, model::Value::Type::kBool);
  EXPECT_EQ(ValueOf(Scalar("e"), arena).type, model::Value::Type::kString);
  net::Headers headers;
  headers.Add("X-Origin", "first");
  headers.Add("x-origin", "second");
  receive::OtlpSender sender{.remote = "192.168.1.1:55",
                             .metadata = std::make_shared<const net::Headers>(headers)};
  std::vector<conf::OtelcolAction> actions;
  for (const std::string from : {"metadata.x-origin", "client.address", "auth.subject"}) {
    actions.push_back({.kind = Kind::kInsert, .key = from, .from_context = from});
  }
  AttributeList list;
  AttributeActions(actions).Apply(list, sender, arena);
  EXPECT_EQ(Print(list), "client.address=192.168.1.1;metadata.x-origin=first;second;");
}

}  // namespace
}  // namespace pharos::ingest::process
