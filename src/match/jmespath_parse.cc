#include <algorithm>
#include <cctype>
#include <charconv>
#include <utility>

#include "match/jmespath_node.h"
#include "match/limits.h"

namespace pharos::match {
namespace {

using base::ErrorKind;
using Node = JmesPath::Node;
using Ptr = std::unique_ptr<Node>;
using Kind = Node::Kind;

enum class Token : uint8_t {
  kEnd,
  kName,  // bare or quoted
  kNumber,
  kLiteral,  // 'raw' or `json`
  kSymbol,   // text
};

/// The lexer and a parser by binding powers, as in the published grammar.
class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  base::Result<Ptr> Whole() {
    do {  // unknown characters anywhere are told first, as Go's library does
      Advance();
    } while (token_ != Token::kEnd);
    at_ = 0;
    Advance();
    Ptr node = Expression(0, 0);
    if (error_.empty() && token_ != Token::kEnd) Fails("Unexpected token at the end: " + Shown());
    if (!error_.empty()) return base::Fail(ErrorKind::kBadInput, "SyntaxError: " + error_);
    return node;
  }

 private:
  void Fails(std::string what) {
    if (error_.empty()) error_ = std::move(what);
    token_ = Token::kEnd;
    symbol_.clear();
  }
  std::string Shown() const { return token_ == Token::kEnd ? "end" : symbol_; }

  static bool Letter(char c) { return std::isalpha(static_cast<unsigned char>(c)) || c == '_'; }
  static bool Digit(char c) { return c >= '0' && c <= '9'; }

  void Advance() {
    if (!error_.empty()) return;
    while (at_ < text_.size() && std::isspace(static_cast<unsigned char>(text_[at_]))) ++at_;
    symbol_.clear();
    quoted_ = false;
    if (at_ == text_.size()) {
      token_ = Token::kEnd;
      return;
    }
    const char c = text_[at_];
    if (Letter(c)) {
      const size_t begin = at_;
      while (at_ < text_.size() && (Letter(text_[at_]) || Digit(text_[at_]))) ++at_;
      return Set(Token::kName, text_.substr(begin, at_ - begin));
    }
    if (Digit(c) || (c == '-' && at_ + 1 < text_.size() && Digit(text_[at_ + 1]))) {
      const size_t begin = at_++;
      while (at_ < text_.size() && Digit(text_[at_])) ++at_;
      return Set(Token::kNumber, text_.substr(begin, at_ - begin));
    }
    if (c == '"' || c == '\'' || c == '`') return Quoted(c);
    Symbol();
  }

  void Set(Token token, std::string_view text) {
    token_ = token;
    symbol_ = text;
  }

  void Symbol() {
    for (const std::string_view two : {"[?", "[]", "||", "&&", "==", "!=", "<=", ">="}) {
      if (text_.substr(at_).starts_with(two)) {
        at_ += 2;
        return Set(Token::kSymbol, two);
      }
    }
    if (std::string_view(".*[]{}(),:|@!<>&").find(text_[at_]) == std::string_view::npos) {
      return Fails(std::string("Unknown char: '") + text_[at_] + "'");
    }
    Set(Token::kSymbol, text_.substr(at_, 1));
    ++at_;
  }

  void Quoted(char quote) {
    std::string body;
    size_t i = at_ + 1;
    for (; i < text_.size() && text_[i] != quote; ++i) {
      if (text_[i] == '\\' && i + 1 < text_.size()) {
        if (quote != '"' && text_[i + 1] == quote) {
          body += quote;
        } else {
          body.append(text_.substr(i, 2));
        }
        ++i;
      } else {
        body += text_[i];
      }
    }
    if (i >= text_.size()) return Fails(std::string("Unclosed delimiter: ") + quote);
    at_ = i + 1;
    if (quote == '\'') {
      literal_ = JsonValue(body);
      return Set(Token::kLiteral, body);
    }
    auto value = ParseJson(quote == '"' ? "\"" + body + "\"" : body);
    if (!value) return Fails("invalid JSON in " + std::string(1, quote) + body + quote);
    if (quote == '`') {
      literal_ = *std::move(value);
      return Set(Token::kLiteral, body);
    }
    Set(Token::kName, *value->string());
    quoted_ = true;
  }

