// Prometheus's own tables of label sets, matchers and regular expressions:
// ../shared/data/prometheus/labels.
#include <gtest/gtest.h>
#include <re2/re2.h>
#include <simdjson.h>

#include <algorithm>
#include <set>

#include "model/labels.h"
#include "model/matcher.h"

namespace pharos::query::promql {
namespace {

using model::kMetricName;
using model::Labels;
using model::LabelsBuilder;
using model::LabelView;
using model::Matcher;
using model::MatchOp;

using simdjson::dom::element;
using Found = simdjson::simdjson_result<element>;

class LabelsDataTest : public ::testing::Test {
 protected:
  /// The cases of the test's n-th table; empty where the data is not here.
  std::vector<element> Table(const std::string& file, std::string_view test,
                             std::string_view variable = "") {
    std::vector<element> out;
    element root;
    if (parser_.load("../shared/data/prometheus/labels/" + file).get(root)) return out;
    for (const element table : root["tables"]) {
      if (Text(table["test"]) != test || (!variable.empty() && Text(table["var"]) != variable))
        continue;
      for (const element item : table["cases"].get_array()) out.push_back(item);
    }
    return out;
  }
  static std::string Text(const Found& found) {
    element value;
    if (found.get(value)) return {};
    std::string_view text;
    if (!value.get(text)) return std::string(text);
    std::string out;
    const std::string source = [&] {
      std::string_view s;
      return value["_src"].get(s) ? std::string() : std::string(s);
    }();
    if (source == "s254") out.assign(254, 'x');
    if (source == "s255") out.assign(255, 'x');
    return out;
  }
  /// Name, value, name, value …
  static Labels Read(const Found& found) {
    std::vector<std::string> texts;
    element value;
    simdjson::dom::array args;
    if (!found.get(value) && !value["args"].get(args))
      for (const element arg : args) texts.push_back(Text(Found(element(arg))));
    std::vector<LabelView> pairs;
    for (size_t i = 0; i + 1 < texts.size(); i += 2) pairs.push_back({texts[i], texts[i + 1]});
    return Labels::FromPairs(pairs);
  }
  static std::vector<std::string> Texts(const Found& found) {
    std::vector<std::string> out;
    simdjson::dom::array list;
    if (!found.get(list))
      for (const element item : list) out.push_back(Text(Found(element(item))));
    return out;
  }
  simdjson::dom::parser parser_;
};

#define SKIP_WITHOUT(cases) \
  if ((cases).empty()) GTEST_SKIP() << "the shared label cases are not here"

TEST_F(LabelsDataTest, PrintedAsPrometheusDoes) {
  std::vector<Labels> sets;
  for (const element item : Table("labels.json", "var", "testCaseLabels"))
    sets.push_back(Read(Found(element(item))));
  const auto expected = Table("labels.json", "TestLabels_String");
  SKIP_WITHOUT(expected);
  ASSERT_EQ(sets.size(), expected.size());
  for (size_t i = 0; i < sets.size(); ++i) {
    const std::string text = Text(Found(element(expected[i])));
    if (text.empty()) continue;  // a Go expression
    // Prometheus prints a set's name among the labels, a series' name ahead of them.
    LabelsBuilder without(sets[i]);
    without.Delete(kMetricName);
    std::string wanted = text;
    const std::string name(sets[i].Name());
    if (const std::string part = "__name__=\"" + name + "\", "; !name.empty()) {
      ASSERT_NE(wanted.find(part), std::string::npos);
      wanted.erase(wanted.find(part), part.size());
    }
    EXPECT_EQ(ToString(without.Build()), wanted);
  }
}

TEST_F(LabelsDataTest, EmptyValuesAreNoLabels) {
  const auto cases = Table("labels.json", "TestLabels_WithoutEmpty");
  SKIP_WITHOUT(cases);
  for (const element item : cases) EXPECT_EQ(Read(item["input"]), Read(item["expected"]));
}

TEST_F(LabelsDataTest, OrderAndEquality) {
  const Labels base{{"aaa", "111"}, {"bbb", "222"}};
  const auto equal = Table("labels.json", "TestLabels_Equal");
  SKIP_WITHOUT(equal);
  for (const element item : equal) {
    bool expected = false;
    ASSERT_FALSE(item["expected"].get(expected));
    EXPECT_EQ(base == Read(item["compared"]), expected);
  }
  for (const element item : Table("labels.json", "TestLabels_Compare")) {
    int64_t expected = 0;
    ASSERT_FALSE(item["expected"].get(expected));
    const auto order = base <=> Read(item["compared"]);
    EXPECT_EQ(order < 0   ? -1
              : order > 0 ? 1
                          : 0,
              expected < 0   ? -1
              : expected > 0 ? 1
                             : 0)
        << ToString(Read(item["compared"]));
  }
}

TEST_F(LabelsDataTest, BuiltStepByStep) {
  const auto cases = Table("labels.json", "TestBuilder");
  SKIP_WITHOUT(cases);
  for (const element item : cases) {
    const Labels base = Read(item["base"]);
    LabelsBuilder builder(base);
    std::vector<std::vector<std::string>> kept;  // the builder keeps views
    simdjson::dom::array list;
    const std::vector<std::string> deleted = Texts(item["del"]);
    if (!item["set"].get(list))
      for (const element pair : list) kept.push_back(Texts(Found(element(pair))));
    for (const auto& pair : kept) builder.Set(pair[0], pair[1]);
    for (const std::string& name : deleted) builder.Delete(name);
    Labels built = builder.Build();
    if (simdjson::dom::array names; !item["keep"].get(names)) {
      const std::vector<std::string> keep = Texts(item["keep"]);
      LabelsBuilder fewer(built);
      for (const LabelView label : built)
        if (std::find(keep.begin(), keep.end(), label.name) == keep.end()) fewer.Delete(label.name);
      built = fewer.Build();
    }
    EXPECT_EQ(built, Read(item["want"])) << simdjson::minify(item);
  }
  for (const element item : Table("labels.json", "TestScratchBuilder")) {
    std::vector<std::vector<std::string>> kept;
    for (const element pair : item["add"].get_array()) kept.push_back(Texts(Found(element(pair))));
    std::vector<LabelView> pairs;
    for (const auto& pair : kept) pairs.push_back({pair[0], pair[1]});
    EXPECT_EQ(Labels::FromPairs(pairs), Read(item["want"]));
  }
}

MatchOp OpOf(std::string_view text) {
  if (text == "=") return MatchOp::kEqual;
  if (text == "!=") return MatchOp::kNotEqual;
  return text == "=~" ? MatchOp::kRegex : MatchOp::kNotRegex;
}

TEST_F(LabelsDataTest, Matchers) {
  const auto cases = Table("matcher.json", "TestMatcher");
  SKIP_WITHOUT(cases);
  for (const element item : cases) {
    const element spec = item["matcher"]["matcher"];
    const auto matcher = Matcher::Make(OpOf(Text(spec.at(0))), "x", Text(spec.at(2)));
    ASSERT_TRUE(matcher);
    bool expected = false;
    ASSERT_FALSE(item["match"].get(expected));
    EXPECT_EQ(matcher->Matches(Text(item["value"])), expected) << simdjson::minify(item);
  }
}

TEST_F(LabelsDataTest, PrefixesBoundWhatMatches) {
  const auto cases = Table("matcher.json", "TestPrefix");
  SKIP_WITHOUT(cases);
  for (const element item : cases) {
    const element spec = item["matcher"]["matcher"];
    const auto matcher = Matcher::Make(OpOf(Text(spec.at(0))), "x", Text(spec.at(2)));
    ASSERT_TRUE(matcher);
    std::string min, max;
    if (!matcher->Bounds(&min, &max)) continue;
    // All that matches begins with the prefix; so the bounds may not cut it off.
    const std::string prefix = Text(item["prefix"]);
    EXPECT_LE(min.substr(0, prefix.size()), prefix) << simdjson::minify(item);
    EXPECT_GE(max.substr(0, prefix.size()), prefix) << simdjson::minify(item);
  }
}

/// Each pattern on each value: our shortcuts say what the whole regular expression says.
TEST_F(LabelsDataTest, RegularExpressions) {
  const auto patterns = Table("regexp.json", "var", "regexes");
  SKIP_WITHOUT(patterns);
  std::vector<std::string> values;
  for (const element value : Table("regexp.json", "var", "values"))
    values.push_back(Text(Found(element(value))));
  EXPECT_GT(values.size(), 70u);
  for (const element item : patterns) {
    const std::string pattern = Text(Found(element(item)));
    const auto matcher = Matcher::Make(MatchOp::kRegex, "x", pattern);
    const auto inverse = Matcher::Make(MatchOp::kNotRegex, "x", pattern);
    ASSERT_TRUE(matcher && inverse) << pattern;
    const RE2 whole("^(?s:" + pattern + ")$", RE2::Quiet);
    ASSERT_TRUE(whole.ok()) << pattern;
    std::string min, max;
    const bool bounded = matcher->Bounds(&min, &max);
    for (const std::string& value : values) {
      const bool expected = RE2::PartialMatch(value, whole);
      EXPECT_EQ(matcher->Matches(value), expected) << pattern << " on " << value;
      EXPECT_EQ(inverse->Matches(value), !expected) << pattern << " on " << value;
      if (expected && bounded) {
        EXPECT_LE(min, value) << pattern;
        EXPECT_GE(max, value) << pattern;
      }
    }
  }
}

TEST_F(LabelsDataTest, SetsOfLiterals) {
  const auto cases = Table("regexp.json", "TestFindSetMatches");
  SKIP_WITHOUT(cases);
  size_t found = 0;
  for (const element item : cases) {
    const auto matcher = Matcher::Make(MatchOp::kRegex, "x", Text(item["pattern"]));
    if (!matcher) continue;  // a pattern that does not compile has no set either
    bool exact = false;
    const auto expected = Texts(item["expMatches"]);
    if (item["expCaseSensitive"].get(exact) || !exact) continue;
    for (const std::string& literal : matcher->literals())
      EXPECT_TRUE(matcher->Matches(literal)) << Text(item["pattern"]);
    for (const std::string& value : expected)
      EXPECT_TRUE(matcher->Matches(value)) << Text(item["pattern"]) << " " << value;
    if (matcher->literals().empty() || expected.empty()) continue;
    ++found;
    EXPECT_EQ(std::set<std::string>(matcher->literals().begin(), matcher->literals().end()),
              std::set<std::string>(expected.begin(), expected.end()))
        << Text(item["pattern"]);
  }
  EXPECT_GT(found, 4u);
}

TEST_F(LabelsDataTest, LiteralPrefixesAndSuffixes) {
  for (const char* test :
       {"TestStringMatcherFromRegexp_LiteralPrefix", "TestStringMatcherFromRegexp_LiteralSuffix"}) {
    const auto cases = Table("regexp.json", test);
    SKIP_WITHOUT(cases);
    for (const element item : cases) {
      const std::string pattern = Text(item["pattern"]);
      const auto matcher = Matcher::Make(MatchOp::kRegex, "x", pattern);
      ASSERT_TRUE(matcher) << pattern;
      for (const std::string& value : Texts(item["expectedMatches"]))
        EXPECT_TRUE(matcher->Matches(value)) << pattern << " on " << value;
      for (const std::string& value : Texts(item["expectedNotMatches"]))
        EXPECT_FALSE(matcher->Matches(value)) << pattern << " on " << value;
    }
  }
}

/// Letters that fold to others (ſ, the Kelvin sign) too.
TEST_F(LabelsDataTest, CaseInsensitivePrefixesAndSuffixes) {
  for (const bool prefix : {true, false}) {
    const auto cases = Table("regexp.json", prefix ? "TestPrefixCaseInsensitiveMatchLen"
                                                   : "TestSuffixCaseInsensitiveMatchLen");
    SKIP_WITHOUT(cases);
    for (const element item : cases) {
      // Neither labels nor patterns are other than UTF-8.
      if (simdjson::minify(item).find("_bytes_hex") != std::string::npos) continue;
      const std::string part = RE2::QuoteMeta(Text(item[prefix ? "prefix" : "suffix"]));
      const auto matcher =
          Matcher::Make(MatchOp::kRegex, "x", prefix ? "(?i)" + part + ".*" : "(?i).*" + part);
      ASSERT_TRUE(matcher);
      bool expected = false;
      ASSERT_FALSE(item["expectedOK"].get(expected));
      EXPECT_EQ(matcher->Matches(Text(item["s"])), expected) << simdjson::minify(item);
    }
  }
}

}  // namespace
}  // namespace pharos::query::promql
