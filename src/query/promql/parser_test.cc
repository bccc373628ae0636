#include "query/promql/parser.h"

#include <gtest/gtest.h>
#include <simdjson.h>

#include <fstream>
#include <sstream>

#include "query/promql/go_duration.h"
#include "query/promql/limits.h"
#include "query/promql/parse_command.h"
#include "query/promql/printer.h"
#include "query/promql/series_description.h"

namespace pharos::query::promql {
namespace {

constexpr const char* kData = "../shared/data/prometheus/promql_parser/";

std::string ErrorOf(std::string_view input) {
  const auto expr = ParseExpr(input);
  return expr ? "" : expr.error().message;
}

std::string Reprint(std::string_view input) {
  const auto expr = ParseExpr(input);
  return expr ? Print(**expr) : expr.error().message;
}

TEST(PromqlParserTest, PrecedenceAndAssociativity) {
  const auto expr = ParseExpr("-a ^ 2 ^ 3 * b + c > d and e or f");
  ASSERT_TRUE(expr);
  const auto* top = As<BinaryExpr>(expr->get(), NodeKind::kBinary);
  ASSERT_NE(top, nullptr);
  EXPECT_EQ(top->op, Tok::kOr);
  const auto* conjunction = As<BinaryExpr>(top->lhs.get(), NodeKind::kBinary);
  EXPECT_EQ(conjunction->op, Tok::kAnd);
  const auto* compare = As<BinaryExpr>(conjunction->lhs.get(), NodeKind::kBinary);
  EXPECT_EQ(compare->op, Tok::kGtr);
  const auto* sum = As<BinaryExpr>(compare->lhs.get(), NodeKind::kBinary);
  const auto* product = As<BinaryExpr>(sum->lhs.get(), NodeKind::kBinary);
  ASSERT_EQ(product->lhs->kind, NodeKind::kUnary);
  const auto* power =
      As<BinaryExpr>(static_cast<UnaryExpr*>(product->lhs.get())->expr.get(), NodeKind::kBinary);
  EXPECT_EQ(power->rhs->kind, NodeKind::kBinary);
}

TEST(PromqlParserTest, ErrorsCarryPositionAndText) {
  EXPECT_EQ(ErrorOf(""), "unknown position: parse error: no expression found in input");
  EXPECT_EQ(ErrorOf("rate(up)"),
            "1:6: parse error: expected type range vector in call to function \"rate\", got "
            "instant vector");
  EXPECT_EQ(ErrorOf("sum by (a) (x) +\n  )"), "2:4: parse error: unexpected right parenthesis ')'");
  EXPECT_EQ(ErrorOf("up{a=~\"(\"}").substr(0, 17), "1:4: parse error:");
  EXPECT_EQ(ErrorOf("foo bar"), "1:5: parse error: unexpected identifier \"bar\"");
  EXPECT_EQ(ErrorOf("sum(a b)"), "1:7: parse error: unexpected identifier \"b\" in aggregation");
}

TEST(PromqlParserTest, DepthAndSizeAreBounded) {
  EXPECT_NE(ErrorOf(std::string(100'000, '(') + "1").find("nested too deeply"), std::string::npos);
  EXPECT_NE(ErrorOf(std::string(100'000, '-') + "x").find("nested too deeply"), std::string::npos);
  std::string chain = "1";
  for (int i = 0; i < 50'000; ++i) chain += "+1";
  EXPECT_NE(ErrorOf(chain).find("nested too deeply"), std::string::npos);
  std::string powers = "a";
  for (int i = 0; i < 100'000; ++i) powers += "^a";
  EXPECT_NE(ErrorOf(powers).find("nested too deeply"), std::string::npos);
  EXPECT_NE(ErrorOf(std::string(3 << 20, ' ')).find("longer than"), std::string::npos);
}

TEST(PromqlParserTest, SeriesDescriptionsAreBounded) {
  for (const char* text :
       {"a {{offset:9999999999 buckets:[1]}}", "a {{schema:-9999999999}}", "a {{n_offset:Inf}}",
        "a {{buckets:[1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 "
        "1 1 1 1 1 1]}}x999999"}) {
    EXPECT_FALSE(ParseSeriesDescription(text)) << text;
  }
  EXPECT_TRUE(ParseSeriesDescription("a {{offset:-5 schema:3 buckets:[1 2]}}x9"));
}

TEST(PromqlParserTest, PrintsWhatItRead) {
  EXPECT_EQ(Reprint("sum by(code) (rate(x{b=\"1\",a='2'}[5m] offset -1h))"),
            "sum by (code) (rate(x{a=\"2\",b=\"1\"}[5m] offset -1h))");
  EXPECT_EQ(Reprint("foo @ 10 offset 2m"), "foo @ 10.000 offset 2m");
  // No time at all, nor one that fits: far in the future, and it prints to what parses again.
  EXPECT_EQ(Reprint("foo offset NaN"), "foo offset -" + FormatGoDuration(INT64_MAX));
  EXPECT_EQ(Reprint("a + on(b) group_left c"), "a + on (b) group_left () c");
  EXPECT_EQ(Reprint("x[90d:]"), "x[90d:]");
}

/// Found by the fuzzer: each level used to print all that lies below it.
TEST(PromqlParserTest, PrintingIsLinear) {
  const std::string leaf = "x{a=\"" + std::string(500'000, 'y') + "\"}";
  for (const std::string& query :
       {std::string(900, '(') + leaf + std::string(900, ')'),
        std::string(900, '-') + leaf, std::string(450, '(') + "label_join(x, \"a\", \"b\"" + [] {
          std::string many;
          for (int i = 0; i < 100'000; ++i) many += ", \"c\"";
          return many;
        }() + ")" + std::string(450, ')')}) {
    const auto expr = ParseExpr(query);
    ASSERT_TRUE(expr) << expr.error().message.substr(0, 200);
    EXPECT_GE(Print(**expr).size(), query.size() - 100);
    const std::string pretty = Prettify(**expr);
    EXPECT_LE(pretty.size(), kMaxPrettyBytes);
    EXPECT_TRUE(ParseExpr(Print(**expr)));
  }
}

TEST(PromqlParserTest, CommandLine) {
  EXPECT_EQ(ParseCommandLine("\"up\""), "ok");
  EXPECT_EQ(ParseCommandLine("\"up{\""),
            "error: 1:4: parse error: unexpected end of input inside braces");
  EXPECT_EQ(ParseCommandLine("nope"), "error: the line is not a JSON string");
}

class PromqlDataTest : public ::testing::Test {
 protected:
  simdjson::dom::element Load(const std::string& name) {
    simdjson::dom::element root;
    if (parser_.load(kData + name).get(root) != simdjson::SUCCESS) return {};
    loaded_ = true;
    return root;
  }
  simdjson::dom::parser parser_;
  bool loaded_ = false;
};

std::string FromHex(std::string_view hex) {
  std::string out;
  for (size_t i = 0; i + 1 < hex.size(); i += 2) {
    out += static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16));
  }
  return out;
}

TEST_F(PromqlDataTest, PrometheusParserCases) {
  const auto root = Load("parse_exprs.json");
  if (!loaded_) GTEST_SKIP() << "the shared parser cases are not here";
  int wrong = 0;
  for (const auto item : root["cases"].get_array()) {
    std::string_view text;
    std::string input;
    if (item["input"].get(text) == simdjson::SUCCESS)
      input = text;
    else if (item["input_hex"].get(text) == simdjson::SUCCESS)
      input = FromHex(text);
    const bool fail = item["fail"].get_bool();
    const ParseOutcome outcome = ParseAll(input);
    std::string problem;
    if (fail == outcome.errors.empty()) {
      problem = fail ? "accepted" : FormatParseError(input, outcome.errors.front());
    } else if (simdjson::dom::array errors;
               fail && item["errors"].get(errors) == simdjson::SUCCESS && errors.size() > 0) {
      const auto first = errors.at(0);
      std::string_view message;
      int64_t start = outcome.errors.front().where.start;
      if (first["err"].get(message) != simdjson::SUCCESS) continue;  // a Go expression, not a text
      if (first["start"].get(start) != simdjson::SUCCESS)
        start = outcome.errors.front().where.start;
      if (outcome.errors.front().message != message ||
          outcome.errors.front().where.start != start) {
        problem = "got " + std::to_string(outcome.errors.front().where.start) + " " +
                  outcome.errors.front().message + "\n  want " + std::to_string(start) + " " +
                  std::string(message);
      }
    }
    if (problem.empty()) continue;
    ++wrong;
    ADD_FAILURE() << input.substr(0, 200) << "\n  " << problem;
  }
  EXPECT_EQ(wrong, 0);
}

void ComparePrinted(simdjson::dom::element root, bool pretty) {
  for (const auto table : root["tables"].get_array()) {
    for (const auto item : table["cases"].get_array()) {
      std::string_view in;
      if (item["in"].get(in) != simdjson::SUCCESS) continue;
      std::string_view out;
      if (item["out"].get(out) != simdjson::SUCCESS) out = in;
      const auto expr = ParseExpr(in);
      if (!expr) {
        ADD_FAILURE() << in << "\n" << expr.error().message;
        continue;
      }
      EXPECT_EQ(pretty ? Prettify(**expr, 10) : Print(**expr), out) << in;
    }
  }
}

TEST_F(PromqlDataTest, PrometheusPrinterCases) {
  const auto root = Load("printer_roundtrip.json");
  if (!loaded_) GTEST_SKIP() << "the shared printer cases are not here";
  ComparePrinted(root, false);
}

TEST_F(PromqlDataTest, PrometheusPrettierCases) {
  const auto root = Load("prettify.json");
  if (!loaded_) GTEST_SKIP() << "the shared printer cases are not here";
  ComparePrinted(root, true);
}

}  // namespace
}  // namespace pharos::query::promql
