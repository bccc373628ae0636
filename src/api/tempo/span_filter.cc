#include "api/tempo/span_filter.h"

#include <re2/re2.h>

#include <cmath>
#include <optional>

#include "match/json_fields.h"
#include "match/logfmt.h"
#include "match/quantity.h"

namespace pharos::api::tempo {
namespace {

using base::ErrorKind;
using base::Fail;
using base::Result;
using model::Value;

constexpr int kMaxDepth = 50;
constexpr size_t kMaxNodes = 1000;
constexpr size_t kMaxQueryBytes = 64 << 10;

std::string_view StatusName(uint8_t status) {
  return status == 2 ? "error" : status == 1 ? "ok" : "unset";
}

Value Attribute(std::span<const model::KeyValue> attributes, std::string_view name) {
  const Value* found = model::FindAttribute(attributes, name);
  return found != nullptr ? *found : Value();
}

}  // namespace

Value FieldOf(std::string_view name, const model::Labels& stream, const model::Event& span) {
  const auto resource = [&](std::string_view key) {
    Value value = span.origin != nullptr ? Attribute(span.origin->resource, key) : Value();
    if (value.type == Value::Type::kNull && key == "service.name")
      value = Value::String(spans::ServiceOf(stream));
    return value;
  };
  if (name.starts_with("resource.")) return resource(name.substr(9));
  if (name.starts_with("span.")) return Attribute(span.attributes, name.substr(5));
  if (name.starts_with('.')) {
    Value value = Attribute(span.attributes, name.substr(1));
    return value.type != Value::Type::kNull ? value : resource(name.substr(1));
  }
  if (name.starts_with("span:")) name.remove_prefix(5);
  if (name == "name") return Value::String(span.span->name);
  if (name == "duration") return Value::Int(span.duration_ns());
  if (name == "status") return Value::String(StatusName(span.span->status_code));
  if (name == "statusMessage") return Value::String(span.span->status_message);
  if (name == "kind") {
    const std::string_view kind = spans::KindName(span.span->kind);
    return Value::String(kind.empty() ? "unspecified" : kind);
  }
  return {};
}

struct SpanFilter::Node {
  enum class Kind : uint8_t { kTrue, kAnd, kOr, kCompare, kExists };
  enum class Op : uint8_t { kEq, kNe, kGt, kGe, kLt, kLe, kRe, kNre };
  Kind kind = Kind::kTrue;
  std::vector<std::shared_ptr<const Node>> children;
  std::string field;
  Op op = Op::kEq;
  std::optional<double> number;
  std::optional<bool> boolean;
  std::string text;
  std::unique_ptr<RE2> regex;
};

namespace {

using Node = SpanFilter::Node;
using NodePtr = std::shared_ptr<const Node>;

template <class T>
bool Holds(Node::Op op, T a, T b) {
  switch (op) {
    case Node::Op::kEq: return a == b;
    case Node::Op::kNe: return a != b;
    case Node::Op::kGt: return a > b;
    case Node::Op::kGe: return a >= b;
    case Node::Op::kLt: return a < b;
    case Node::Op::kLe: return a <= b;
    default: return false;
  }
}

bool Compare(const Node& node, const Value& value) {
  if (value.type == Value::Type::kNull) return false;
  if (node.regex != nullptr) {
    if (value.type != Value::Type::kString) return false;
    const bool found =
        RE2::FullMatch(re2::StringPiece(value.text.data(), value.text.size()), *node.regex);
    return found == (node.op == Node::Op::kRe);
  }
  if (node.number) {
    if (value.type == Value::Type::kInt)
      return Holds(node.op, static_cast<double>(value.integer), *node.number);
    if (value.type == Value::Type::kDouble) return Holds(node.op, value.real, *node.number);
    return false;
  }
  if (node.boolean)
    return value.type == Value::Type::kBool && Holds(node.op, value.boolean, *node.boolean);
  return value.type == Value::Type::kString &&
         Holds<std::string_view>(node.op, value.text, node.text);
}

bool Test(const Node& node, const model::Labels& stream, const model::Event& span) {
  switch (node.kind) {
    case Node::Kind::kTrue: return true;
    case Node::Kind::kAnd:
      return Test(*node.children[0], stream, span) && Test(*node.children[1], stream, span);
    case Node::Kind::kOr:
      return Test(*node.children[0], stream, span) || Test(*node.children[1], stream, span);
    case Node::Kind::kCompare: return Compare(node, FieldOf(node.field, stream, span));
    case Node::Kind::kExists: {
      const Value value = FieldOf(node.field, stream, span);
      return value.type == Value::Type::kBool ? value.boolean : false;
    }
  }
  return false;
}

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  Result<NodePtr> Run() {
    if (text_.size() > kMaxQueryBytes) return Bad("the query is too long");
    if (!Take("{")) return Bad("expecting {");
    NodePtr root = std::make_shared<Node>();
    if (!Take("}")) {
      PHAROS_TRY(root, Or());
      if (!Take("}")) return Bad("expecting }, && or ||");
    }
    Space();
    if (at_ < text_.size()) return Bad("only a single { … } filter is supported by search so far");
    return root;
  }

