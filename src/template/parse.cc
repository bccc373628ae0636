#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstdlib>

#include "template/limits.h"
#include "template/node.h"

namespace pharos::tmpl {
namespace {

using base::ErrorKind;
using base::Fail;
using base::Result;

bool Space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }
bool WordStart(char c) {
  return std::isalpha(static_cast<unsigned char>(c)) != 0 || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}
bool WordChar(char c) { return WordStart(c) || std::isdigit(static_cast<unsigned char>(c)) != 0; }

void AppendRune(std::string* out, uint32_t c) {
  if (c < 0x80) {
    *out += static_cast<char>(c);
  } else if (c < 0x800) {
    *out += static_cast<char>(0xC0 | c >> 6);
    *out += static_cast<char>(0x80 | (c & 63));
  } else if (c < 0x10000) {
    *out += static_cast<char>(0xE0 | c >> 12);
    *out += static_cast<char>(0x80 | (c >> 6 & 63));
    *out += static_cast<char>(0x80 | (c & 63));
  } else {
    *out += static_cast<char>(0xF0 | c >> 18);
    *out += static_cast<char>(0x80 | (c >> 12 & 63));
    *out += static_cast<char>(0x80 | (c >> 6 & 63));
    *out += static_cast<char>(0x80 | (c & 63));
  }
}

/// The inner text of a Go string or character literal.
bool Unquote(std::string_view s, std::string* out) {
  for (size_t i = 0; i < s.size(); ++i) {
    if (s[i] != '\\') {
      *out += s[i];
      continue;
    }
    if (++i >= s.size()) return false;
    constexpr std::string_view kFrom = "abfnrtv\\\"'";
    constexpr std::string_view kTo = "\a\b\f\n\r\t\v\\\"'";
    if (const size_t plain = kFrom.find(s[i]); plain != std::string_view::npos) {
      *out += kTo[plain];
      continue;
    }
    const bool octal = s[i] >= '0' && s[i] <= '7';
    const size_t digits = s[i] == 'x' ? 2 : s[i] == 'u' ? 4 : s[i] == 'U' ? 8 : octal ? 3 : 0;
    const size_t start = octal ? i : i + 1;
    if (digits == 0 || start + digits > s.size()) return false;
    uint32_t code = 0;
    const auto [end, error] =
        std::from_chars(s.data() + start, s.data() + start + digits, code, octal ? 8 : 16);
    if (error != std::errc() || end != s.data() + start + digits) return false;
    if (digits == 4 || digits == 8) {
      if (code > 0x10FFFF) return false;
      AppendRune(out, code);
    } else {
      *out += static_cast<char>(code);
    }
    i = start + digits - 1;
  }
  return true;
}

class Parser {
 public:
  Parser(const std::string& name, const std::string& text, const FunctionMap& functions)
      : name_(name), text_(text), functions_(functions) {}

  Result<Parsed> Run() {
    if (text_.size() > kMaxTextBytes)
      return Bad("the template is longer than " + std::to_string(kMaxTextBytes) + " bytes");
    std::string end;
    PHAROS_TRY(parsed_.root, List(&end));
    if (!end.empty()) return Bad("unexpected {{" + end + "}}");
    return std::move(parsed_);
  }

 private:
  std::unexpected<base::Error> Bad(std::string_view why) const {
    const std::string place = PlaceOf(text_, std::min(at_, text_.size()));
    return Fail(
        ErrorKind::kBadInput,
        "template: " + name_ + ":" + place.substr(0, place.find(':')) + ": " + std::string(why));
  }

  // ---- text and actions ----

