#include "query/logql/lexer.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <unordered_map>

#include "match/quantity.h"
#include "match/utf8.h"

namespace pharos::query::logql {
namespace {

using Words = std::unordered_map<std::string_view, Token>;

const Words& Keywords() {
  static const Words kWords{{"by", Token::kBy},
                            {"without", Token::kWithout},
                            {"bool", Token::kBool},
                            {"on", Token::kOn},
                            {"ignoring", Token::kIgnoring},
                            {"group_left", Token::kGroupLeft},
                            {"group_right", Token::kGroupRight},
                            {"offset", Token::kOffset},
                            {"and", Token::kAnd},
                            {"or", Token::kOr},
                            {"unless", Token::kUnless},
                            {"json", Token::kJson},
                            {"logfmt", Token::kLogfmt},
                            {"regexp", Token::kRegexp},
                            {"pattern", Token::kPattern},
                            {"unpack", Token::kUnpack},
                            {"line_format", Token::kLineFormat},
                            {"label_format", Token::kLabelFormat},
                            {"decolorize", Token::kDecolorize},
                            {"unwrap", Token::kUnwrap},
                            {"drop", Token::kDrop},
                            {"keep", Token::kKeep},
                            {"distinct", Token::kDistinct}};
  return kWords;
}

/// Words that are tokens only where a '(' (or by, without) follows.
const Words& Functions() {
  static const Words kWords{{"ip", Token::kIp},
                            {"duration", Token::kConversion},
                            {"duration_seconds", Token::kConversion},
                            {"bytes", Token::kConversion},
                            {"vector", Token::kVector},
                            {"label_replace", Token::kLabelReplace},
                            {"rate", Token::kRangeFunction},
                            {"rate_counter", Token::kRangeFunction},
                            {"count_over_time", Token::kRangeFunction},
                            {"bytes_rate", Token::kRangeFunction},
                            {"bytes_over_time", Token::kRangeFunction},
                            {"avg_over_time", Token::kRangeFunction},
                            {"sum_over_time", Token::kRangeFunction},
                            {"min_over_time", Token::kRangeFunction},
                            {"max_over_time", Token::kRangeFunction},
                            {"stdvar_over_time", Token::kRangeFunction},
                            {"stddev_over_time", Token::kRangeFunction},
                            {"quantile_over_time", Token::kRangeFunction},
                            {"first_over_time", Token::kRangeFunction},
                            {"last_over_time", Token::kRangeFunction},
                            {"absent_over_time", Token::kRangeFunction},
                            {"sum", Token::kVectorFunction},
                            {"avg", Token::kVectorFunction},
                            {"min", Token::kVectorFunction},
                            {"max", Token::kVectorFunction},
                            {"stddev", Token::kVectorFunction},
                            {"stdvar", Token::kVectorFunction},
                            {"count", Token::kVectorFunction},
                            {"topk", Token::kVectorFunction},
                            {"bottomk", Token::kVectorFunction},
                            {"approx_topk", Token::kVectorFunction},
                            {"sort", Token::kVectorFunction},
                            {"sort_desc", Token::kVectorFunction}};
  return kWords;
}

struct Mark {
  std::string_view text;
  Token token;
};
/// Longer marks first.
constexpr std::array<Mark, 26> kMarks{{{"|=", Token::kPipeExact},
                                       {"|~", Token::kPipeMatch},
                                       {"|>", Token::kPipePattern},
                                       {"!=", Token::kNeq},
                                       {"!~", Token::kNre},
                                       {"!>", Token::kNotPattern},
                                       {"=~", Token::kRe},
                                       {"==", Token::kCompareEq},
                                       {">=", Token::kGte},
                                       {"<=", Token::kLte},
                                       {"|", Token::kPipe},
                                       {"=", Token::kEq},
                                       {">", Token::kGt},
                                       {"<", Token::kLt},
                                       {"{", Token::kOpenBrace},
                                       {"}", Token::kCloseBrace},
                                       {"(", Token::kOpenParenthesis},
                                       {")", Token::kCloseParenthesis},
                                       {",", Token::kComma},
                                       {".", Token::kDot},
                                       {"+", Token::kAdd},
                                       {"-", Token::kSub},
                                       {"*", Token::kMul},
                                       {"/", Token::kDiv},
                                       {"%", Token::kMod},
                                       {"^", Token::kPow}}};

bool Digit(char c) { return c >= '0' && c <= '9'; }
bool IdentifierStart(char c) {
  return std::isalpha(static_cast<unsigned char>(c)) != 0 || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}
bool IdentifierChar(char c) { return IdentifierStart(c) || Digit(c); }

void TakeEscape(std::string_view text, size_t* at, std::string* out, bool* ok) {
  const char c = text[(*at)++];
  constexpr std::string_view kFrom = "abfnrtv\\\"'";
  constexpr std::string_view kTo = "\a\b\f\n\r\t\v\\\"'";
  if (const size_t plain = kFrom.find(c); plain != std::string_view::npos) {
    *out += kTo[plain];
    return;
  }
  const bool octal = c >= '0' && c <= '7';
  const size_t digits = c == 'x' ? 2 : c == 'u' ? 4 : c == 'U' ? 8 : octal ? 3 : 0;
  if (octal) --*at;
  if (digits == 0 || *at + digits > text.size()) {
    *ok = false;
    return;
  }
  uint32_t value = 0;
  for (size_t i = 0; i < digits; ++i) {
    const char d = text[(*at)++];
    const uint32_t digit = Digit(d) ? static_cast<uint32_t>(d - '0')
                           : std::isxdigit(static_cast<unsigned char>(d)) != 0
                               ? static_cast<uint32_t>(std::tolower(d) - 'a' + 10)
                               : 99;
    if (digit >= (octal ? 8u : 16u)) *ok = false;
    value = value * (octal ? 8 : 16) + digit;
  }
  if (c == 'u' || c == 'U') {
    match::AppendUtf8(*out, value);
  } else {
    *out += static_cast<char>(value);
  }
}

bool ValidUtf8(std::string_view text) {
  while (!text.empty()) {
    const size_t length = match::Utf8Length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {}

  Lexed Run() {
    while (lexed_.error.empty()) {
      Space();
      Begin();
      if (at_ >= text_.size()) break;
      One();
    }
    Begin();
    lexed_.tokens.push_back(current_);
    return std::move(lexed_);
  }

 private:
  char Peek(size_t ahead = 0) const {
    return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
  }
  void Step(size_t count = 1) {
    for (size_t i = 0; i < count && at_ < text_.size(); ++i) {
      const char c = text_[at_++];
      if (c == '\n') {
        ++line_;
        column_ = 1;
      } else if ((static_cast<unsigned char>(c) & 0xC0) != 0x80) {
        ++column_;
      }
    }
  }
  void Begin() {
    current_ = {};
    current_.line = line_;
    current_.column = column_;
  }
  void Emit(Token token) {
    current_.token = token;
    lexed_.tokens.push_back(current_);
  }
  void Fails(std::string message, int line) {
    lexed_.error = std::move(message);
    lexed_.line = line;
    lexed_.column = current_.column;
  }

  void Space() {
    while (at_ < text_.size()) {
      if (text_[at_] == '#') {
        while (at_ < text_.size() && text_[at_] != '\n') Step();
      } else if (std::isspace(static_cast<unsigned char>(text_[at_])) != 0) {
        Step();
      } else {
        return;
      }
    }
  }

  void One() {
    const char c = Peek();
    if (c == '"') return Quoted();
    if (c == '`') return Raw();
    if (c == '[') return Range();
    if (Digit(c) || (c == '.' && Digit(Peek(1)))) return Number();
    if (c == '-' && Digit(Peek(1)) && NegativeQuantity()) return;
    if (IdentifierStart(c)) return Word();
    for (const std::string_view flag : {"--strict", "--keep-empty"}) {
      if (text_.substr(at_).starts_with(flag)) {
        Step(flag.size());
        return Emit(flag == "--strict" ? Token::kStrict : Token::kKeepEmpty);
      }
    }
    for (const Mark& mark : kMarks) {
      if (!text_.substr(at_).starts_with(mark.text)) continue;
      current_.text = mark.text;
      Step(mark.text.size());
      return Emit(mark.token);
    }
    Step();
    Fails("syntax error: unexpected " + std::string(1, c), line_);
  }

  void Quoted() {
    Step();
    bool ok = true;
    while (true) {
      if (at_ >= text_.size() || Peek() == '\n')
        return Fails("literal not terminated", current_.line);
      if (Peek() == '"') break;
      if (Peek() == '\\') {
        Step();
        if (at_ >= text_.size()) return Fails("literal not terminated", current_.line);
        const size_t before = at_;
        size_t behind = at_;
        TakeEscape(text_, &behind, &current_.text, &ok);
        Step(behind - before);
        if (!ok) return Fails("invalid char escape", current_.line);
        continue;
      }
      const size_t length = match::Utf8Length(text_.substr(at_));
      if (length == 0) return Fails("invalid UTF-8 encoding", current_.line);
      current_.text += text_.substr(at_, length);
      Step(length);
    }
    Step();
    Emit(Token::kString);
  }

  void Raw() {
    Step();
    const size_t close = text_.find('`', at_);
    if (close == std::string_view::npos) return Fails("literal not terminated", current_.line);
    current_.text = text_.substr(at_, close - at_);
    if (!ValidUtf8(current_.text)) return Fails("invalid UTF-8 encoding", current_.line);
    Step(close + 1 - at_);
    Emit(Token::kString);
  }

  void Range() {
    const size_t close = text_.find(']', at_);
    current_.line = 0;  // Loki knows only the column here
    if (close == std::string_view::npos) return Fails("missing closing ']' in duration", 0);
    auto duration = match::ParseLogqlDuration(text_.substr(at_ + 1, close - at_ - 1));
    if (!duration) return Fails(duration.error().message, 0);
    current_.duration_ns = *duration;
    Step(close + 1 - at_);
    Emit(Token::kRange);
  }

  /// What Go's scanner takes for an int or float: decimal, hex, octal, binary, exponent.
  size_t NumberLength() const {
    size_t i = at_;
    const auto at = [&](size_t k) { return k < text_.size() ? text_[k] : '\0'; };
    const char kind = static_cast<char>(std::tolower(at(i + 1)));
    if (at(i) == '0' && (kind == 'x' || kind == 'o' || kind == 'b') &&
        std::isxdigit(static_cast<unsigned char>(at(i + 2))) != 0) {
      i += 2;
      while (std::isxdigit(static_cast<unsigned char>(at(i))) != 0 || (at(i) == '.' && kind == 'x'))
        ++i;
      const size_t exponent = i + (at(i + 1) == '+' || at(i + 1) == '-' ? 2 : 1);
      if ((at(i) == 'p' || at(i) == 'P') && Digit(at(exponent))) {
        i = exponent;
        while (Digit(at(i))) ++i;
      }
      return i - at_;
    }
    while (Digit(at(i))) ++i;
    if (at(i) == '.') {
      ++i;
      while (Digit(at(i))) ++i;
    }
    if (at(i) == 'e' || at(i) == 'E') {
      size_t k = i + 1;
      if (at(k) == '+' || at(k) == '-') ++k;
      if (Digit(at(k))) {
        while (Digit(at(k))) ++k;
        i = k;
      }
    }
    return i - at_;
  }

  /// From `start` on, the run of digits, dots and characters of `units`.
  size_t QuantityLength(size_t start, std::string_view units) const {
    size_t i = start;
    while (i < text_.size() &&
           (Digit(text_[i]) || text_[i] == '.' || units.find(text_[i]) != std::string_view::npos)) {
      ++i;
    }
    return i;
  }

  bool TakeDuration(size_t behind_number) {
    const size_t end = QuantityLength(behind_number, "nu\u00b5\u03bcmshdwy");
    if (end == behind_number) return false;
    auto duration = match::ParseLogqlDuration(text_.substr(at_, end - at_));
    if (!duration) {
      std::string_view text = text_.substr(at_, end - at_);
      if (!text.starts_with('-')) return false;
      auto positive = match::ParseLogqlDuration(text.substr(1));
      if (!positive) return false;
      duration = -*positive;
    }
    current_.duration_ns = *duration;
    current_.text = text_.substr(at_, end - at_);
    Step(end - at_);
    Emit(Token::kDuration);
    return true;
  }

  void Number() {
    const size_t length = NumberLength();
    if (TakeDuration(at_ + length)) return;
    const size_t end = QuantityLength(at_ + length, "BiIkKMGTP");
    if (end > at_ + length) {
      if (auto bytes = match::ParseHumanBytes(text_.substr(at_, end - at_))) {
        current_.bytes = *bytes;
        current_.text = text_.substr(at_, end - at_);
        Step(end - at_);
        return Emit(Token::kBytes);
      }
    }
    current_.text = text_.substr(at_, length);
    Step(length);
    Emit(Token::kNumber);
  }

  /// `-5m` behind `offset`; anything else that begins with a minus is an operator.
  bool NegativeQuantity() {
    if (lexed_.tokens.empty() || lexed_.tokens.back().token != Token::kOffset) return false;
    const size_t start = at_;
    ++at_;
    const size_t length = NumberLength();
    at_ = start;
    return TakeDuration(start + 1 + length);
  }

  void Word() {
    size_t end = at_;
    while (end < text_.size() && IdentifierChar(text_[end])) ++end;
    const std::string_view word = text_.substr(at_, end - at_);
    if (!ValidUtf8(word)) return Fails("invalid UTF-8 encoding", current_.line);
    current_.text = word;
    Step(word.size());
    if (const auto found = Functions().find(word); found != Functions().end() && CallFollows()) {
      return Emit(found->second);
    }
    if (const auto found = Keywords().find(word); found != Keywords().end())
      return Emit(found->second);
    Emit(Token::kIdentifier);
  }

  bool CallFollows() const {
    std::string_view rest = text_.substr(at_);
    const size_t start = rest.find_first_not_of(" \t\r\n");
    if (start == std::string_view::npos) return false;
    rest.remove_prefix(start);
    if (rest.front() == '(') return true;
    for (const std::string_view word : {"by", "without"}) {
      if (!rest.starts_with(word)) continue;
      const size_t next = rest.find_first_not_of(" \t\r\n", word.size());
      if (next != std::string_view::npos && rest[next] == '(') return true;
    }
    return false;
  }

  std::string_view text_;
  size_t at_ = 0;
  int line_ = 1;
  int column_ = 1;
  Lexeme current_;
  Lexed lexed_;
};

}  // namespace

base::Error ParseError(int line, int column, std::string_view message) {
  std::string text = "parse error ";
  if (line != 0 || column != 0) {
    text += "at line " + std::to_string(line) + ", col " + std::to_string(column);
  }
  return {base::ErrorKind::kBadInput, text + ": " + std::string(message)};
}

std::string TokenName(const Lexeme& lexeme) {
  switch (lexeme.token) {
    case Token::kEnd: return "$end";
    case Token::kIdentifier: return "IDENTIFIER";
    case Token::kString: return "STRING";
    case Token::kNumber: return "NUMBER";
    case Token::kDuration: return "DURATION";
    case Token::kBytes: return "BYTES";
    case Token::kRange: return "RANGE";
    case Token::kStrict: return "--strict";
    case Token::kKeepEmpty: return "--keep-empty";
    case Token::kConversion:
    case Token::kRangeFunction:
    case Token::kVectorFunction:
    case Token::kVector:
    case Token::kLabelReplace: {
      std::string name = lexeme.text;
      std::transform(name.begin(), name.end(), name.begin(),
                     [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
      return name;
    }
    default: return lexeme.text;
  }
}

Lexed Lex(std::string_view text) { return Lexer(text).Run(); }

}  // namespace pharos::query::logql
