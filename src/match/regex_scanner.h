// The reading of a regex in Go's dialect that its readers share: flags, heads of groups, counts.
#pragma once

#include <algorithm>
#include <string_view>

namespace pharos::match {

/// A place in a regex. Owns: nothing; the text must outlive it. Threads: one. Errors: none of
/// its own; what it does not know it does not take. Cost: no allocation.
class RegexScanner {
 protected:
  explicit RegexScanner(std::string_view regex) : regex_(regex) {}

  bool End() const { return at_ >= regex_.size(); }
  char Peek() const { return regex_[at_]; }
  bool Take(std::string_view text) {
    if (!regex_.substr(at_).starts_with(text)) return false;
    at_ += text.size();
    return true;
  }
  bool AtRepeat() const {
    return !End() && std::string_view("*+?{").find(Peek()) != std::string_view::npos;
  }

  /// `(?i)`: flags for the rest of the group.
  bool TakeFlags(bool* fold) {
    if (!regex_.substr(at_).starts_with("(?")) return false;
    return TakeFlagsUntil(at_ + 2, ')', fold);
  }
  /// What follows the `(` of a group: nothing, a name, or flags and a colon. False for others.
  bool TakeGroupHead(bool* fold) {
    if (!Take("?")) return true;
    if (!Take("P<") && !Take("<")) return TakeFlagsUntil(at_, ':', fold);
    const size_t end = regex_.find('>', at_);
    if (end == std::string_view::npos) return false;
    at_ = end + 1;
    return true;
  }

  struct Counts {
    int least = 0;  ///< at most 1000
    bool at_most_once = false;
  };
  /// `{2}`, `{2,}`, `{2,5}`; any other brace is literal.
  bool TakeCounts(Counts* out) {
    if (End() || Peek() != '{') return false;
    const size_t end = regex_.find('}', at_);
    if (end == std::string_view::npos) return false;
    const std::string_view inside = regex_.substr(at_ + 1, end - at_ - 1);
    const size_t comma = inside.find(',');
    const std::string_view least = inside.substr(0, comma);
    const std::string_view most =
        comma == std::string_view::npos ? least : inside.substr(comma + 1);
    if (least.empty() || !OnlyDigits(least) || !OnlyDigits(most)) return false;
    out->least = 0;
    for (const char c : least) out->least = std::min(1000, out->least * 10 + (c - '0'));
    out->at_most_once = most == "1" && out->least <= 1;
    at_ = end + 1;
    return true;
  }

  const std::string_view regex_;
  size_t at_ = 0;

 private:
  static bool OnlyDigits(std::string_view text) {
    return text.find_first_not_of("0123456789") == std::string_view::npos;
  }
  bool TakeFlagsUntil(size_t begin, char last, bool* fold) {
    const size_t end = regex_.find_first_not_of("imsU-", begin);
    if (end == std::string_view::npos || regex_[end] != last) return false;
    bool on = true;
    for (const char c : regex_.substr(begin, end - begin)) {
      if (c == '-') on = false;
      if (c == 'i') *fold = on;
    }
    at_ = end + 1;
    return true;
  }
};

}  // namespace pharos::match
