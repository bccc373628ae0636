// Prometheus's own syntax trees and series descriptions: ../shared/data/prometheus/promql_parser.
#include <gtest/gtest.h>
#include <simdjson.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "query/promql/function_table.h"
#include "query/promql/parser.h"
#include "query/promql/series_description.h"

namespace pharos::query::promql {
namespace {

using simdjson::dom::element;
using Found = simdjson::simdjson_result<element>;

std::string Text(const Found& found) {
  element value;
  std::string_view text;
  if (found.get(value)) return {};
  if (!value.get(text)) return std::string(text);
  element source;
  return value["_src"].get(source) ? std::string() : Text(Found(element(source)));
}

/// A text, perhaps written as the hex digits of its bytes.
std::string Bytes(const Found& found) {
  element value;
  std::string_view hex;
  if (found.get(value) || !value.is_object() || value["_bytes_hex"].get(hex)) return Text(found);
  std::string out;
  for (size_t i = 0; i + 1 < hex.size(); i += 2)
    out += static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16));
  return out;
}

/// A number, "+Inf" and the like; `otherwise` where there is none.
double Number(const Found& found, double otherwise = 0) {
  element value;
  double number = 0;
  if (found.get(value)) return otherwise;
  if (!value.get(number)) return number;
  const std::string text = Text(Found(element(value)));
  return text.empty() ? otherwise : std::strtod(text.c_str(), nullptr);
}

bool Flag(const Found& found) {
  bool flag = false;
  return !found.get(flag) && flag;
}

/// A sum of products of numbers and `time.Second` and the like; or as Prometheus writes durations
/// ("5m"). In ns.
int64_t Duration(std::string text) {
  std::erase(text, ' ');
  double sum = 0;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('+', at), text.size());
    double product = 1;
    for (std::string factor = text.substr(at, end - at); !factor.empty();) {
      const size_t cut = std::min(factor.find('*'), factor.size());
      std::string one = factor.substr(0, cut);
      factor.erase(0, std::min(cut + 1, factor.size()));
      if (one.starts_with('-')) product = -product, one.erase(0, 1);
      const std::pair<const char*, double> units[] = {{"time.Millisecond", 1e6},
                                                      {"time.Second", 1e9},
                                                      {"time.Minute", 6e10},
                                                      {"time.Hour", 3.6e12},
                                                      {"time.Duration", 1}};
      const auto unit = std::ranges::find(units, one, [](const auto& u) { return u.first; });
      if (unit != std::end(units)) {
        product *= unit->second;
        continue;
      }
      const auto parsed = ParseExpr("x offset " + one);
      const auto* selector =
          parsed ? As<VectorSelector>(parsed->get(), NodeKind::kVector) : nullptr;
      const bool plain = one.find_first_not_of("0123456789.") == std::string::npos;
      product *= plain || selector == nullptr
                     ? std::strtod(one.c_str(), nullptr)
                     : static_cast<double>(selector->shift.original_offset_ns);
    }
    sum += product;
    at = end + 1;
  }
  return static_cast<int64_t>(sum);
}

std::vector<std::string> Texts(const Found& found) {
  std::vector<std::string> out;
  simdjson::dom::array list;
  if (!found.get(list))
    for (const element item : list) out.push_back(Text(Found(element(item))));
  return out;
}

/// Compares our tree with theirs; `what` is the expression.
class TreeCheck {
 public:
  explicit TreeCheck(std::string what) : what_(std::move(what)) {}

