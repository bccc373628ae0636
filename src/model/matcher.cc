#include "model/matcher.h"

#include <re2/re2.h>

#include <algorithm>

#include "model/go_regex.h"

namespace pharos::model {
namespace {

using base::ErrorKind;
using base::Fail;
using base::Result;

/// Plain strings joined by `|`, or nothing when the pattern is more than that.
std::vector<std::string> PlainAlternatives(std::string_view pattern) {
  std::vector<std::string> out(1);
  for (const char c : pattern) {
    if (c == '|') {
      out.emplace_back();
    } else if (std::string_view("\\.+*?()[]{}^$").find(c) != std::string_view::npos) {
      return {};
    } else {
      out.back() += c;
    }
  }
  return out;
}

}  // namespace

struct Matcher::Regex {
  std::vector<std::string> literals;
  std::unique_ptr<RE2> compiled;  // null when the literals say it all
};

Matcher::Matcher(MatchOp op, std::string name, std::string value)
    : op_(op), name_(std::move(name)), value_(std::move(value)) {}

Result<Matcher> Matcher::Make(MatchOp op, std::string name, std::string value) {
  Matcher out(op, std::move(name), std::move(value));
  if (op == MatchOp::kRegex || op == MatchOp::kNotRegex) {
    auto regex = std::make_shared<Regex>();
    regex->literals = PlainAlternatives(out.value_);
    if (regex->literals.empty()) {
      RE2::Options options;
      options.set_log_errors(false);
      options.set_dot_nl(true);
      options.set_max_mem(64 << 20);
      regex->compiled = std::make_unique<RE2>("^(?:" + GoRegexToRe2(out.value_) + ")$", options);
      if (!regex->compiled->ok()) {
        return Fail(ErrorKind::kBadInput, "error parsing regexp: " + regex->compiled->error());
      }
    }
    out.regex_ = std::move(regex);
  }
  out.matches_empty_ = out.Matches("");
  return out;
}

Matcher Matcher::Equal(std::string name, std::string value) {
  Matcher out(MatchOp::kEqual, std::move(name), std::move(value));
  out.matches_empty_ = out.value_.empty();
  return out;
}

bool Matcher::Matches(std::string_view value) const {
  switch (op_) {
    case MatchOp::kEqual: return value == value_;
    case MatchOp::kNotEqual: return value != value_;
    case MatchOp::kRegex:
    case MatchOp::kNotRegex: {
      const auto& literals = regex_->literals;
      const bool found =
          regex_->compiled
              ? RE2::FullMatch(re2::StringPiece(value.data(), value.size()), *regex_->compiled)
              : std::find(literals.begin(), literals.end(), value) != literals.end();
      return found == (op_ == MatchOp::kRegex);
    }
  }
  return false;
}

const std::vector<std::string>& Matcher::literals() const {
  static const std::vector<std::string> none;
  return op_ == MatchOp::kRegex ? regex_->literals : none;
}

bool Matcher::Bounds(std::string* min, std::string* max) const {
  constexpr int kBytes = 32;  // longer bounds would not tell much more
  return op_ == MatchOp::kRegex && regex_->compiled != nullptr &&
         regex_->compiled->PossibleMatchRange(min, max, kBytes);
}

std::string Matcher::ToString() const {
  static constexpr std::string_view kOps[] = {"=", "!=", "=~", "!~"};
  std::string out = name_;
  out += kOps[static_cast<size_t>(op_)];
  out += '"';
  for (const char c : value_) {
    if (c == '"' || c == '\\') out += '\\';
    if (c == '\n') {
      out += "\\n";
    } else {
      out += c;
    }
  }
  return out += '"';
}

bool MatchesAll(const std::vector<Matcher>& matchers, const Labels& labels) {
  return std::all_of(matchers.begin(), matchers.end(), [&](const Matcher& matcher) {
    return matcher.Matches(labels.Get(matcher.name()));
  });
}

}  // namespace pharos::model
