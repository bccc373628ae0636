// The newer of Alertmanager's matcher parsers: names and values in any script, with or without
// double quotes.
#include <charconv>

#include "conf/alert_matcher.h"
#include "conf/utf8_runes.h"

namespace pharos::conf {
namespace {

using base::ErrorKind;
using base::Fail;
using base::Result;
using model::MatchOp;

enum class Kind : uint8_t {
  kEnd,
  kOpenBrace,
  kCloseBrace,
  kComma,
  kEqual,
  kNotEqual,
  kRegex,
  kNotRegex,
  kQuoted,
  kUnquoted,
  kError,
};

struct Token {
  Kind kind = Kind::kEnd;
  std::string_view text;
  size_t from = 0;  ///< columns: runes of the input
  size_t to = 0;
  bool IsName() const { return kind == Kind::kQuoted || kind == Kind::kUnquoted; }
  bool IsOperator() const { return kind >= Kind::kEqual && kind <= Kind::kNotRegex; }
  std::string Place() const { return std::to_string(from) + ":" + std::to_string(to) + ": "; }
};

std::unexpected<base::Error> Bad(std::string message) {
  return Fail(ErrorKind::kBadInput, std::move(message));
}

class Lexer {
 public:
  explicit Lexer(std::string_view input) : input_(input) {}

  Result<Token> Scan() {
    while (SpaceRune(Peek())) Next();
    start_ = at_;
    column_ = columns_;
    const int32_t c = Peek();
    switch (c) {
      case kNoRune: return Token{Kind::kEnd, {}, column_, columns_};
      case '{': return One(Kind::kOpenBrace);
      case '}': return One(Kind::kCloseBrace);
      case ',': return One(Kind::kComma);
      case '=':
      case '!': return Operator();
      case '"': return QuotedText();
      default: break;
    }
    Next();
    if (ReservedRune(c)) return Bad(Here() + Text() + ": invalid input");
    while (Peek() != kNoRune && !ReservedRune(Peek())) Next();
    return Emit(Kind::kUnquoted);
  }

  size_t columns() const { return columns_; }

 private:
  int32_t Peek() const { return RuneAt(input_, at_).code; }
  void Next() {
    at_ += RuneAt(input_, at_).width;
    ++columns_;
  }
  std::string Text() const { return std::string(input_.substr(start_, at_ - start_)); }
  std::string Here() const {
    return std::to_string(column_) + ":" + std::to_string(columns_) + ": ";
  }
  Token Emit(Kind kind) const {
    return {kind, input_.substr(start_, at_ - start_), column_, columns_};
  }
  Token One(Kind kind) {
    Next();
    return Emit(kind);
  }

  Result<Token> Operator() {
    const bool negative = Peek() == '!';
    Next();
    if (Peek() == '~') return One(negative ? Kind::kNotRegex : Kind::kRegex);
    if (!negative) return Emit(Kind::kEqual);
    if (Peek() == '=') return One(Kind::kNotEqual);
    if (at_ >= input_.size()) return Bad(Here() + "unexpected end of input, expected one of '=~'");
    return Bad(Here() + Text() + ": expected one of '=~'");
  }

  Result<Token> QuotedText() {
    Next();
    bool escaped = false;
    while (Peek() != kNoRune && (escaped || Peek() != '"')) {
      escaped = !escaped && Peek() == '\\';
      Next();
    }
    if (Peek() == kNoRune) return Bad(Here() + Text() + ": missing end \"");
    return One(Kind::kQuoted);
  }

  std::string_view input_;
  size_t start_ = 0;
  size_t at_ = 0;
  size_t column_ = 0;
  size_t columns_ = 0;
};

/// strconv.Unquote of a text in double quotes.
bool Unquote(std::string_view quoted, std::string* out) {
  constexpr std::string_view kFrom = "abfnrtv\\\"";
  constexpr std::string_view kTo = "\a\b\f\n\r\t\v\\\"";
  const std::string_view s = quoted.substr(1, quoted.size() - 2);
  for (size_t i = 0; i < s.size(); ++i) {
    if (s[i] == '\n') return false;
    if (s[i] != '\\') {
      *out += s[i];
      continue;
    }
    if (++i >= s.size()) return false;
    if (const size_t plain = kFrom.find(s[i]); plain != std::string_view::npos) {
      *out += kTo[plain];
      continue;
    }
    const bool octal = s[i] >= '0' && s[i] <= '7';
    const size_t digits = s[i] == 'x' ? 2 : s[i] == 'u' ? 4 : s[i] == 'U' ? 8 : octal ? 3 : 0;
    const size_t start = octal ? i : i + 1;
    if (digits == 0 || start + digits > s.size()) return false;
    uint32_t code = 0;
    const char* const end = s.data() + start + digits;
    const auto read = std::from_chars(s.data() + start, end, code, octal ? 8 : 16);
    if (read.ec != std::errc() || read.ptr != end) return false;
    if (digits == 4 || digits == 8) {
      if (code > 0x10FFFF || (code >= 0xD800 && code < 0xE000)) return false;
      PutRune(*out, static_cast<int32_t>(code));
    } else if (code > 255) {
      return false;
    } else {
      *out += static_cast<char>(code);
    }
    i = start + digits - 1;
  }
  return ValidUtf8Text(*out);
}

class Parser {
 public:
  explicit Parser(std::string_view input) : lexer_(input) {}