  /// Nodes up to an {{end}}, {{else …}} or the end of the text; which, goes to `end`.
  Result<NodeList> List(std::string* end) {
    NodeList list;
    if (++depth_ > kMaxDepth) return Bad("the template is nested too deeply");
    end->clear();
    while (at_ < text_.size()) {
      const size_t open = text_.find("{{", at_);
      PHAROS_TRY_VOID(Text(open, &list));
      if (open == std::string::npos) break;
      at_ = open + 2;
      if (text_.compare(at_, 2, "- ") == 0 || text_.compare(at_, 2, "-\n") == 0 ||
          text_.compare(at_, 2, "-\t") == 0)
        at_ += 2;
      if (text_.compare(at_, 2, "/*") == 0) {
        PHAROS_TRY_VOID(Comment());
        continue;
      }
      SkipSpace();
      const std::string word = PeekWord();
      if (word == "end" || word == "else") {
        TakeWord();
        SkipSpace();
        *end = word;
        if (word == "end") PHAROS_TRY_VOID(Close());
        --depth_;
        return list;
      }
      PHAROS_TRY(NodePtr node, Action(word));
      if (node != nullptr) list.push_back(std::move(node));
    }
    --depth_;
    return list;
  }

  Result<void> Text(size_t open, NodeList* list) {
    size_t from = at_;
    size_t to = open == std::string::npos ? text_.size() : open;
    if (trim_next_) {
      while (from < to && Space(text_[from])) ++from;
    }
    trim_next_ = false;
    if (open != std::string::npos && open + 3 < text_.size() && text_[open + 2] == '-' &&
        Space(text_[open + 3])) {
      while (to > from && Space(text_[to - 1])) --to;
    }
    if (to > from) {
      auto node = Make(Node::Kind::kText, from);
      node->text = text_.substr(from, to - from);
      list->push_back(std::move(node));
    }
    at_ = open == std::string::npos ? text_.size() : open;
    return {};
  }

  Result<void> Comment() {
    const size_t close = text_.find("*/", at_);
    if (close == std::string::npos) return Bad("unclosed comment");
    at_ = close + 2;
    return Close();
  }

  /// `}}` or ` -}}`
  Result<void> Close() {
    SkipSpace();
    if (text_.compare(at_, 3, "-}}") == 0) {
      trim_next_ = true;
      at_ += 3;
      return {};
    }
    if (text_.compare(at_, 2, "}}") == 0) {
      at_ += 2;
      return {};
    }
    if (at_ >= text_.size()) return Bad("unclosed action");
    return Bad("unexpected " + Quoted(text_.substr(at_, 1)) + " in command");
  }

  static std::string Quoted(const std::string& s) { return "\"" + s + "\""; }
  bool AtClose() const {
    return text_.compare(at_, 2, "}}") == 0 || text_.compare(at_, 3, "-}}") == 0;
  }

  Result<NodePtr> Action(const std::string& word) {
    const size_t start = at_;
    if (word == "if" || word == "range" || word == "with") {
      TakeWord();
      return Block(word, start);
    }
    if (word == "define" || word == "block" || word == "template") {
      TakeWord();
      return Named(word, start);
    }
    if (word == "break" || word == "continue") {
      TakeWord();
      if (loops_ == 0) return Bad("{{" + word + "}} outside {{range}}");
      PHAROS_TRY_VOID(Close());
      return Make(word == "break" ? Node::Kind::kBreak : Node::Kind::kContinue, start);
    }
    auto node = Make(Node::Kind::kAction, start);
    PHAROS_TRY(node->pipeline, Pipeline(true));
    PHAROS_TRY_VOID(Close());
    return node;
  }

  Result<NodePtr> Block(const std::string& word, size_t start) {
    auto node = Make(word == "if"     ? Node::Kind::kIf
                     : word == "with" ? Node::Kind::kWith
                                      : Node::Kind::kRange,
                     start);
    const size_t scope = variables_.size();
    PHAROS_TRY(node->pipeline, Pipeline(true, word == "range"));
    PHAROS_TRY_VOID(Close());
    if (word == "range") ++loops_;
    std::string end;
    PHAROS_TRY(node->children, List(&end));
    if (word == "range") --loops_;
    if (end == "else") {
      const std::string next = PeekWord();
      if (next == "if" || next == "with") {
        const size_t inner = at_;
        TakeWord();
        if (++depth_ > kMaxDepth) return Bad("the template is nested too deeply");
        PHAROS_TRY(NodePtr chained, Block(next, inner));
        --depth_;
        node->otherwise.push_back(std::move(chained));
        variables_.resize(scope);
        return node;
      }
      PHAROS_TRY_VOID(Close());
      PHAROS_TRY(node->otherwise, List(&end));
    }
    variables_.resize(scope);
    if (end != "end") return Bad("unexpected EOF");
    return node;
  }

