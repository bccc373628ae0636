#include "wire/exposition_lexer.h"

namespace pharos::wire {
namespace {

bool Blank(char c) { return c == ' ' || c == '\t'; }
bool Digit(char c) { return c >= '0' && c <= '9'; }
bool NameStart(char c, bool colons) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (colons && c == ':');
}

}  // namespace

std::string_view TokenName(ExpoToken token) {
  constexpr std::string_view kNames[] = {"INVALID", "EOF",     "LINEBREAK", "WHITESPACE", "HELP",
                                         "TYPE",    "UNIT",    "EOFWORD",   "TEXT",       "COMMENT",
                                         "MNAME",   "QSTRING", "BOPEN",     "BCLOSE",     "LNAME",
                                         "LVALUE",  "COMMA",   "EQUAL",     "TIMESTAMP",  "VALUE"};
  return kNames[static_cast<size_t>(token)];
}

ExpoToken ExpositionLexer::Next() {
  while (true) {
    if (!open_metrics_ || !AtEnd()) start_ = at_;  // as Go's: the end does not move it
    const ExpoToken token = open_metrics_ ? LexOpenMetrics() : Lex();
    if (token != ExpoToken::kWhitespace) return token;
  }
}

bool ExpositionLexer::Take(std::string_view word) {
  if (text_.substr(at_, word.size()) != word) return false;
  at_ += word.size();
  return true;
}

ExpoToken ExpositionLexer::Name(bool colons, State next, ExpoToken token) {
  if (!NameStart(Peek(), colons)) return ExpoToken::kInvalid;
  while (!AtEnd() && (NameStart(Peek(), colons) || Digit(Peek()))) ++at_;
  return Go(next, token);
}

ExpoToken ExpositionLexer::Quoted(bool newlines, State next, ExpoToken token) {
  ++at_;  // the opening quote
  while (!AtEnd()) {
    const char c = text_[at_];
    if (c == '\n' && !newlines) break;
    if (c == '\0' && state_ == State::kEValue) break;  // a quirk of the original's tables
    ++at_;
    if (c == '"') return Go(next, token);
    if (c == '\\') {
      if (AtEnd() || Peek() == '\n') break;  // an escape takes any byte of the line
      ++at_;
    }
  }
  return ExpoToken::kInvalid;  // errors show what was read until here
}

ExpoToken ExpositionLexer::InitCommon() {
  if (Peek() == '{') {
    ++at_;
    return Go(State::kLabels, ExpoToken::kBraceOpen);
  }
  return Name(true, State::kValue, ExpoToken::kMName);
}

ExpoToken ExpositionLexer::LabelsCommon(State value_state, State after_close) {
  switch (Peek()) {
    case '}': ++at_; return Go(after_close, ExpoToken::kBraceClose);
    case '=': ++at_; return Go(value_state, ExpoToken::kEqual);
    case ',': ++at_; return ExpoToken::kComma;
    case '"': return Quoted(state_ == State::kLabels, state_, ExpoToken::kQString);
    default: return Name(false, state_, ExpoToken::kLName);
  }
}

ExpoToken ExpositionLexer::RestOfComment() {
  while (Peek() != '\0' && Peek() != '\n') ++at_;
  if (Peek() == '\0') return ExpoToken::kEof;
  return Go(State::kInit, ExpoToken::kComment);
}