  bool At(std::string_view symbol) const { return token_ == Token::kSymbol && symbol_ == symbol; }
  bool Take(std::string_view symbol) {
    if (!At(symbol)) return false;
    Advance();
    return true;
  }
  void Expect(std::string_view symbol) {
    if (!Take(symbol)) Fails("Expected " + std::string(symbol) + ", received: " + Shown());
  }

  static Ptr Make(Kind kind, Ptr left = nullptr, Ptr right = nullptr) {
    auto node = std::make_unique<Node>();
    node->kind = kind;
    node->left = std::move(left);
    node->right = std::move(right);
    return node;
  }
  static Ptr Current() { return Make(Kind::kCurrent); }

  /// How strongly the token at hand binds to what stands left of it.
  int Power() const {
    if (token_ != Token::kSymbol) return 0;
    static constexpr std::pair<std::string_view, int> kPowers[] = {
        {"|", 1},  {"||", 2}, {"&&", 3}, {"==", 5},  {"!=", 5}, {"<", 5},  {">", 5}, {"<=", 5},
        {">=", 5}, {"[]", 9}, {"*", 20}, {"[?", 21}, {".", 40}, {"[", 55}, {"(", 60}};
    for (const auto& [symbol, power] : kPowers) {
      if (symbol_ == symbol) return power;
    }
    return 0;
  }

  Ptr Expression(int power, int depth) {
    if (depth > kMaxJsonDepth) {
      Fails("nested too deeply");
      return Current();
    }
    Ptr left = Prefix(depth);
    size_t steps = 0;
    while (error_.empty() && power < Power()) {
      if (++steps > kMaxPatternPieces) Fails("too many steps");
      left = Infix(std::move(left), depth);
    }
    return left;
  }

  Ptr Prefix(int depth) {
    if (token_ == Token::kName) {
      Ptr node = Make(Kind::kField);
      node->text = symbol_;
      const bool quoted = quoted_;
      Advance();
      if (At("(") && !quoted) return Call(std::move(node->text), depth);
      return node;
    }
    if (token_ == Token::kLiteral) {
      Ptr node = Make(Kind::kLiteral);
      node->value = literal_;
      Advance();
      return node;
    }
    if (Take("@")) return Current();
    if (Take("!")) return Make(Kind::kNot, Expression(45, depth + 1));
    if (Take("*")) return Make(Kind::kValues, Current(), Rhs(20, depth));
    if (Take("[]")) return Flattened(Current(), depth);
    if (Take("[?")) return Filtered(Current(), depth);
    if (Take("{")) return Hash(depth);
    if (Take("[")) {
      if (token_ == Token::kNumber || At(":") || At("*")) return Bracket(Current(), depth);
      return List(depth);
    }
    if (Take("(")) {
      Ptr node = Expression(0, depth + 1);
      Expect(")");
      return node;
    }
    Fails(token_ == Token::kEnd ? "Incomplete expression" : "Invalid token: " + Shown());
    return Current();
  }

  Ptr Infix(Ptr left, int depth) {
    if (Take(".")) return Dot(std::move(left), depth);
    if (Take("|")) return Make(Kind::kPipe, std::move(left), Expression(1, depth + 1));
    if (Take("||")) return Make(Kind::kOr, std::move(left), Expression(2, depth + 1));
    if (Take("&&")) return Make(Kind::kAnd, std::move(left), Expression(3, depth + 1));
    if (Take("[]")) return Flattened(std::move(left), depth);
    if (Take("[?")) return Filtered(std::move(left), depth);
    if (Take("[")) return Bracket(std::move(left), depth);
    if (At("*") || At("(")) {
      Fails("Unexpected token: " + Shown());
      return left;
    }
    Ptr node = Make(Kind::kCompare);
    node->text = symbol_;
    Advance();
    node->left = std::move(left);
    node->right = Expression(5, depth + 1);
    return node;
  }

  Ptr Dot(Ptr left, int depth) {
    if (Take("*")) return Make(Kind::kValues, std::move(left), Rhs(20, depth));
    return Make(Kind::kSub, std::move(left), AfterDot(40, depth));
  }

