#include "query/promql/lexer.h"

#include <algorithm>

#include "query/promql/go_quote.h"

namespace pharos::query::promql {
namespace {

constexpr std::string_view kDigits = "0123456789";
constexpr std::string_view kHexDigits = "0123456789abcdefABCDEF";

bool IsSpace(int32_t r) { return r == ' ' || r == '\t' || r == '\n' || r == '\r'; }
bool IsDigit(int32_t r) { return r >= '0' && r <= '9'; }
bool IsAlpha(int32_t r) { return r == '_' || (r >= 'a' && r <= 'z') || (r >= 'A' && r <= 'Z'); }
bool IsAlphaNumeric(int32_t r) { return IsAlpha(r) || IsDigit(r); }

std::string Lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return out;
}

bool StartsDurationKeyword(int32_t r) {
  return r == 's' || r == 'S' || r == 'r' || r == 'R' || r == 'm' || r == 'M';
}

}  // namespace

int32_t Lexer::Read() {
  const Rune rune = DecodeRune(input_, pos_);
  width_ = rune.width;
  pos_ += width_;
  return rune.code;
}

int32_t Lexer::Peek() const { return DecodeRune(input_, pos_).code; }

bool Lexer::PeekIs(std::string_view set) const {
  return pos_ < input_.size() && set.find(input_[pos_]) != std::string_view::npos;
}

bool Lexer::Accept(std::string_view set) {
  if (!PeekIs(set)) return false;
  ++pos_;
  width_ = 1;
  return true;
}

void Lexer::AcceptRun(std::string_view set) {
  while (Accept(set)) {
  }
}

void Lexer::SkipSpaces() {
  while (IsSpace(Peek())) Read();
  start_ = pos_;
}

void Lexer::Emit(Tok type) {
  token_ = Token{type, static_cast<int>(start_), std::string(Pending())};
  start_ = pos_;
  have_token_ = true;
}

void Lexer::Error(std::string message) {
  if (have_token_) {
    // A token was already cut in this turn (Prometheus overwrites it with the error).
    have_token_ = false;
  }
  token_ = Token{Tok::kError, static_cast<int>(start_), std::move(message)};
  have_token_ = true;
  state_ = State::kDone;
}

Token Lexer::Next() {
  have_token_ = false;
  while (!have_token_) {
    switch (state_) {
      case State::kStatements: LexStatements(); break;
      case State::kBraces: LexBraces(); break;
      case State::kDuration: LexDuration(); break;
      case State::kValues: LexValues(); break;
      case State::kHistogram: LexHistogram(); break;
      case State::kBuckets: LexBuckets(); break;
      case State::kDone: Emit(Tok::kEof); break;
    }
  }
  last_pos_ = token_.pos;
  return std::move(token_);
}

void Lexer::LexStatements() {
  if (histogram_ != HistogramState::kNone) return LexHistogram();
  if (brace_open_) return LexBraces();
  state_ = State::kStatements;
  if (pos_ < input_.size() && input_[pos_] == '#') return LexComment();
  const int32_t r = Read();
  if (r == kEndRune) {
    if (paren_depth_ != 0) return Error("unclosed left parenthesis");
    if (bracket_open_) return Error("unclosed left bracket");
    return EmitThen(Tok::kEof, State::kDone);
  }
  if (IsSpace(r)) return SkipSpaces();
  if (LexOperator(r) || LexBracket(r)) return;
  if (IsDigit(r) || (r == '.' && IsDigit(Peek()))) {
    Back();
    return LexNumberOrDuration();
  }
  if (r == '"' || r == '\'') return LexString(r);
  if (r == '`') return LexRawString();
  if (IsAlpha(r) || r == ':') {
    if (bracket_open_) return LexWordInBrackets(r);
    Back();
    return LexWord();
  }
  Error("unexpected character: " + GoQuoteRune(r));
}

