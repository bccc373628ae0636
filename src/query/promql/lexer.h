// Cuts an expression, or a series description, into tokens. Which characters mean what
// depends on where they stand: inside braces words are never keywords, inside brackets
// there are only durations.
#pragma once

#include <string>
#include <string_view>

#include "query/promql/token.h"

namespace pharos::query::promql {

/// Owns: nothing; the input must outlive it. Threads: one. Errors: a kError token with the
/// message; afterwards only kEof. Cost: linear in the input.
class Lexer {
 public:
  enum class Mode : uint8_t { kExpression, kSeriesDescription };
  explicit Lexer(std::string_view input, Mode mode = Mode::kExpression)
      : input_(input), series_(mode == Mode::kSeriesDescription) {}

  Token Next();

  /// Where the token in the making starts: the position of lexical errors.
  int start() const { return static_cast<int>(start_); }
  /// Start of the token that Next returned last.
  int last_pos() const { return last_pos_; }

 private:
  enum class State : uint8_t {
    kStatements,
    kBraces,
    kDuration,
    kValues,
    kHistogram,
    kBuckets,
    kDone
  };
  enum class HistogramState : uint8_t { kNone, kOpen, kTimes, kAdd, kSub };

  int32_t Read();
  int32_t Peek() const;
  void Back() { pos_ -= width_; }
  bool Accept(std::string_view set);
  bool PeekIs(std::string_view set) const;
  void AcceptRun(std::string_view set);
  void SkipSpaces();
  void Emit(Tok type);
  void EmitThen(Tok type, State next) {
    Emit(type);
    state_ = next;
  }
  void Error(std::string message);
  std::string_view Pending() const { return input_.substr(start_, pos_ - start_); }

  void LexStatements();
  bool LexOperator(int32_t rune);
  bool LexBracket(int32_t rune);
  void LexBraces();
  void LexDuration();
  void LexValues();
  void LexHistogram();
  void LexHistogramTail();
  void LexHistogramWord();
  void LexBuckets();
  void LexComment();
  void LexNumber();
  void LexNumberOrDuration();
  void LexWord();
  void LexName();
  void LexString(int32_t quote);
  bool LexEscape(int32_t quote);
  void LexRawString();
  void LexWordInBrackets(int32_t rune);
  bool ScanNumber();
  bool ScanNumberBody(std::string_view digits, bool hex);
  bool ScanDuration();
  bool ScanDurationKeyword();
  bool ParenthesisFollows() const;

  std::string_view input_;
  const bool series_;
  State state_ = State::kStatements;
  HistogramState histogram_ = HistogramState::kNone;
  size_t pos_ = 0;
  size_t start_ = 0;
  uint32_t width_ = 0;
  int last_pos_ = 0;
  int paren_depth_ = 0;
  bool brace_open_ = false;
  bool bracket_open_ = false;
  bool got_colon_ = false;
  bool got_duration_ = false;
  bool have_token_ = false;
  Token token_;
};

}  // namespace pharos::query::promql