  Ptr AfterDot(int power, int depth) {
    if (token_ == Token::kName || At("*")) return Expression(power, depth + 1);
    if (Take("[")) return List(depth);
    if (Take("{")) return Hash(depth);
    Fails("Expected identifier, lbracket, or lbrace");
    return Current();
  }

  /// What a projection applies to each item.
  Ptr Rhs(int power, int depth) {
    if (Power() < 10) return Current();
    if (At("[") || At("[?")) return Expression(power, depth + 1);
    if (Take(".")) return AfterDot(power, depth);
    Fails("Unexpected token: " + Shown());
    return Current();
  }

  Ptr Flattened(Ptr left, int depth) {
    Ptr flat = Make(Kind::kFlatten, std::move(left));
    return Make(Kind::kProjection, std::move(flat), Rhs(9, depth));
  }

  Ptr Filtered(Ptr left, int depth) {
    Ptr node = Make(Kind::kFilter, std::move(left));
    node->condition = Expression(0, depth + 1);
    Expect("]");
    node->right = At("[]") ? Current() : Rhs(21, depth);
    return node;
  }

  std::optional<int64_t> Number() {
    int64_t value = 0;
    const auto parsed = std::from_chars(symbol_.data(), symbol_.data() + symbol_.size(), value);
    if (parsed.ec != std::errc()) Fails("number out of range: " + symbol_);
    Advance();
    return value;
  }

  /// Behind `[`: an index, a slice or a star.
  Ptr Bracket(Ptr left, int depth) {
    if (Take("*")) {
      Expect("]");
      return Make(Kind::kProjection, std::move(left), Rhs(20, depth));
    }
    std::optional<int64_t> parts[3];
    int colons = 0;
    while (error_.empty() && !At("]")) {
      if (Take(":")) {
        if (++colons > 2) Fails("Too many colons in slice expression");
      } else if (token_ == Token::kNumber && !parts[colons]) {
        parts[colons] = Number();
      } else {
        Fails("Expected a number, ':' or '*', received: " + Shown());
      }
    }
    Expect("]");
    Ptr node = Make(colons > 0 ? Kind::kSlice : Kind::kIndex);
    node->first = parts[0];
    node->last = parts[1];
    node->step = parts[2];
    if (colons == 0) {
      if (!node->first) Fails("Expected a number in brackets");
      return Make(Kind::kSub, std::move(left), std::move(node));
    }
    if (node->step == 0) Fails("Invalid slice, step cannot be 0");
    return Make(Kind::kProjection, Make(Kind::kSub, std::move(left), std::move(node)),
                Rhs(20, depth));
  }

  Ptr List(int depth) {
    Ptr node = Make(Kind::kList);
    do {
      node->children.push_back(Expression(0, depth + 1));
    } while (error_.empty() && Take(","));
    Expect("]");
    return node;
  }

  Ptr Hash(int depth) {
    Ptr node = Make(Kind::kHash);
    do {
      if (token_ != Token::kName) Fails("Expected a key, received: " + Shown());
      node->names.push_back(symbol_);
      Advance();
      Expect(":");
      node->children.push_back(Expression(0, depth + 1));
    } while (error_.empty() && Take(","));
    Expect("}");
    return node;
  }

  Ptr Call(std::string name, int depth) {
    Ptr node = Make(Kind::kCall);
    node->text = std::move(name);
    if (!IsJmesFunction(node->text)) Fails("function " + node->text + " is not supported");
    Advance();
    if (!At(")")) {
      do {
        if (At("&")) Fails("expression references (&) are not supported");
        node->children.push_back(Expression(0, depth + 1));
      } while (error_.empty() && Take(","));
    }
    Expect(")");
    return node;
  }

  const std::string_view text_;
  size_t at_ = 0;
  Token token_ = Token::kEnd;
  std::string symbol_;
  bool quoted_ = false;
  JsonValue literal_;
  std::string error_;
};

}  // namespace

base::Result<Ptr> ParseJmesPath(std::string_view expression) { return Parser(expression).Whole(); }

}  // namespace pharos::match