  Result<NodePtr> Named(const std::string& word, size_t start) {
    SkipSpace();
    auto node = Make(Node::Kind::kTemplate, start);
    PHAROS_TRY(NodePtr name, Operand());
    if (name == nullptr || name->constant.As<std::string>() == nullptr)
      return Bad("missing name in " + word + " clause");
    node->text = *name->constant.As<std::string>();
    SkipSpace();
    if (word != "define" && !AtClose()) {
      PHAROS_TRY(node->pipeline, Pipeline(false));
    }
    PHAROS_TRY_VOID(Close());
    if (word == "template") return node;
    const std::vector<std::string> outer = std::move(variables_);
    variables_ = {"$"};
    std::string end;
    PHAROS_TRY(NodeList body, List(&end));
    if (end != "end") return Bad("unexpected EOF");
    variables_ = outer;
    parsed_.defined[node->text] = std::move(body);
    if (word == "define") return NodePtr();
    return node;
  }

  // ---- pipelines ----

  Result<NodePtr> Pipeline(bool may_declare, bool range = false) {
    if (++depth_ > kMaxDepth) return Bad("the template is nested too deeply");
    SkipSpace();
    auto node = Make(Node::Kind::kPipeline, at_);
    if (may_declare) PHAROS_TRY_VOID(Declarations(node.get(), range));
    while (true) {
      PHAROS_TRY(NodePtr command, Command());
      node->children.push_back(std::move(command));
      SkipSpace();
      if (at_ < text_.size() && text_[at_] == '|') {
        ++at_;
        continue;
      }
      break;
    }
    for (size_t i = 1; i < node->children.size(); ++i) {
      const Node::Kind first = node->children[i]->children[0]->kind;
      if (first == Node::Kind::kConstant || first == Node::Kind::kDot) {
        return Bad("non executable command in pipeline stage " + std::to_string(i + 1));
      }
    }
    for (const std::string& name : node->names) {
      if (!node->assigns) variables_.push_back(name);
    }
    node->text = Trimmed(node->position, at_);
    --depth_;
    return node;
  }

  /// `$x :=`, `$x =`, and for range `$i, $x :=`.
  Result<void> Declarations(Node* node, bool range) {
    const size_t start = at_;
    std::vector<std::string> names;
    while (at_ < text_.size() && text_[at_] == '$') {
      ++at_;
      names.push_back("$" + TakeWord());
      SkipSpace();
      if (range && names.size() == 1 && at_ < text_.size() && text_[at_] == ',') {
        ++at_;
        SkipSpace();
        continue;
      }
      break;
    }
    const bool declares = text_.compare(at_, 2, ":=") == 0;
    const bool assigns = !declares && at_ < text_.size() && text_[at_] == '=';
    if (names.empty() || (!declares && !assigns)) {
      at_ = start;
      return {};
    }
    at_ += declares ? 2 : 1;
    for (const std::string& name : names) {
      if (assigns && !Known(name)) return Bad("undefined variable " + Quoted(name));
    }
    node->names = std::move(names);
    node->assigns = assigns;
    return {};
  }

  bool Known(const std::string& variable) const {
    return std::find(variables_.begin(), variables_.end(), variable) != variables_.end();
  }

  Result<NodePtr> Command() {
    SkipSpace();
    auto node = Make(Node::Kind::kCommand, at_);
    while (at_ < text_.size() && !AtClose() && text_[at_] != '|' && text_[at_] != ')') {
      PHAROS_TRY(NodePtr operand, Operand());
      node->children.push_back(std::move(operand));
      if (at_ < text_.size() && !Space(text_[at_]) && !AtClose() && text_[at_] != '|' &&
          text_[at_] != ')') {
        return Bad("unexpected " + Quoted(text_.substr(at_, 1)) + " in operand");
      }
      SkipSpace();
    }
    if (node->children.empty()) {
      return at_ >= text_.size() ? Bad("unclosed action") : Bad("missing value for command");
    }
    node->text = Trimmed(node->position, at_);
    return node;
  }

