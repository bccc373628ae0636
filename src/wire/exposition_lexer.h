// Tokens of the two text formats that scrape targets speak: Prometheus text 0.0.4 and
// OpenMetrics 1.0. Same states and same quirks as Prometheus's own lexers, so that the same
// pages are taken and refused.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace pharos::wire {

enum class ExpoToken : uint8_t {
  kInvalid,
  kEof,
  kLinebreak,
  kWhitespace,
  kHelp,
  kType,
  kUnit,
  kEofWord,
  kText,
  kComment,
  kMName,
  kQString,
  kBraceOpen,
  kBraceClose,
  kLName,
  kLValue,
  kComma,
  kEqual,
  kTimestamp,
  kValue
};

/// The name that Prometheus's errors give a token ("LINEBREAK").
std::string_view TokenName(ExpoToken token);

/// Owns: nothing; reads `text`, which must outlive it. Threads: one. Errors: kInvalid. Cost:
/// one pass, no allocation.
class ExpositionLexer {
 public:
  ExpositionLexer(std::string_view text, bool open_metrics)
      : text_(text), open_metrics_(open_metrics) {}

  /// The next token; in the Prometheus format whitespace between tokens is skipped.
  ExpoToken Next();
  /// Bounds of the last token.
  size_t start() const { return start_; }
  size_t end() const { return at_; }
  /// Goes on at the start of a line.
  void GoTo(size_t line_start) {
    at_ = line_start;
    state_ = State::kInit;
  }
  std::string_view token() const { return text_.substr(start_, at_ - start_); }

 private:
  enum class State : uint8_t {
    kInit,
    kComment,
    kMeta1,
    kMeta2,
    kLabels,
    kLValue,
    kValue,
    kTimestamp,
    kExemplar,
    kEValue,
    kETimestamp
  };
  ExpoToken Lex();
  ExpoToken LexOpenMetrics();
  ExpoToken InitCommon();
  ExpoToken LabelsCommon(State value_state, State after_close);
  ExpoToken Name(bool colons, State next, ExpoToken token);
  ExpoToken Quoted(bool newlines, State next, ExpoToken token);
  ExpoToken SpacedWord(State next, ExpoToken token);
  ExpoToken RestOfComment();
  bool Take(std::string_view word);
  ExpoToken Go(State state, ExpoToken token) {
    state_ = state;
    return token;
  }
  /// The byte at `at_ + ahead`, 0 at the end of the page (as Go's lexer sees it).
  char Peek(size_t ahead = 0) const {
    return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
  }
  bool AtEnd() const { return at_ >= text_.size(); }

  std::string_view text_;
  bool open_metrics_;
  State state_ = State::kInit;
  size_t start_ = 0, at_ = 0;
};

}  // namespace pharos::wire
