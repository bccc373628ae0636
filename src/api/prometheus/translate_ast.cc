// A syntax tree as /api/v1/parse_query shows it. Keys are in alphabetical order.
#include "api/prometheus/handlers.h"
#include "query/promql/ast.h"
#include "query/promql/function_table.h"
#include "text/go_float.h"
#include "text/json_writer.h"

namespace pharos::api::prometheus {
namespace {

using namespace query::promql;

constexpr int64_t kNsPerMs = 1'000'000;

class AstWriter {
 public:
  explicit AstWriter(std::string& out) : json_(out, true) {}

  void Write(const Expr* expr) {
    if (expr == nullptr) {
      json_.Null();
      return;
    }
    json_.BeginObject();
    switch (expr->kind) {
      case NodeKind::kAggregate: Aggregate(static_cast<const AggregateExpr&>(*expr)); break;
      case NodeKind::kBinary: Binary(static_cast<const BinaryExpr&>(*expr)); break;
      case NodeKind::kCall: CallNode(static_cast<const Call&>(*expr)); break;
      case NodeKind::kMatrix: Matrix(static_cast<const MatrixSelector&>(*expr)); break;
      case NodeKind::kSubquery: Subquery(static_cast<const SubqueryExpr&>(*expr)); break;
      case NodeKind::kVector: Vector(static_cast<const VectorSelector&>(*expr)); break;
      case NodeKind::kNumber:
        Type("numberLiteral");
        json_.Key("val").String(text::GoFloat(static_cast<const NumberLiteral&>(*expr).value, 'f'));
        break;
      case NodeKind::kString:
        Type("stringLiteral");
        json_.Key("val").String(static_cast<const StringLiteral&>(*expr).value);
        break;
      case NodeKind::kParen:
        json_.Key("expr");
        Write(static_cast<const ParenExpr&>(*expr).expr.get());
        Type("parenExpr");
        break;
      case NodeKind::kUnary:
        json_.Key("expr");
        Write(static_cast<const UnaryExpr&>(*expr).expr.get());
        json_.Key("op").String(TokText(static_cast<const UnaryExpr&>(*expr).op));
        Type("unaryExpr");
        break;
      default: break;
    }
    json_.EndObject();
  }

 private:
  void Type(std::string_view name) { json_.Key("type").String(name); }

  void List(std::string_view key, const std::vector<std::string>& items) {
    json_.Key(key).BeginArray();
    for (const std::string& item : items) json_.String(item);
    json_.EndArray();
  }

  void Fill(std::string_view key, const std::optional<double>& value) {
    json_.Key(key);
    if (value.has_value())
      json_.Double(*value);
    else
      json_.Null();
  }

  void Aggregate(const AggregateExpr& node) {
    json_.Key("expr");
    Write(node.expr.get());
    List("grouping", node.grouping);
    json_.Key("op").String(TokText(node.op)).Key("param");
    Write(node.param.get());
    Type("aggregation");
    json_.Key("without").Bool(node.without);
  }

  void Binary(const BinaryExpr& node) {
    json_.Key("bool").Bool(node.return_bool).Key("lhs");
    Write(node.lhs.get());
    json_.Key("matching");
    if (node.matching.has_value()) {
      const VectorMatching& m = *node.matching;
      json_.BeginObject()
          .Key("card")
          .String(CardinalityName(m.card))
          .Key("fillValues")
          .BeginObject();
      Fill("lhs", m.fill_lhs);
      Fill("rhs", m.fill_rhs);
      json_.EndObject();
      List("include", m.include);
      List("labels", m.labels);
      json_.Key("on").Bool(m.on).EndObject();
    } else {
      json_.Null();
    }
    json_.Key("op").String(TokText(node.op)).Key("rhs");
    Write(node.rhs.get());
    Type("binaryExpr");
  }