  /// A term and the `.field`s behind it.
  Result<NodePtr> Operand() {
    const size_t start = at_;
    PHAROS_TRY(NodePtr term, Term());
    std::vector<std::string> names;
    while (at_ + 1 < text_.size() && text_[at_] == '.' && WordStart(text_[at_ + 1])) {
      ++at_;
      names.push_back(TakeWord());
    }
    if (!names.empty()) {
      const bool has_fields =
          term->kind == Node::Kind::kField || term->kind == Node::Kind::kVariable;
      if (term->kind == Node::Kind::kConstant)
        return Bad("unexpected . after term " + Quoted(term->text));
      if (has_fields) {
        term->names.insert(term->names.end(), names.begin(), names.end());
      } else {
        auto chain = Make(Node::Kind::kChain, start);
        chain->names = std::move(names);
        chain->pipeline = std::move(term);
        term = std::move(chain);
      }
    }
    term->text = text_.substr(start, at_ - start);
    return term;
  }

  Result<NodePtr> Term() {
    const char c = at_ < text_.size() ? text_[at_] : '\0';
    const size_t start = at_;
    if (c == '"' || c == '\'') return QuotedTerm(c);
    if (c == '`') {
      const size_t close = text_.find('`', at_ + 1);
      if (close == std::string::npos) return Bad("unterminated raw quoted string");
      at_ = close + 1;
      return Constant(start, Value(text_.substr(start + 1, close - start - 1)));
    }
    if (c == '(') {
      ++at_;
      PHAROS_TRY(NodePtr inner, Pipeline(true));
      if (at_ >= text_.size() || text_[at_] != ')') return Bad("unclosed left paren");
      ++at_;
      return inner;
    }
    if (c == '$') {
      ++at_;
      auto node = Make(Node::Kind::kVariable, start);
      node->text = "$" + TakeWord();
      node->constant = Value(node->text);
      if (!Known(node->text)) return Bad("undefined variable " + Quoted(node->text));
      return node;
    }
    if (c == '.' && at_ + 1 < text_.size() && WordStart(text_[at_ + 1])) {
      ++at_;
      auto node = Make(Node::Kind::kField, start);
      node->names.push_back(TakeWord());
      return node;
    }
    if (c == '.' && !(at_ + 1 < text_.size() &&
                      std::isdigit(static_cast<unsigned char>(text_[at_ + 1])) != 0)) {
      ++at_;
      return Make(Node::Kind::kDot, start);
    }
    // Blanks that a text processor left behind look like blanks, so they are named.
    for (const auto& [bytes, code] : {std::pair{"\xC2\xA0", "U+00A0"},
                                      {"\xE2\x80\x8B", "U+200B"},
                                      {"\xE3\x80\x80", "U+3000"},
                                      {"\xEF\xBB\xBF", "U+FEFF"}}) {
      if (text_.compare(at_, std::string_view(bytes).size(), bytes) == 0)
        return Bad("unrecognized character in action: " + std::string(code));
    }
    if (WordStart(c)) return WordTerm();
    if (c == '+' || c == '-' || c == '.' || std::isdigit(static_cast<unsigned char>(c)) != 0)
      return NumberTerm();
    if (c == '\0') return Bad("unclosed action");
    return Bad("unexpected " + Quoted(std::string(1, c)) + " in command");
  }

  Result<NodePtr> WordTerm() {
    const size_t start = at_;
    const std::string word = TakeWord();
    if (word == "true" || word == "false") return Constant(start, Value(word == "true"));
    if (word == "nil") return Constant(start, Value());
    if (functions_.find(word) == functions_.end())
      return Bad("function " + Quoted(word) + " not defined");
    auto node = Make(Node::Kind::kFunction, start);
    node->constant = Value(word);
    return node;
  }

