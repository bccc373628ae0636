// What an eval of a script expects, and whether an answer is that.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "query/promql/engine.h"
#include "query/promql/series_description.h"

namespace pharos::query::promql {

/// `expect warn msg: …` and the like: an exact text, or a regex, or anything.
class ExpectedText {
 public:
  static ExpectedText Anything() { return {}; }
  static ExpectedText Message(std::string text);
  /// False when the regex does not compile.
  static bool Regex(const std::string& pattern, ExpectedText* out);
  bool Matches(const std::string& text) const;
  std::string ToString() const { return text_; }

 private:
  enum class Kind { kAnything, kMessage, kRegex } kind_ = Kind::kAnything;
  std::string text_;
};

struct Expectation {
  int line = 0;
  std::string query;
  bool is_range = false;
  int64_t start_ms = 0;
  int64_t end_ms = 0;
  int64_t step_ms = 0;
  int64_t eval_ms = 0;

  bool fail = false;
  bool warn = false;  ///< eval_warn: some warning
  bool info = false;  ///< eval_info: some info
  bool ordered = false;
  bool no_warn = false;
  bool no_info = false;
  bool no_range_check = false;
  std::vector<ExpectedText> fail_texts, warn_texts, info_texts;

  bool expect_scalar = false;
  SequenceValue scalar;
  bool expect_string = false;
  std::string text;
  struct Entry {
    int position;
    std::vector<SequenceValue> values;
  };
  std::map<model::Labels, Entry> series;
};

/// "" when the answer is as expected, else what is wrong.
std::string CompareAnswer(const Expectation& expected, const QueryValue& actual);
std::string CompareRemarks(const Expectation& expected, const std::vector<std::string>& warnings,
                           const std::vector<std::string>& infos);
std::string CompareFailure(const Expectation& expected, const std::string& message);

}  // namespace pharos::query::promql