 private:
  std::unexpected<base::Error> Bad(std::string_view why) const {
    return Fail(ErrorKind::kBadInput, "invalid TraceQL query: parse error at line 1, col " +
                                          std::to_string(at_ + 1) + ": " + std::string(why));
  }
  void Space() {
    while (at_ < text_.size() &&
           std::string_view(" \t\r\n").find(text_[at_]) != std::string_view::npos)
      ++at_;
  }
  bool Take(std::string_view mark) {
    Space();
    if (!text_.substr(at_).starts_with(mark)) return false;
    at_ += mark.size();
    return true;
  }

  Result<NodePtr> Or() {
    if (++depth_ > kMaxDepth) return Bad("the query is nested too deeply");
    PHAROS_TRY(NodePtr left, And());
    while (Take("||")) {
      PHAROS_TRY(NodePtr right, And());
      PHAROS_TRY(left, Join(Node::Kind::kOr, left, right));
    }
    --depth_;
    return left;
  }
  Result<NodePtr> And() {
    PHAROS_TRY(NodePtr left, Term());
    while (Take("&&")) {
      PHAROS_TRY(NodePtr right, Term());
      PHAROS_TRY(left, Join(Node::Kind::kAnd, left, right));
    }
    return left;
  }
  Result<NodePtr> Join(Node::Kind kind, NodePtr left, NodePtr right) {
    if (++nodes_ > kMaxNodes) return Bad("the query has too many parts");
    auto node = std::make_shared<Node>();
    node->kind = kind;
    node->children = {std::move(left), std::move(right)};
    return NodePtr(std::move(node));
  }

  Result<NodePtr> Term() {
    if (Take("(")) {
      PHAROS_TRY(NodePtr inner, Or());
      if (!Take(")")) return Bad("expecting )");
      return inner;
    }
    if (Take("true")) return NodePtr(std::make_shared<Node>());
    auto node = std::make_shared<Node>();
    PHAROS_TRY(node->field, Field());
    struct Named {
      std::string_view text;
      Node::Op op;
    };
    static constexpr Named kOps[] = {
        {"=~", Node::Op::kRe}, {"!~", Node::Op::kNre}, {"!=", Node::Op::kNe}, {">=", Node::Op::kGe},
        {"<=", Node::Op::kLe}, {"=", Node::Op::kEq},   {">", Node::Op::kGt},  {"<", Node::Op::kLt}};
    for (const Named& named : kOps) {
      if (!Take(named.text)) continue;
      node->kind = Node::Kind::kCompare;
      node->op = named.op;
      PHAROS_TRY_VOID(Operand(node.get()));
      return NodePtr(std::move(node));
    }
    node->kind = Node::Kind::kExists;  // a boolean attribute by itself
    return NodePtr(std::move(node));
  }

  Result<std::string> Field() {
    Space();
    std::string name;
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '"' && !name.empty()) {  // span."a b"
        std::string quoted;
        PHAROS_TRY(quoted, Quoted());
        name += quoted;
        continue;
      }
      if (std::string_view(" \t\r\n=!<>~&|(){}\"`,").find(c) != std::string_view::npos) break;
      name += c;
      ++at_;
    }
    static constexpr std::string_view kIntrinsics[] = {"name", "duration", "status",
                                                       "statusMessage", "kind"};
    std::string_view plain = name;
    if (plain.starts_with("span:")) plain.remove_prefix(5);
    bool known = name.starts_with("span.") || name.starts_with("resource.") ||
                 (name.starts_with('.') && name.size() > 1);
    for (const std::string_view intrinsic : kIntrinsics) known = known || plain == intrinsic;
    if (!known) return Bad("unknown field \"" + name + "\"");
    return name;
  }

  Result<std::string> Quoted() {
    const char quote = text_[at_];
    const size_t start = ++at_;
    while (at_ < text_.size() && text_[at_] != quote)
      at_ += quote == '"' && text_[at_] == '\\' ? 2 : 1;
    if (at_ >= text_.size()) return Bad("the string does not end");
    const std::string_view inner = text_.substr(start, at_++ - start);
    std::string out;
    if (quote == '`') return std::string(inner);
    if (!match::UnescapeJson(inner, &out)) return Bad("bad escape in string");
    return out;
  }

  Result<void> Operand(Node* node) {
    Space();
    if (at_ < text_.size() && (text_[at_] == '"' || text_[at_] == '`')) {
      PHAROS_TRY(node->text, Quoted());
      if (node->op != Node::Op::kRe && node->op != Node::Op::kNre) return {};
      RE2::Options options;
      options.set_log_errors(false);
      node->regex = std::make_unique<RE2>(node->text, options);
      if (!node->regex->ok()) return Bad("error parsing regexp: " + node->regex->error());
      return {};
    }
    const size_t start = at_;
    while (at_ < text_.size() &&
           std::string_view(" \t\r\n&|(){}").find(text_[at_]) == std::string_view::npos)
      ++at_;
    const std::string_view word = text_.substr(start, at_ - start);
    if (word.empty()) return Bad("expecting a value");
    if (node->op == Node::Op::kRe || node->op == Node::Op::kNre)
      return Bad("a regex must be a string");
    if (word == "true" || word == "false") {
      node->boolean = word == "true";
    } else if (const auto number = match::ParseNumber(word)) {
      node->number = *number;
    } else if (const auto duration = match::ParseLogqlDuration(word)) {
      node->number = static_cast<double>(*duration);
    } else if (node->field == "status" || node->field == "kind" || node->field == "span:status" ||
               node->field == "span:kind") {
      node->text = word;
    } else {
      return Bad("unexpected " + std::string(word));
    }
    return {};
  }

  std::string_view text_;
  size_t at_ = 0;
  int depth_ = 0;
  size_t nodes_ = 0;
};