  void Compare(const Expr* ours, element theirs) {
    ASSERT_NE(ours, nullptr) << what_;
    const std::string type = Text(theirs["_type"]);
    if (element range; !theirs["PosRange"].get(range) && ours->kind != NodeKind::kDuration) {
      EXPECT_EQ(ours->span().start, static_cast<int>(Number(range["Start"]))) << what_ << type;
      EXPECT_EQ(ours->span().end, static_cast<int>(Number(range["End"]))) << what_ << type;
    }
    switch (ours->kind) {
      case NodeKind::kNumber: {
        EXPECT_EQ(type, "NumberLiteral") << what_;
        const double value = static_cast<const NumberLiteral*>(ours)->value;
        const double expected = Number(theirs["Val"], NAN);
        EXPECT_TRUE(value == expected || (std::isnan(value) && std::isnan(expected)) ||
                    !Text(theirs["Val"]["_src"]).empty() || !IsNumber(theirs["Val"]))
            << what_ << value << " " << expected;
        break;
      }
      case NodeKind::kString:
        EXPECT_EQ(type, "StringLiteral") << what_;
        EXPECT_EQ(static_cast<const StringLiteral*>(ours)->value, Bytes(theirs["Val"])) << what_;
        break;
      case NodeKind::kVector: Vector(*static_cast<const VectorSelector*>(ours), theirs); break;
      case NodeKind::kMatrix: {
        const auto& node = *static_cast<const MatrixSelector*>(ours);
        EXPECT_EQ(type, "MatrixSelector") << what_;
        Compare(node.vector.get(), theirs["VectorSelector"]);
        EXPECT_EQ(node.end_pos, static_cast<int>(Number(theirs["EndPos"]))) << what_;
        Range("Range", "RangeExpr", node.range_ns, node.range_expr.get(), theirs);
        break;
      }
      case NodeKind::kSubquery: {
        const auto& node = *static_cast<const SubqueryExpr*>(ours);
        EXPECT_EQ(type, "SubqueryExpr") << what_;
        Compare(node.expr.get(), theirs["Expr"]);
        Shift(node.shift, theirs);
        Range("Range", "RangeExpr", node.range_ns, node.range_expr.get(), theirs);
        Range("Step", "StepExpr", node.step_ns, node.step_expr.get(), theirs);
        break;
      }
      case NodeKind::kCall: CallNode(*static_cast<const Call*>(ours), theirs); break;
      case NodeKind::kAggregate: Aggregate(*static_cast<const AggregateExpr*>(ours), theirs); break;
      case NodeKind::kBinary: Binary(*static_cast<const BinaryExpr*>(ours), theirs); break;
      case NodeKind::kUnary:
        EXPECT_EQ(type, "UnaryExpr") << what_;
        Compare(static_cast<const UnaryExpr*>(ours)->expr.get(), theirs["Expr"]);
        break;
      case NodeKind::kParen:
        EXPECT_EQ(type, "ParenExpr") << what_;
        Compare(static_cast<const ParenExpr*>(ours)->expr.get(), theirs["Expr"]);
        break;
      case NodeKind::kDuration:
        DurationNode(*static_cast<const DurationExpr*>(ours), theirs);
        break;
      default: ADD_FAILURE() << what_;
    }
  }
  int nodes() const { return nodes_; }

 private:
  static bool IsNumber(const Found& found) {
    double number = 0;
    return !found.get(number);
  }

  static Tok OpOf(const std::string& name) {
    static const std::map<std::string, std::string> kTexts = {
        {"ADD", "+"}, {"SUB", "-"},    {"MUL", "*"},  {"DIV", "/"},   {"MOD", "%"},
        {"POW", "^"}, {"LAND", "and"}, {"LOR", "or"}, {"EQLC", "=="}, {"NEQ", "!="},
        {"LSS", "<"}, {"GTR", ">"},    {"LTE", "<="}, {"GTE", ">="},  {"LUNLESS", "unless"}};
    const auto found = kTexts.find(name);
    std::string text = found != kTexts.end() ? found->second : name;
    std::ranges::transform(text, text.begin(),
                           [](char c) { return static_cast<char>(tolower(c)); });
    for (int t = 0; t < 256; ++t)
      if (TokText(static_cast<Tok>(t)) == text) return static_cast<Tok>(t);
    return Tok::kEof;
  }

  void Op(Tok ours, element theirs) {
    const std::string name = Text(theirs["Op"]);
    EXPECT_EQ(TokText(ours), TokText(OpOf(name))) << what_ << " " << name;
    ++nodes_;
  }