  Result<NodePtr> QuotedTerm(char quote) {
    const size_t start = at_++;
    while (at_ < text_.size() && text_[at_] != quote && text_[at_] != '\n')
      at_ += text_[at_] == '\\' ? 2 : 1;
    if (at_ >= text_.size() || text_[at_] != quote) {
      return Bad(quote == '"' ? "unterminated quoted string" : "unterminated character constant");
    }
    std::string inner;
    if (!Unquote(std::string_view(text_).substr(start + 1, at_ - start - 1), &inner))
      return Bad("invalid syntax");
    ++at_;
    if (quote == '"') return Constant(start, Value(std::move(inner)));
    return Constant(
        start,
        Value(static_cast<int64_t>(static_cast<unsigned char>(inner.empty() ? '\0' : inner[0]))));
  }

  Result<NodePtr> NumberTerm() {
    const size_t start = at_;
    if (text_[at_] == '+' || text_[at_] == '-') ++at_;
    while (at_ < text_.size() && (WordChar(text_[at_]) || text_[at_] == '.' ||
                                  ((text_[at_] == '+' || text_[at_] == '-') &&
                                   (text_[at_ - 1] == 'e' || text_[at_ - 1] == 'E')))) {
      ++at_;
    }
    const std::string number = text_.substr(start, at_ - start);
    char* end = nullptr;
    if (number.find_first_of(".eEpP") == std::string::npos || number.starts_with("0x")) {
      errno = 0;
      const int64_t whole = std::strtoll(number.c_str(), &end, 0);
      if (errno == 0 && end == number.c_str() + number.size() &&
          std::isdigit(static_cast<unsigned char>(number.back())) +
                  std::isxdigit(static_cast<unsigned char>(number.back())) >
              0) {
        return Constant(start, Value(whole));
      }
    }
    const double real = std::strtod(number.c_str(), &end);
    if (end != number.c_str() + number.size() ||
        !std::isxdigit(static_cast<unsigned char>(number.back()))) {
      if (number.back() != '.' || end != number.c_str() + number.size())
        return Bad("bad number syntax: " + Quoted(number));
    }
    return Constant(start, Value(real));
  }

  NodePtr Constant(size_t start, Value value) {
    auto node = Make(Node::Kind::kConstant, start);
    node->constant = std::move(value);
    return node;
  }

  NodePtr Make(Node::Kind kind, size_t position) {
    auto node = std::make_unique<Node>();
    node->kind = kind;
    node->position = position;
    return node;
  }

  void SkipSpace() {
    while (at_ < text_.size() && Space(text_[at_])) ++at_;
  }
  std::string PeekWord() const {
    size_t end = at_;
    while (end < text_.size() && WordChar(text_[end])) ++end;
    return text_.substr(std::min(at_, text_.size()), end - at_);
  }
  std::string TakeWord() {
    std::string word = PeekWord();
    at_ += word.size();
    return word;
  }
  std::string Trimmed(size_t from, size_t to) const {
    while (to > from && Space(text_[to - 1])) --to;
    return text_.substr(from, to - from);
  }

  const std::string& name_;
  const std::string& text_;
  const FunctionMap& functions_;
  size_t at_ = 0;
  int depth_ = 0;
  int loops_ = 0;
  bool trim_next_ = false;
  std::vector<std::string> variables_{"$"};
  Parsed parsed_;
};

}  // namespace

std::string PlaceOf(const std::string& text, size_t position) {
  const std::string_view before = std::string_view(text).substr(0, position);
  const size_t newline = before.rfind('\n');
  const size_t column = newline == std::string_view::npos ? position : position - newline - 1;
  return std::to_string(1 + std::count(before.begin(), before.end(), '\n')) + ":" +
         std::to_string(column);
}

Result<Parsed> ParseTemplate(const std::string& name, const std::string& text,
                             const FunctionMap& functions) {
  return Parser(name, text, functions).Run();
}

}  // namespace pharos::tmpl