  void CallNode(const Call& node) {
    json_.Key("args").BeginArray();
    for (const ExprPtr& arg : node.args) Write(arg.get());
    json_.EndArray().Key("func").BeginObject().Key("argTypes").BeginArray();
    for (size_t i = 0; i < node.function->ArgumentCount(); ++i)
      json_.String(TypeName(node.function->ArgumentType(i)));
    json_.EndArray().Key("name").String(node.function->name);
    json_.Key("returnType")
        .String(TypeName(node.function->result))
        .Key("variadic")
        .Int(node.function->variadic)
        .EndObject();
    Type("call");
  }

  void Matchers(const std::vector<model::Matcher>& matchers) {
    static constexpr std::string_view kOps[] = {"=", "!=", "=~", "!~"};
    json_.Key("matchers").BeginArray();
    for (const model::Matcher& m : matchers) {
      json_.BeginObject().Key("name").String(m.name()).Key("type").String(
          kOps[static_cast<size_t>(m.op())]);
      json_.Key("value").String(m.value()).EndObject();
    }
    json_.EndArray();
  }

  void Offset(const TimeShift& shift) {
    json_.Key("offset").Int(shift.original_offset_ns / kNsPerMs).Key("offsetExpr");
    Duration(shift.offset_expr.get());
  }

  void At(const TimeShift& shift) {
    json_.Key("startOrEnd");
    if (shift.at_preprocessor == Tok::kEof)
      json_.Null();
    else
      json_.String(TokText(shift.at_preprocessor));
  }

  void Timestamp(const TimeShift& shift) {
    json_.Key("timestamp");
    if (shift.at_ms.has_value())
      json_.Int(*shift.at_ms);
    else
      json_.Null();
  }

  void Vector(const VectorSelector& node) {
    json_.Key("anchored").Bool(node.anchored);
    Matchers(node.matchers);
    json_.Key("name").String(node.name);
    Offset(node.shift);
    json_.Key("smoothed").Bool(node.smoothed);
    At(node.shift);
    Timestamp(node.shift);
    Type("vectorSelector");
  }

  void Matrix(const MatrixSelector& node) {
    const VectorSelector& selector = *node.selector();
    json_.Key("anchored").Bool(selector.anchored);
    Matchers(selector.matchers);
    json_.Key("name").String(selector.name);
    Offset(selector.shift);
    json_.Key("range").Int(node.range_ns / kNsPerMs).Key("rangeExpr");
    Duration(node.range_expr.get());
    json_.Key("smoothed").Bool(selector.smoothed);
    At(selector.shift);
    Timestamp(selector.shift);
    Type("matrixSelector");
  }

  void Subquery(const SubqueryExpr& node) {
    json_.Key("expr");
    Write(node.expr.get());
    Offset(node.shift);
    json_.Key("range").Int(node.range_ns / kNsPerMs).Key("rangeExpr");
    Duration(node.range_expr.get());
    At(node.shift);
    json_.Key("step").Int(node.step_ns / kNsPerMs).Key("stepExpr");
    Duration(node.step_expr.get());
    Timestamp(node.shift);
    Type("subquery");
  }

  void Duration(const Expr* expr) {
    if (expr == nullptr) {
      json_.Null();
      return;
    }
    json_.BeginObject();
    if (const auto* number = As<NumberLiteral>(expr, NodeKind::kNumber)) {
      json_.Key("duration").Bool(number->duration);
      Type("numberLiteral");
      json_.Key("val").String(text::GoFloat(number->value, 'f'));
    } else if (const auto* node = As<DurationExpr>(expr, NodeKind::kDuration)) {
      json_.Key("lhs");
      Duration(node->lhs.get());
      json_.Key("op").String(TokText(node->op)).Key("rhs");
      Duration(node->rhs.get());
      Type("durationExpr");
      json_.Key("wrapped").Bool(node->wrapped);
    }
    json_.EndObject();
  }

  text::JsonWriter json_;
};

}  // namespace

std::string AstJson(const Expr& expr) {
  std::string out;
  AstWriter(out).Write(&expr);
  return out;
}

}  // namespace pharos::api::prometheus