  Result<AlertMatchers> Run() {
    Advance();
    if (token_.kind == Kind::kOpenBrace) {
      braced_ = true;
      Advance();
    } else if (token_.kind == Kind::kEnd) {
      return AlertMatchers();
    }
    if (token_.kind == Kind::kError) return Bad(error_);
    while (token_.kind != Kind::kCloseBrace && token_.kind != Kind::kEnd) {
      PHAROS_TRY_VOID(One());
      if (token_.kind == Kind::kEnd || token_.kind == Kind::kCloseBrace) break;
      if (token_.kind != Kind::kComma)
        return Bad(Unexpected() + ": expected a comma or close brace");
      Advance();
      if (!token_.IsName() && token_.kind != Kind::kCloseBrace && token_.kind != Kind::kEnd)
        return Bad(Unexpected() + ": expected a matcher or close brace after comma");
    }
    PHAROS_TRY_VOID(Close());
    return std::move(matchers_);
  }

 private:
  /// What cannot be a token is a fault of the place that wanted one.
  void Advance() {
    auto scanned = lexer_.Scan();
    if (scanned) {
      token_ = *scanned;
    } else {
      token_ = Token{.kind = Kind::kError};
      error_ = scanned.error().message;
    }
  }
  std::string Unexpected() const {
    if (token_.kind == Kind::kError) return error_;
    if (token_.kind == Kind::kEnd) return "end of input";
    return token_.Place() + "unexpected " + std::string(token_.text);
  }

  Result<void> Close() {
    const std::string end = "0:" + std::to_string(lexer_.columns()) + ": ";
    if (braced_ && token_.kind != Kind::kCloseBrace)
      return Bad(end + Unexpected() + ": expected close brace");
    if (!braced_ && token_.kind == Kind::kCloseBrace) return Bad(end + "}: expected opening brace");
    if (!braced_) return {};
    Advance();
    if (token_.kind == Kind::kError) return Bad(error_ + ": expected end of input");
    if (token_.kind != Kind::kEnd)
      return Bad(token_.Place() + std::string(token_.text) + ": expected end of input");
    return {};
  }

  Result<std::string> TakeText() {
    std::string out;
    if (token_.kind == Kind::kUnquoted) {
      out = token_.text;
      if (!ValidUtf8Text(out)) return Bad(token_.Place() + out + ": invalid input");
    } else if (!Unquote(token_.text, &out)) {
      return Bad(token_.Place() + std::string(token_.text) + ": invalid input");
    }
    Advance();
    return out;
  }

  Result<void> One() {
    if (!token_.IsName()) return Bad(Unexpected() + ": expected label name");
    PHAROS_TRY(std::string name, TakeText());
    if (!token_.IsOperator())
      return Bad(Unexpected() + ": expected an operator such as '=', '!=', '=~' or '!~'");
    const MatchOp op = token_.kind == Kind::kEqual      ? MatchOp::kEqual
                       : token_.kind == Kind::kNotEqual ? MatchOp::kNotEqual
                       : token_.kind == Kind::kRegex    ? MatchOp::kRegex
                                                        : MatchOp::kNotRegex;
    Advance();
    if (!token_.IsName()) return Bad(Unexpected() + ": expected label value");
    PHAROS_TRY(std::string value, TakeText());
    auto made = AlertMatcher::Make(op, std::move(name), std::move(value));
    if (!made) return Bad("failed to create matcher: " + made.error().message);
    matchers_.push_back(*std::move(made));
    return {};
  }

  Lexer lexer_;
  Token token_;
  std::string error_;  ///< of a kError token
  bool braced_ = false;
  AlertMatchers matchers_;
};

}  // namespace

Result<AlertMatchers> ParseUtf8Matchers(std::string_view text) { return Parser(text).Run(); }

}  // namespace pharos::conf