  void Shift(const TimeShift& shift, element theirs) {
    const std::string offset = Text(theirs["OriginalOffset"]);
    if (!offset.empty() && shift.offset_expr == nullptr) {
      EXPECT_EQ(shift.original_offset_ns, Duration(offset)) << what_ << offset;
    }
    element at;
    if (!theirs["Timestamp"].get(at) && at.is_object()) {
      ASSERT_TRUE(shift.at_ms.has_value()) << what_;
      if (IsNumber(at["args"].at(0))) {
        EXPECT_EQ(static_cast<double>(*shift.at_ms), Number(at["args"].at(0))) << what_;
      }
    }
    const std::string end = Text(theirs["StartOrEnd"]);
    EXPECT_EQ(shift.at_preprocessor, end == "START" ? Tok::kStart
                                     : end == "END" ? Tok::kEnd
                                                    : Tok::kEof)
        << what_;
    ++nodes_;
  }

  void Vector(const VectorSelector& node, element theirs) {
    EXPECT_EQ(Text(theirs["_type"]), "VectorSelector") << what_;
    EXPECT_EQ(node.name, Text(theirs["Name"])) << what_;
    std::multiset<std::string> ours, expected;
    for (const model::Matcher& m : node.matchers) ours.insert(m.ToString());
    simdjson::dom::array matchers;
    if (!theirs["LabelMatchers"].get(matchers)) {
      for (const element matcher : matchers) {
        std::vector<std::string> args = Texts(matcher["args"]);
        if (args.size() != 3) return;  // written in another way
        if (args[1].ends_with("MetricNameLabel") || args[1].ends_with("MetricName"))
          args[1] = "__name__";
        const auto op = args[0] == "="    ? model::MatchOp::kEqual
                        : args[0] == "!=" ? model::MatchOp::kNotEqual
                        : args[0] == "=~" ? model::MatchOp::kRegex
                                          : model::MatchOp::kNotRegex;
        const auto made = model::Matcher::Make(op, args[1], args[2]);
        ASSERT_TRUE(made) << what_;
        expected.insert(made->ToString());
      }
    }
    EXPECT_EQ(ours, expected) << what_;
    EXPECT_EQ(node.anchored, Flag(theirs["Anchored"])) << what_;
    EXPECT_EQ(node.smoothed, Flag(theirs["Smoothed"])) << what_;
    Shift(node.shift, theirs);
  }

  void Range(const char* key, const char* expr_key, int64_t ours, const DurationExpr* expr,
             element theirs) {
    if (element wanted; !theirs[expr_key].get(wanted) && wanted.is_object()) {
      if (Text(wanted["_type"]) == "DurationExpr") Compare(expr, wanted);
    } else if (const std::string text = Text(theirs[key]); !text.empty()) {
      EXPECT_EQ(ours, Duration(text)) << what_ << " " << text;
    }
  }

  void CallNode(const Call& node, element theirs) {
    EXPECT_EQ(Text(theirs["_type"]), "Call") << what_;
    EXPECT_EQ(node.function->name, Text(theirs["Func"]["args"].at(0))) << what_;
    simdjson::dom::array args;
    if (theirs["Args"]["_args"].get(args)) return;
    ASSERT_EQ(node.args.size(), args.size()) << what_;
    size_t i = 0;
    for (const element arg : args) Compare(node.args[i++].get(), arg);
    ++nodes_;
  }

  void Aggregate(const AggregateExpr& node, element theirs) {
    EXPECT_EQ(Text(theirs["_type"]), "AggregateExpr") << what_;
    Op(node.op, theirs);
    Compare(node.expr.get(), theirs["Expr"]);
    element param;
    const bool has = !theirs["Param"].get(param) && param.is_object();
    EXPECT_EQ(node.param != nullptr, has) << what_;
    if (has && node.param != nullptr) Compare(node.param.get(), param);
    EXPECT_EQ(node.grouping, Texts(theirs["Grouping"])) << what_;
    EXPECT_EQ(node.without, Flag(theirs["Without"])) << what_;
  }