bool Lexer::LexOperator(int32_t r) {
  const auto two = [this](char second, Tok both, Tok one) {
    if (Peek() == second) {
      Read();
      Emit(both);
    } else {
      Emit(one);
    }
  };
  switch (r) {
    case ',': Emit(Tok::kComma); return true;
    case '*': Emit(Tok::kMul); return true;
    case '/': Emit(Tok::kDiv); return true;
    case '%': Emit(Tok::kMod); return true;
    case '+': Emit(Tok::kAdd); return true;
    case '-': Emit(Tok::kSub); return true;
    case '^': Emit(Tok::kPow); return true;
    case '@': Emit(Tok::kAt); return true;
    case '=':
      if (Peek() == '~') {
        Error("unexpected character after '=': '~'");
      } else {
        two('=', Tok::kEqlc, Tok::kEql);
      }
      return true;
    case '!':
      if (const int32_t next = Read(); next != '=') {
        Error("unexpected character after '!': " + GoQuoteRune(next));
      } else {
        Emit(Tok::kNeq);
      }
      return true;
    case '<':
      if (Peek() == '/')
        two('/', Tok::kTrimUpper, Tok::kLss);
      else
        two('=', Tok::kLte, Tok::kLss);
      return true;
    case '>':
      if (Peek() == '/')
        two('/', Tok::kTrimLower, Tok::kGtr);
      else
        two('=', Tok::kGte, Tok::kGtr);
      return true;
    default: return false;
  }
}

bool Lexer::LexBracket(int32_t r) {
  switch (r) {
    case '(':
      ++paren_depth_;
      Emit(Tok::kLeftParen);
      return true;
    case ')':
      Emit(Tok::kRightParen);
      if (--paren_depth_ < 0) Error("unexpected right parenthesis ')'");
      return true;
    case '{':
      brace_open_ = true;
      EmitThen(Tok::kLeftBrace, State::kBraces);
      return true;
    case '[':
      if (bracket_open_) {
        Error("unexpected left bracket '['");
        return true;
      }
      got_colon_ = false;
      Emit(Tok::kLeftBracket);
      if (IsSpace(Peek())) SkipSpaces();
      bracket_open_ = true;
      state_ = State::kDuration;
      return true;
    case ']':
      if (!bracket_open_) {
        Error("unexpected right bracket ']'");
        return true;
      }
      Emit(Tok::kRightBracket);
      bracket_open_ = false;
      return true;
    default: return false;
  }
}

void Lexer::LexWordInBrackets(int32_t r) {
  if (r == ':') {
    if (got_colon_) return Error("unexpected colon ':'");
    got_colon_ = true;
    return Emit(Tok::kColon);
  }
  if (StartsDurationKeyword(r) && ScanDurationKeyword()) return;
  Error("unexpected character: " + GoQuoteRune(r) + ", expected ':'");
}

void Lexer::LexComment() {
  while (true) {
    const int32_t r = Read();
    if (r == '\r' || r == '\n' || r == kEndRune) break;
  }
  Back();
  EmitThen(Tok::kComment, State::kStatements);
}

void Lexer::LexBraces() {
  state_ = State::kBraces;
  if (pos_ < input_.size() && input_[pos_] == '#') return LexComment();
  const int32_t r = Read();
  if (r == kEndRune) return Error("unexpected end of input inside braces");
  if (IsSpace(r)) return SkipSpaces();
  if (IsAlpha(r)) {
    Back();
    return LexName();
  }
  switch (r) {
    case ',': return Emit(Tok::kComma);
    case '"':
    case '\'': return LexString(r);
    case '`': return LexRawString();
    case '=': return Emit(Accept("~") ? Tok::kEqlRegex : Tok::kEql);
    case '!': {
      const int32_t next = Read();
      if (next == '~') return Emit(Tok::kNeqRegex);
      if (next == '=') return Emit(Tok::kNeq);
      return Error("unexpected character after '!' inside braces: " + GoQuoteRune(next));
    }
    case '{': return Error("unexpected left brace '{'");
    case '}':
      brace_open_ = false;
      return EmitThen(Tok::kRightBrace, series_ ? State::kValues : State::kStatements);
    default: return Error("unexpected character inside braces: " + GoQuoteRune(r));
  }
}

