#include "conf/json_tree.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

namespace pharos::conf {
namespace {

std::string ErrorOf(std::string_view text) {
  const auto root = ParseJsonTree(text, "f.json");
  return root ? std::string() : root.error().message;
}

TEST(JsonTree, ValuesKnowTheirLines) {
  const auto root =
      ParseJsonTree("{\n \"a\": [1, -2.5e3,\n  null, true],\n \"b\": {\"c\": \"x\"}}", "f");
  ASSERT_TRUE(root);
  const Node* a = root->Find("a");
  ASSERT_NE(a, nullptr);
  ASSERT_EQ(a->items.size(), 4u);
  EXPECT_EQ(a->items[1].scalar, "-2.5e3");
  EXPECT_EQ(a->items[1].line, 2);
  EXPECT_EQ(a->items[2].kind, Node::Kind::kNull);
  EXPECT_EQ(a->items[3].line, 3);
  EXPECT_EQ(root->fields[1].line, 4);
  EXPECT_EQ(root->Find("b")->Find("c")->scalar, "x");
  EXPECT_TRUE(root->Find("b")->Find("c")->quoted);
}

TEST(JsonTree, Escapes) {
  const auto root = ParseJsonTree(R"(["\"\\\/\n\u00e9\ud83d\ude00", "\ud83d!", "\u20ac"])", "f");
  ASSERT_TRUE(root);
  EXPECT_EQ(root->items[0].scalar, "\"\\/\n\u00e9\U0001F600");
  EXPECT_EQ(root->items[1].scalar, "\uFFFD!");
  EXPECT_EQ(root->items[2].scalar, "\u20ac");
}

TEST(JsonTree, WhatIsNoJsonIsNamedWithItsLine) {
  EXPECT_EQ(ErrorOf("{\n\"a\" 1}"), "f.json:2: not JSON: a colon is missing after \"a\"");
  EXPECT_EQ(ErrorOf("[1,\n2"), "f.json:2: not JSON: a comma or ] is missing");
  EXPECT_EQ(ErrorOf("[tru]"), "f.json:1: not JSON: \"tru\" is no value");
  EXPECT_EQ(ErrorOf("[1] 2"), "f.json:1: not JSON: more text after the end");
  EXPECT_EQ(ErrorOf("{1: 2}"), "f.json:1: not JSON: a key must be a string");
  EXPECT_EQ(ErrorOf("\"a\nb\""), "f.json:1: not JSON: a string does not end on its line");
  EXPECT_EQ(ErrorOf("[\"\\x\"]"), "f.json:1: not JSON: an unknown escape");
  EXPECT_EQ(ErrorOf("\"\\u12"), "f.json:1: not JSON: \\u needs four hex digits");
  EXPECT_EQ(ErrorOf(""), "f.json:1: not JSON: a value is missing");
  EXPECT_EQ(ErrorOf(std::string(1000, '[')), "f.json:1: not JSON: nested too deeply");
}

TEST(JsonTree, DashboardsOfThePublic) {
  const std::filesystem::path folder = "../shared/data/dashboards";
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << "no " << folder;
  int files = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.path().extension() != ".json") continue;
    std::ifstream in(entry.path());
    std::ostringstream text;
    text << in.rdbuf();
    ++files;
    EXPECT_EQ(ErrorOf(text.str()), "") << entry.path();
  }
  EXPECT_GE(files, 30);
}

}  // namespace
}  // namespace pharos::conf
