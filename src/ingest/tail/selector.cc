#include "ingest/tail/selector.h"

#include <cctype>
#include <string>

#include "match/json_fields.h"

namespace pharos::ingest::tail {
namespace {

using base::ErrorKind;
using base::Fail;

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  base::Result<void> Labels(std::vector<model::Matcher>* out) {
    if (!Take("{")) return Fault("expected {");
    while (!Take("}")) {
      if (!out->empty() && !Take(",")) return Fault("expected , or }");
      Blanks();
      const size_t begin = at_;
      while (at_ < text_.size() &&
             (std::isalnum(static_cast<unsigned char>(text_[at_])) || text_[at_] == '_')) {
        ++at_;
      }
      const std::string name(text_.substr(begin, at_ - begin));
      if (name.empty()) return Fault("expected a label name");
      model::MatchOp op = model::MatchOp::kEqual;
      if (Take("=~")) {
        op = model::MatchOp::kRegex;
      } else if (Take("!~")) {
        op = model::MatchOp::kNotRegex;
      } else if (Take("!=")) {
        op = model::MatchOp::kNotEqual;
      } else if (!Take("=")) {
        return Fault("expected =, !=, =~ or !~");
      }
      PHAROS_TRY(std::string value, Quoted());
      PHAROS_TRY(model::Matcher matcher, model::Matcher::Make(op, name, std::move(value)));
      out->push_back(std::move(matcher));
    }
    return {};
  }

  base::Result<void> Lines(std::vector<match::LineMatcher>* out) {
    for (Blanks(); at_ < text_.size(); Blanks()) {
      match::LineOp op = match::LineOp::kContains;
      if (Take("|~")) {
        op = match::LineOp::kRegex;
      } else if (Take("!=")) {
        op = match::LineOp::kNotContains;
      } else if (Take("!~")) {
        op = match::LineOp::kNotRegex;
      } else if (!Take("|=")) {
        return Fault("expected |=, !=, |~ or !~ (the match stage has no parsers or label filters)");
      }
      PHAROS_TRY(std::string text, Quoted());
      PHAROS_TRY(match::LineMatcher matcher, match::LineMatcher::Make(op, {{std::move(text)}}));
      out->push_back(std::move(matcher));
    }
    return {};
  }

 private:
  void Blanks() {
    while (at_ < text_.size() && std::isspace(static_cast<unsigned char>(text_[at_]))) ++at_;
  }
  bool Take(std::string_view token) {
    Blanks();
    if (!text_.substr(at_).starts_with(token)) return false;
    at_ += token.size();
    return true;
  }
  std::unexpected<base::Error> Fault(std::string_view what) const {
    return Fail(ErrorKind::kBadInput,
                "parse error at byte " + std::to_string(at_) + ": " + std::string(what));
  }

  base::Result<std::string> Quoted() {
    Blanks();
    if (at_ == text_.size() || (text_[at_] != '"' && text_[at_] != '`')) {
      return Fault("expected a quoted text");
    }
    const char quote = text_[at_];
    size_t end = at_ + 1;
    while (end < text_.size() && text_[end] != quote) {
      end += quote == '"' && text_[end] == '\\' ? 2 : 1;
    }
    if (end >= text_.size()) return Fault("text is not terminated");
    const std::string_view quoted = text_.substr(at_, end + 1 - at_);
    at_ = end + 1;
    if (quote == '`') return std::string(quoted.substr(1, quoted.size() - 2));
    std::string out;
    if (!match::UnescapeJson(quoted.substr(1, quoted.size() - 2), &out)) {
      return Fault("invalid escape in a quoted text");
    }
    return out;
  }

  const std::string_view text_;
  size_t at_ = 0;
};

}  // namespace

base::Result<Selector> Selector::Parse(std::string_view text) {
  Selector out;
  Parser parser(text);
  PHAROS_TRY_VOID(parser.Labels(&out.labels_));
  PHAROS_TRY_VOID(parser.Lines(&out.lines_));
  return out;
}

bool Selector::Matches(const Entry& entry) const {
  for (const model::Matcher& matcher : labels_) {
    const auto label = entry.labels.find(matcher.name());
    if (!matcher.Matches(label == entry.labels.end() ? "" : std::string_view(label->second))) {
      return false;
    }
  }
  for (const match::LineMatcher& matcher : lines_) {
    if (!matcher.Matches(entry.line)) return false;
  }
  return true;
}

}  // namespace pharos::ingest::tail