void Lexer::LexDuration() {
  const int32_t r = Read();
  switch (r) {
    case kEndRune: return Error("unexpected end of input in duration expression");
    case ']':
      bracket_open_ = false;
      got_colon_ = false;
      return EmitThen(Tok::kRightBracket, State::kStatements);
    case ':':
      Emit(Tok::kColon);
      if (!got_duration_) return Error("unexpected colon before duration in duration expression");
      if (got_colon_) return Error("unexpected repeated colon in duration expression");
      got_colon_ = true;
      return;
    case '(': ++paren_depth_; return Emit(Tok::kLeftParen);
    case ')':
      Emit(Tok::kRightParen);
      if (--paren_depth_ < 0) Error("unexpected right parenthesis ')'");
      return;
    case '+': return Emit(Tok::kAdd);
    case '-': return Emit(Tok::kSub);
    case '*': return Emit(Tok::kMul);
    case '/': return Emit(Tok::kDiv);
    case '%': return Emit(Tok::kMod);
    case '^': return Emit(Tok::kPow);
    case ',': return Emit(Tok::kComma);
    default: break;
  }
  if (IsSpace(r)) return SkipSpaces();
  if (IsDigit(r) || (r == '.' && IsDigit(Peek()))) {
    Back();
    got_duration_ = true;
    return LexNumberOrDuration();
  }
  if (StartsDurationKeyword(r) && ScanDurationKeyword()) return;
  Error("unexpected character in duration expression: " + GoQuoteRune(r));
}

void Lexer::LexValues() {
  if (histogram_ != HistogramState::kNone) return LexHistogram();
  state_ = State::kValues;
  const int32_t r = Read();
  if (r == kEndRune) {
    state_ = State::kStatements;
    return;
  }
  if (r == '{' && Peek() == '{') {
    Read();
    histogram_ = HistogramState::kOpen;
    return EmitThen(Tok::kOpenHist, State::kHistogram);
  }
  if (IsSpace(r)) {
    Emit(Tok::kSpace);
    return SkipSpaces();
  }
  if (IsDigit(r) || (r == '.' && IsDigit(Peek()))) {
    Back();
    LexNumber();
    if (state_ != State::kDone) state_ = State::kValues;
    return;
  }
  switch (r) {
    case '+': return Emit(Tok::kAdd);
    case '-': return Emit(Tok::kSub);
    case 'x': return Emit(Tok::kTimes);
    case '_': return Emit(Tok::kBlank);
    default: break;
  }
  if (IsAlpha(r)) {
    Back();
    return LexWord();
  }
  Error("unexpected character in series sequence: " + GoQuoteRune(r));
}

void Lexer::LexHistogramTail() {
  const Tok type = histogram_ == HistogramState::kTimes ? Tok::kTimes
                   : histogram_ == HistogramState::kAdd ? Tok::kAdd
                                                        : Tok::kSub;
  histogram_ = HistogramState::kNone;
  Read();
  EmitThen(type, State::kValues);
}

void Lexer::LexHistogram() {
  if (histogram_ == HistogramState::kNone) {
    state_ = State::kStatements;
    return;
  }
  if (histogram_ != HistogramState::kOpen) return LexHistogramTail();
  if (bracket_open_) return LexBuckets();
  state_ = State::kHistogram;
  const int32_t r = Read();
  if (IsSpace(r)) {
    Emit(Tok::kSpace);
    return SkipSpaces();
  }
  if (r == 'x') {
    Emit(Tok::kTimes);
    return;
  }
  if (IsAlpha(r)) {
    Back();
    return LexHistogramWord();
  }
  if (r == ':') return Emit(Tok::kColon);
  if (r == '-') return Emit(Tok::kSub);
  if (r == '+') return Emit(Tok::kAdd);
  if (IsDigit(r)) {
    Back();
    return LexNumber();
  }
  if (r == '[') {
    bracket_open_ = true;
    return EmitThen(Tok::kLeftBracket, State::kBuckets);
  }
  if (r != '}' || Peek() != '}') {
    return Error("histogram description incomplete unexpected: " + GoQuoteRune(r));
  }
  Read();
  Emit(Tok::kCloseHist);
  switch (Peek()) {
    case 'x': histogram_ = HistogramState::kTimes; break;
    case '+': histogram_ = HistogramState::kAdd; break;
    case '-': histogram_ = HistogramState::kSub; break;
    default: histogram_ = HistogramState::kNone; state_ = State::kValues;
  }
}

