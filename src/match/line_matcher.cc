#include "match/line_matcher.h"

#include <re2/re2.h>

#include <algorithm>
#include <cstring>
#include <optional>

#include "match/ip_filter.h"
#include "match/limits.h"
#include "match/pattern.h"

namespace pharos::match {
namespace {

using base::ErrorKind;
using base::Fail;
using base::Result;

RE2::Options RegexOptions() {
  RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(kMaxRegexBytes);
  return options;
}

bool Contains(std::string_view line, std::string_view needle) {
  if (line.empty() || needle.empty()) return needle.empty();
  return memmem(line.data(), line.size(), needle.data(), needle.size()) != nullptr;
}

/// RE2 and Go's regexp are one design with two wordings.
std::string_view GoWording(RE2::ErrorCode code, std::string_view re2) {
  switch (code) {
    case RE2::ErrorMissingParen:
      return re2.starts_with("unexpected") ? "unexpected )" : "missing closing )";
    case RE2::ErrorMissingBracket: return "missing closing ]";
    case RE2::ErrorRepeatArgument: return "missing argument to repetition operator";
    case RE2::ErrorRepeatSize: return "invalid repeat count";
    case RE2::ErrorRepeatOp: return "invalid nested repetition operator";
    case RE2::ErrorTrailingBackslash: return "trailing backslash at end of expression";
    case RE2::ErrorBadPerlOp: return "invalid or unsupported Perl syntax";
    case RE2::ErrorBadNamedCapture: return "invalid named capture";
    case RE2::ErrorPatternTooLarge: return "expression too large";
    default: return re2;
  }
}

std::string RegexError(const RE2& regex) {
  std::string re2 = regex.error();
  if (const size_t colon = re2.find(": "); colon != std::string::npos) re2.resize(colon);
  const std::string what(GoWording(regex.error_code(), re2));
  return "error parsing regexp: " + what + ": `" + regex.error_arg() + "`";
}

bool Alphanumeric(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

}  // namespace

std::string_view LineOpText(LineOp op) {
  switch (op) {
    case LineOp::kContains: return "|=";
    case LineOp::kNotContains: return "!=";
    case LineOp::kRegex: return "|~";
    case LineOp::kNotRegex: return "!~";
    case LineOp::kPattern: return "|>";
    case LineOp::kNotPattern: return "!>";
  }
  return "";
}

Result<void> CheckRegex(std::string_view pattern) {
  const RE2 regex(re2::StringPiece(pattern.data(), pattern.size()), RegexOptions());
  if (!regex.ok()) return Fail(ErrorKind::kBadInput, RegexError(regex));
  return {};
}

std::vector<std::string> RequiredLiterals(std::string_view regex, bool* whole) {
  *whole = false;
  // Groups, alternatives and classes: too clever for this; RE2 does the work then.
  if (regex.find_first_of("|([") != std::string_view::npos) return {};
  std::vector<std::string> all;
  std::string run;
  bool plain = true;
  const auto cut = [&] {
    if (!run.empty()) all.push_back(run);
    run.clear();
    plain = false;
  };
  for (size_t i = 0; i < regex.size(); ++i) {
    char c = regex[i];
    if (c == '*' || c == '?' || c == '{') {
      if (!run.empty()) run.pop_back();  // what it stands behind may be missing
      while (!run.empty() && (static_cast<unsigned char>(run.back()) & 0x80) != 0) run.pop_back();
      cut();
      if (c == '{') {
        i = std::min(regex.find('}', i), regex.size());
      }
      continue;
    }
    if (c == '.' || c == '^' || c == '$' || c == '+') {
      cut();
      continue;
    }
    if (c == '\\') {
      if (++i >= regex.size()) return {};
      if (Alphanumeric(regex[i])) {
        if (std::string_view("QEpPxC0123456789").find(regex[i]) != std::string_view::npos)
          return {};
        cut();
        continue;
      }
      c = regex[i];
    }
    run += c;
  }
  if (plain) {
    *whole = true;
    return {run};
  }
  cut();
  return all;
}

std::string RequiredLiteral(std::string_view regex, bool* whole) {
  std::string best;
  for (std::string& literal : RequiredLiterals(regex, whole)) {
    if (literal.size() > best.size()) best = std::move(literal);
  }
  return best;
}

struct LineMatcher::Term {
  LineOp op;
  std::string literal;  ///< of a substring or regex
  std::vector<std::string> literals;
  bool exact = false;
  std::optional<IpFilter> ip;
  std::optional<Pattern> pattern;
  std::unique_ptr<RE2> regex;

  bool Found(std::string_view line) const {
    if (ip) return ip->FoundIn(line);
    if (pattern) return pattern->Test(line);
    if (!Contains(line, literal)) return false;
    return exact || RE2::PartialMatch(re2::StringPiece(line.data(), line.size()), *regex);
  }
};

namespace {

Result<std::shared_ptr<const LineMatcher::Term>> MakeTerm(LineOp op, const LineTerm& term) {
  auto made = std::make_shared<LineMatcher::Term>();
  made->op = op;
  if (term.ip) {
    PHAROS_TRY(made->ip, IpFilter::Make(term.text));
    return made;
  }
  switch (op) {
    case LineOp::kContains:
    case LineOp::kNotContains:
      made->literal = term.text;
      made->literals = {term.text};
      made->exact = true;
      break;
    case LineOp::kPattern:
    case LineOp::kNotPattern: {
      PHAROS_TRY(made->pattern, Pattern::ForFilter(term.text));
      break;
    }
    case LineOp::kRegex:
    case LineOp::kNotRegex:
      made->regex = std::make_unique<RE2>(term.text, RegexOptions());
      if (!made->regex->ok()) return Fail(ErrorKind::kBadInput, RegexError(*made->regex));
      made->literal = RequiredLiteral(term.text, &made->exact);
      made->literals = RequiredLiterals(term.text, &made->exact);
      break;
  }
  return made;
}

}  // namespace

Result<LineMatcher> LineMatcher::Make(LineOp op, const std::vector<LineTerm>& terms) {
  LineMatcher matcher;
  matcher.op_ = op;
  for (const LineTerm& term : terms) {
    PHAROS_TRY(auto made, MakeTerm(op, term));
    matcher.terms_.push_back(std::move(made));
  }
  if (matcher.terms_.size() == 1) {
    matcher.literal_ = matcher.terms_[0]->literal;
    matcher.literals_ = matcher.terms_[0]->literals;
    matcher.exact_ = matcher.terms_[0]->exact;
  }
  return matcher;
}

bool LineMatcher::Matches(std::string_view line) const {
  const bool found = std::any_of(terms_.begin(), terms_.end(),
                                 [&](const auto& term) { return term->Found(line); });
  return found != IsNegative(op_);
}

}  // namespace pharos::match