void CollectStreams(const Node& node, std::vector<model::Matcher>* out) {
  if (node.kind == Node::Kind::kAnd) {
    for (const NodePtr& child : node.children) CollectStreams(*child, out);
  }
  const bool service = node.kind == Node::Kind::kCompare && node.field == "resource.service.name";
  if (service && node.op == Node::Op::kEq && !node.number && !node.boolean) {
    out->push_back(model::Matcher::Equal("service_name", node.text));
  }
}

}  // namespace

SpanFilter::SpanFilter() : root_(std::make_shared<Node>()) {}
SpanFilter::SpanFilter(std::shared_ptr<const Node> root) : root_(std::move(root)) {}
SpanFilter::SpanFilter(SpanFilter&&) noexcept = default;
SpanFilter& SpanFilter::operator=(SpanFilter&&) noexcept = default;
SpanFilter::~SpanFilter() = default;

Result<SpanFilter> SpanFilter::Parse(std::string_view query) {
  PHAROS_TRY(NodePtr root, Parser(query).Run());
  return SpanFilter(std::move(root));
}

Result<SpanFilter> SpanFilter::FromTags(std::string_view logfmt) {
  NodePtr root = std::make_shared<Node>();
  match::LogfmtScanner scanner(logfmt);
  size_t count = 0;
  while (scanner.Next()) {
    if (++count > kMaxDepth)
      return Fail(ErrorKind::kBadInput, "invalid tags: more than " + std::to_string(kMaxDepth));
    auto node = std::make_shared<Node>();
    node->kind = Node::Kind::kCompare;
    const std::string_view key = scanner.key();
    const bool intrinsic = key == "name" || key == "status" || key == "kind";
    node->field = intrinsic ? std::string(key) : "." + std::string(key);
    node->text = scanner.value();
    // As text, a value equals what it looks like, whatever its type is.
    if (const auto number = match::ParseNumber(node->text)) node->number = *number;
    if (node->text == "true" || node->text == "false") node->boolean = node->text == "true";
    NodePtr test = node;
    if (node->number || node->boolean) {
      auto text = std::make_shared<Node>();
      text->kind = Node::Kind::kCompare;
      text->field = node->field;
      text->text = node->text;
      auto either = std::make_shared<Node>();
      either->kind = Node::Kind::kOr;
      either->children = {test, text};
      test = either;
    }
    auto both = std::make_shared<Node>();
    both->kind = Node::Kind::kAnd;
    both->children = {root, test};
    root = both;
  }
  if (!scanner.error().empty()) {
    std::string_view why = scanner.error();
    const size_t pos = why.find("pos ");
    const size_t colon = why.find(" : ");
    return Fail(ErrorKind::kBadInput, "invalid tags: " + std::string(why.substr(colon + 3)) +
                                          " at " + std::string(why.substr(pos, colon - pos)));
  }
  return SpanFilter(root);
}

bool SpanFilter::Matches(const model::Labels& stream, const model::Event& span) const {
  return Test(*root_, stream, span);
}

std::vector<model::Matcher> SpanFilter::Streams() const {
  std::vector<model::Matcher> out;
  CollectStreams(*root_, &out);
  return out;
}

}  // namespace pharos::api::tempo