  void Binary(const BinaryExpr& node, element theirs) {
    EXPECT_EQ(Text(theirs["_type"]), "BinaryExpr") << what_;
    Op(node.op, theirs);
    Compare(node.lhs.get(), theirs["LHS"]);
    Compare(node.rhs.get(), theirs["RHS"]);
    EXPECT_EQ(node.return_bool, Flag(theirs["ReturnBool"])) << what_;
    element matching;
    if (theirs["VectorMatching"].get(matching) || !matching.is_object()) return;
    ASSERT_TRUE(node.matching.has_value()) << what_;
    static const std::map<std::string, Cardinality> kCards = {
        {"", Cardinality::kOneToOne},
        {"CardOneToOne", Cardinality::kOneToOne},
        {"CardManyToOne", Cardinality::kManyToOne},
        {"CardOneToMany", Cardinality::kOneToMany},
        {"CardManyToMany", Cardinality::kManyToMany}};
    EXPECT_EQ(node.matching->card, kCards.at(Text(matching["Card"]))) << what_;
    EXPECT_EQ(node.matching->labels, Texts(matching["MatchingLabels"])) << what_;
    EXPECT_EQ(node.matching->include, Texts(matching["Include"])) << what_;
    EXPECT_EQ(node.matching->on, Flag(matching["On"])) << what_;
  }

  void DurationNode(const DurationExpr& node, element theirs) {
    EXPECT_EQ(Text(theirs["_type"]), "DurationExpr") << what_;
    Op(node.op, theirs);
    element side;
    if (!theirs["LHS"].get(side) && side.is_object()) Compare(node.lhs.get(), side);
    if (!theirs["RHS"].get(side) && side.is_object()) Compare(node.rhs.get(), side);
    EXPECT_EQ(node.wrapped, Flag(theirs["Wrapped"])) << what_;
  }

  const std::string what_;
  int nodes_ = 0;
};

class ParserDataTest : public ::testing::Test {
 protected:
  /// Empty where the data is not here.
  std::vector<element> Cases(const std::string& file) {
    std::vector<element> out;
    element root;
    if (parser_.load("../shared/data/prometheus/promql_parser/" + file).get(root)) return out;
    for (const element item : root["cases"]) out.push_back(item);
    return out;
  }
  simdjson::dom::parser parser_;
};

TEST_F(ParserDataTest, TreesAreThoseOfPrometheus) {
  const auto cases = Cases("parse_exprs.json");
  if (cases.empty()) GTEST_SKIP() << "the shared parser cases are not here";
  int trees = 0;
  for (const element item : cases) {
    element tree;
    if (Flag(item["fail"]) || item["ast"].get(tree) || !tree.is_object()) continue;
    const std::string input = Text(item["input"]);
    if (input.empty()) continue;
    const auto expr = ParseExpr(input);
    ASSERT_TRUE(expr) << input << ": " << expr.error().message;
    TreeCheck check(input + "  ");
    check.Compare(expr->get(), tree);
    ++trees;
  }
  EXPECT_GT(trees, 190);
}

TEST_F(ParserDataTest, SeriesDescriptions) {
  const auto cases = Cases("series_desc.json");
  if (cases.empty()) GTEST_SKIP() << "the shared parser cases are not here";
  for (const element item : cases) {
    const std::string input = Text(item["input"]);
    const auto series = ParseSeriesDescription(input);
    ASSERT_EQ(series.has_value(), !Flag(item["fail"])) << input;
    if (!series) continue;
    std::vector<model::LabelView> labels;
    std::vector<std::pair<std::string, std::string>> texts;
    for (const auto [name, value] : item["expectedMetric"].get_object())
      texts.emplace_back(name == "MetricName" ? "__name__" : name, Text(Found(element(value))));
    for (const auto& [name, value] : texts) labels.push_back({name, value});
    EXPECT_EQ(series->labels, model::Labels::FromPairs(labels)) << input;
    std::vector<std::string> ours, expected;
    for (const SequenceValue& value : series->values)
      ours.push_back(value.omitted ? "_" : std::to_string(value.value));
    for (const element value : item["expectedValues"]["args"]) {
      expected.push_back(value.is_object() ? "_" : std::to_string(Number(Found(element(value)))));
    }
    EXPECT_EQ(ours, expected) << input;
  }
  for (const element item : Cases("series_desc_errors.json")) {
    const std::string input = Text(item["input"]), error = Text(item["expectError"]);
    const auto series = ParseSeriesDescription(input);
    if (error.empty()) {
      EXPECT_TRUE(series || input.empty()) << input;
    } else {
      ASSERT_FALSE(series) << input;
      EXPECT_NE(series.error().message.find(error), std::string::npos)
          << series.error().message << "\n"
          << error;
    }
  }
}

}  // namespace
}  // namespace pharos::query::promql