void Lexer::LexHistogramWord() {
  while (IsAlpha(Peek())) Read();
  const std::string word = Lower(Pending());
  if (const Tok type = HistogramDescriptorOf(word); type != Tok::kError) {
    if (Peek() == ':') return Emit(type);
    return Error("missing `:` for histogram descriptor");
  }
  if (KeywordOf(word) == Tok::kNumber) return Emit(Tok::kNumber);
  if (const Tok type = ResetHintOf(word); type != Tok::kError) return Emit(type);
  Error("bad histogram descriptor found: " + GoQuote(Pending()));
}

void Lexer::LexBuckets() {
  state_ = State::kBuckets;
  const int32_t r = Read();
  if (IsSpace(r)) {
    Emit(Tok::kSpace);
    return SkipSpaces();
  }
  if (r == '-') return Emit(Tok::kSub);
  if (IsDigit(r) || (r == '.' && IsDigit(Peek()))) {
    Back();
    return LexNumber();
  }
  if (r == ']') {
    bracket_open_ = false;
    return EmitThen(Tok::kRightBracket, State::kHistogram);
  }
  if (IsAlpha(r)) {
    while (IsAlpha(Peek())) Read();
    if (KeywordOf(Lower(Pending())) == Tok::kNumber) return Emit(Tok::kNumber);
  }
  Error("invalid character in buckets description: " + GoQuoteRune(r));
}

void Lexer::LexName() {
  while (IsAlphaNumeric(Peek())) Read();
  Emit(Tok::kIdentifier);
}

void Lexer::LexWord() {
  while (IsAlphaNumeric(Peek()) || Peek() == ':') Read();
  const std::string_view word = Pending();
  Tok type = KeywordOf(Lower(word));
  if ((type == Tok::kFill || type == Tok::kFillLeft || type == Tok::kFillRight) &&
      !ParenthesisFollows()) {
    type = Tok::kIdentifier;
  }
  if (type == Tok::kIdentifier && word.find(':') != std::string_view::npos)
    type = Tok::kMetricIdentifier;
  Emit(type);
  state_ = series_ && Peek() != '{' ? State::kValues : State::kStatements;
}

bool Lexer::ParenthesisFollows() const {
  size_t at = pos_;
  while (at < input_.size() && IsSpace(input_[at])) ++at;
  return at < input_.size() && input_[at] == '(';
}

void Lexer::LexString(int32_t quote) {
  while (true) {
    const int32_t r = Read();
    if (r == '\\') {
      if (!LexEscape(quote)) return;
    } else if (r == kBadRune) {
      return Error("invalid UTF-8 rune");
    } else if (r == kEndRune || r == '\n') {
      return Error("unterminated quoted string");
    } else if (r == quote) {
      break;
    }
  }
  EmitThen(Tok::kString, State::kStatements);
}