ExpoToken ExpositionLexer::Lex() {
  if (Blank(Peek()) && state_ != State::kMeta2) {
    while (Blank(Peek())) ++at_;
    return ExpoToken::kWhitespace;
  }
  switch (state_) {
    case State::kInit:
      if (Peek() == '\0') return ExpoToken::kEof;
      if (Peek() == '\n') {
        ++at_;
        return ExpoToken::kLinebreak;
      }
      if (Peek() != '#') return InitCommon();
      ++at_;
      if (!Blank(Peek())) return RestOfComment();
      while (Blank(Peek())) ++at_;
      state_ = State::kComment;
      return ExpoToken::kWhitespace;
    case State::kComment: {
      const bool help = text_.substr(at_, 4) == "HELP", type = text_.substr(at_, 4) == "TYPE";
      if ((!help && !type) || !Blank(Peek(4))) return RestOfComment();
      at_ += 4;
      while (Blank(Peek())) ++at_;
      return Go(State::kMeta1, help ? ExpoToken::kHelp : ExpoToken::kType);
    }
    case State::kMeta1:
      if (Peek() == '"') return Quoted(true, State::kMeta2, ExpoToken::kMName);
      return Name(true, State::kMeta2, ExpoToken::kMName);
    case State::kMeta2:
      while (!AtEnd() && Peek() != '\n') ++at_;
      return Go(State::kInit, ExpoToken::kText);
    case State::kLabels: return LabelsCommon(State::kLValue, State::kValue);
    case State::kLValue:
      if (Peek() != '"') return ExpoToken::kInvalid;
      return Quoted(true, State::kLabels, ExpoToken::kLValue);
    case State::kValue:
      if (Peek() == '{') {
        ++at_;
        return Go(State::kLabels, ExpoToken::kBraceOpen);
      }
      if (Peek() == '\0' || Peek() == '\n') return ExpoToken::kInvalid;
      while (Peek() != '\0' && !Blank(Peek()) && Peek() != '\n' && Peek() != '{') ++at_;
      return Go(State::kTimestamp, ExpoToken::kValue);
    case State::kTimestamp:
      if (Peek() == '\n') {
        ++at_;
        return Go(State::kInit, ExpoToken::kLinebreak);
      }
      if (!Digit(Peek())) return ExpoToken::kInvalid;
      while (Digit(Peek())) ++at_;
      return ExpoToken::kTimestamp;
    default: return ExpoToken::kInvalid;
  }
}

/// ` word`: exactly one space in front.
ExpoToken ExpositionLexer::SpacedWord(State next, ExpoToken token) {
  if (Peek() != ' ') return ExpoToken::kInvalid;
  ++at_;
  if (Peek() == '\0' || Peek() == ' ' || Peek() == '\n') return ExpoToken::kInvalid;
  while (Peek() != '\0' && Peek() != ' ' && Peek() != '\n') ++at_;
  return Go(next, token);
}

ExpoToken ExpositionLexer::LexOpenMetrics() {
  if (AtEnd()) return ExpoToken::kEof;
  const bool line_end = Peek() == '\n';
  switch (state_) {
    case State::kInit:
      if (Peek() != '#') return InitCommon();
      ++at_;
      if (!Take(" ")) return ExpoToken::kInvalid;
      if (Take("HELP ")) return Go(State::kMeta1, ExpoToken::kHelp);
      if (Take("TYPE ")) return Go(State::kMeta1, ExpoToken::kType);
      if (Take("UNIT ")) return Go(State::kMeta1, ExpoToken::kUnit);
      if (!Take("EOF")) return ExpoToken::kInvalid;
      Take("\n");
      return ExpoToken::kEofWord;
    case State::kMeta1:
      if (Peek() == '"') return Quoted(true, State::kMeta2, ExpoToken::kMName);
      return Name(true, State::kMeta2, ExpoToken::kMName);
    case State::kMeta2: {
      const size_t end = text_.find('\n', at_);
      if (Peek() != ' ' || end == text_.npos) return ExpoToken::kInvalid;
      at_ = end + 1;
      return Go(State::kInit, ExpoToken::kText);
    }
    case State::kLabels: return LabelsCommon(State::kLValue, State::kValue);
    case State::kLValue:
      if (Peek() != '"') return ExpoToken::kInvalid;
      return Quoted(false, State::kLabels, ExpoToken::kLValue);
    case State::kValue:
      if (Peek() == '{') {
        ++at_;
        return Go(State::kLabels, ExpoToken::kBraceOpen);
      }
      return SpacedWord(State::kTimestamp, ExpoToken::kValue);
    case State::kTimestamp:
      if (line_end) {
        ++at_;
        return Go(State::kInit, ExpoToken::kLinebreak);
      }
      if (Take(" # {")) return Go(State::kExemplar, ExpoToken::kComment);
      return SpacedWord(State::kTimestamp, ExpoToken::kTimestamp);
    case State::kExemplar: return LabelsCommon(State::kEValue, State::kEValue);
    case State::kEValue:
      if (Peek() == '"') return Quoted(false, State::kExemplar, ExpoToken::kLValue);
      return SpacedWord(State::kETimestamp, ExpoToken::kValue);
    case State::kETimestamp:
      if (line_end) {
        ++at_;
        return Go(State::kInit, ExpoToken::kLinebreak);
      }
      return SpacedWord(State::kETimestamp, ExpoToken::kTimestamp);
    case State::kComment: break;
  }
  return ExpoToken::kInvalid;
}

}  // namespace pharos::wire