bool Lexer::LexEscape(int32_t quote) {
  int32_t r = Read();
  int digits = 0;
  uint32_t base = 16;
  uint32_t limit = 0x10FFFF;
  if (r == quote || (r > 0 && std::string_view("abfnrtv\\").find(static_cast<char>(r)) !=
                                  std::string_view::npos)) {
    return true;
  }
  if (r >= '0' && r <= '7') {
    digits = 3, base = 8, limit = 255;
  } else if (r == 'x' || r == 'u' || r == 'U') {
    digits = r == 'x' ? 2 : r == 'u' ? 4 : 8;
    if (r == 'x') limit = 255;
    r = Read();
  } else if (r == kEndRune) {
    Error("escape sequence not terminated");
    return false;
  } else {
    Error("unknown escape sequence " + GoUnicode(r));
    return false;
  }
  uint32_t value = 0;
  for (; digits > 0; --digits) {
    const uint32_t digit = IsDigit(r)               ? static_cast<uint32_t>(r - '0')
                           : (r >= 'a' && r <= 'f') ? static_cast<uint32_t>(r - 'a' + 10)
                           : (r >= 'A' && r <= 'F') ? static_cast<uint32_t>(r - 'A' + 10)
                                                    : 16u;
    if (digit >= base) {
      Error(r == kEndRune ? "escape sequence not terminated"
                          : "illegal character " + GoUnicode(r) + " in escape sequence");
      return false;
    }
    value = value * base + digit;
    if (digits > 1) r = Read();
  }
  if (value > limit || (value >= 0xD800 && value < 0xE000)) {
    Error("escape sequence is an invalid Unicode code point");
    return false;
  }
  return true;
}

void Lexer::LexRawString() {
  while (true) {
    const int32_t r = Read();
    if (r == kBadRune) return Error("invalid UTF-8 rune");
    if (r == kEndRune) return Error("unterminated raw string");
    if (r == '`') break;
  }
  EmitThen(Tok::kString, State::kStatements);
}

void Lexer::LexNumber() {
  if (!ScanNumber()) return Error("bad number syntax: " + GoQuote(Pending()));
  Emit(Tok::kNumber);
}

void Lexer::LexNumberOrDuration() {
  if (ScanNumber()) return EmitThen(Tok::kNumber, State::kStatements);
  if (ScanDuration()) return EmitThen(Tok::kDuration, State::kStatements);
  Error("bad number or duration syntax: " + GoQuote(Pending()));
}

bool Lexer::ScanDurationKeyword() {
  while (IsAlpha(Peek())) Read();
  const Tok type = KeywordOf(Lower(Pending()));
  if (type != Tok::kStep && type != Tok::kRange && type != Tok::kMaxOf && type != Tok::kMinOf)
    return false;
  Emit(type);
  return true;
}

bool Lexer::ScanDuration() {
  if (!Accept("smhdwy")) return false;
  Accept("s");
  while (Accept(kDigits)) {
    AcceptRun(kDigits);
    if (!Accept("smhdw")) return false;
    Accept("s");
  }
  if (!IsAlphaNumeric(Peek())) return true;
  Read();
  return false;
}

bool Lexer::ScanNumber() {
  const size_t initial = pos_;
  std::string_view digits = kDigits;
  bool hex = false;
  if (!series_ && Accept("0") && Accept("xX")) {
    Accept("_");
    digits = kHexDigits;
    hex = true;
  }
  Accept(".");
  Accept(digits);
  if (!ScanNumberBody(digits, hex) || pos_ == initial) return false;
  const int32_t next = Peek();
  return (series_ && next == 'x') || !IsAlphaNumeric(next);
}

// A character that may not follow ends the scan behind it: the error text shows it.
bool Lexer::ScanNumberBody(std::string_view digits, bool hex) {
  bool dot = false;
  bool exponent = false;
  while (PeekIs(digits) || PeekIs("._eE")) {
    if (PeekIs(".") && dot) {
      Accept(".");
      return false;
    }
    if (PeekIs("eE") && exponent) {
      Accept("eE");
      return false;
    }
    if (Accept(".")) {
      dot = true;
      if (Accept("_.") || hex) return false;
    } else if (Accept("eE")) {
      exponent = true;
      Accept("+-");
      if (Accept("._eE") || pos_ >= input_.size()) return false;
    } else if (Accept("_")) {
      if (Accept("._eE") || pos_ >= input_.size()) return false;
    } else {
      AcceptRun(digits);
    }
  }
  return true;
}

}  // namespace pharos::query::promql
