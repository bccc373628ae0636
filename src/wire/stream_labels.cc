#include "wire/stream_labels.h"

#include <string>
#include <utility>
#include <vector>

#include "text/json_writer.h"
#include "wire/limits.h"
#include "wire/utf8.h"

namespace pharos::wire {
namespace {

bool NameStart(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool NamePart(char c) { return NameStart(c) || (c >= '0' && c <= '9'); }
int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

void AppendUtf8(std::string& out, uint32_t c) {
  if (c < 0x80) {
    out += static_cast<char>(c);
  } else if (c < 0x800) {
    out += static_cast<char>(0xC0 | c >> 6);
    out += static_cast<char>(0x80 | (c & 63));
  } else if (c < 0x10000) {
    out += static_cast<char>(0xE0 | c >> 12);
    out += static_cast<char>(0x80 | (c >> 6 & 63));
    out += static_cast<char>(0x80 | (c & 63));
  } else {
    out += static_cast<char>(0xF0 | c >> 18);
    out += static_cast<char>(0x80 | (c >> 12 & 63));
    out += static_cast<char>(0x80 | (c >> 6 & 63));
    out += static_cast<char>(0x80 | (c & 63));
  }
}

/// One pass over the text; every error carries line and column as Loki's parser counts.
class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  base::Result<model::Labels> Parse() {
    Space();
    if (at_ < text_.size() && (NameStart(text_[at_]) || text_[at_] == ':')) {
      const size_t start = at_;
      while (at_ < text_.size() && (NamePart(text_[at_]) || text_[at_] == ':')) ++at_;
      Add(std::string(model::kMetricName), std::string(text_.substr(start, at_ - start)));
      Space();
      if (at_ == text_.size()) return Build();
    }
    if (at_ == text_.size()) return Unexpected("label set", "\"{\"");
    if (text_[at_] != '{') return Unexpected("label set", "\"{\"");
    ++at_;
    PHAROS_TRY_VOID(Pairs());
    Space();
    if (at_ != text_.size()) return Unexpected("", "");
    return Build();
  }

 private:
  base::Result<void> Pairs() {
    while (true) {
      Space();
      if (At('}')) return {};
      PHAROS_TRY(std::string name, Name());
      Space();
      if (!At('=')) return Unexpected("label set", "\"=\"");
      Space();
      PHAROS_TRY(std::string value, Quoted());
      Add(std::move(name), std::move(value));
      Space();
      if (At(',')) continue;
      if (At('}')) return {};
      return Unexpected("label set", "\",\" or \"}\"");
    }
  }

  base::Result<std::string> Name() {
    if (at_ < text_.size() && (text_[at_] == '"' || text_[at_] == '\'' || text_[at_] == '`')) {
      return Quoted();
    }
    const size_t start = at_;
    if (at_ == text_.size() || !NameStart(text_[at_])) {
      return Unexpected("label set", "identifier or \"}\"");
    }
    while (at_ < text_.size() && NamePart(text_[at_])) ++at_;
    return std::string(text_.substr(start, at_ - start));
  }

  base::Result<std::string> Quoted() {
    const size_t start = at_;
    if (at_ == text_.size() || (text_[at_] != '"' && text_[at_] != '\'' && text_[at_] != '`')) {
      return Unexpected("label set", "string");
    }
    const char quote = text_[at_++];
    std::string out;
    while (true) {
      if (at_ == text_.size()) {
        return Error(start,
                     quote == '`' ? "unterminated raw string" : "unterminated quoted string");
      }
      const char c = text_[at_++];
      if (c == quote) break;
      if (c == '\n' && quote != '`') return Error(start, "unterminated quoted string");
      if (c != '\\' || quote == '`') {
        out += c;
      } else if (!Escape(quote, out)) {
        return Error(start, "unknown escape sequence");
      }
    }
    if (!IsUtf8(out)) return Error(start, "invalid UTF-8 in string");
    return out;
  }

  bool Escape(char quote, std::string& out) {
    if (at_ == text_.size()) return false;
    const char c = text_[at_++];
    switch (c) {
      case 'a': out += '\a'; return true;
      case 'b': out += '\b'; return true;
      case 'f': out += '\f'; return true;
      case 'n': out += '\n'; return true;
      case 'r': out += '\r'; return true;
      case 't': out += '\t'; return true;
      case 'v': out += '\v'; return true;
      case '\\': out += '\\'; return true;
      case 'x': return Number(2, 16, true, out, 0);
      case 'u': return Number(4, 16, false, out, 0);
      case 'U': return Number(8, 16, false, out, 0);
      default: break;
    }
    if (c == quote) {
      out += c;
      return true;
    }
    if (c >= '0' && c <= '7') return Number(2, 8, true, out, static_cast<uint32_t>(c - '0'));
    return false;
  }

  bool Number(int digits, int base, bool byte, std::string& out, uint32_t value) {
    for (int i = 0; i < digits; ++i) {
      const int d = at_ < text_.size() ? HexDigit(text_[at_]) : -1;
      if (d < 0 || d >= base) return false;
      value = value * static_cast<uint32_t>(base) + static_cast<uint32_t>(d);
      ++at_;
    }
    if (byte) {
      if (value > 255) return false;
      out += static_cast<char>(value);
      return true;
    }
    if (value > 0x10FFFF || (value >= 0xD800 && value < 0xE000)) return false;
    AppendUtf8(out, value);
    return true;
  }

  void Add(std::string name, std::string value) {
    pairs_.emplace_back(std::move(name), std::move(value));
  }
  base::Result<model::Labels> Build() const {
    std::vector<model::LabelView> views;
    for (const auto& [name, value] : pairs_) views.push_back({name, value});
    return model::Labels::FromPairs(std::move(views));
  }
  void Space() {
    while (at_ < text_.size() &&
           (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n' || text_[at_] == '\r')) {
      ++at_;
    }
  }
  bool At(char c) {
    if (at_ == text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  std::unexpected<base::Error> Error(size_t at, std::string what) const {
    size_t line = 1, column = 1;
    for (size_t i = 0; i < at; ++i) {
      if (text_[i] == '\n') {
        ++line;
        column = 1;
      } else {
        ++column;
      }
    }
    return base::Fail(
        base::ErrorKind::kBadInput,
        std::to_string(line) + ":" + std::to_string(column) + ": parse error: " + what);
  }
  std::unexpected<base::Error> Unexpected(std::string_view where, std::string_view wanted) {
    if (at_ < text_.size() && (text_[at_] == '"' || text_[at_] == '\'' || text_[at_] == '`')) {
      const size_t start = at_;  // the lexer sees a broken string before the parser its place
      if (auto quoted = Quoted(); !quoted) return std::unexpected(quoted.error());
      at_ = start;
    }
    std::string what = "unexpected ";
    if (at_ == text_.size()) {
      what += "end of input";
    } else {
      size_t end = at_ + 1;
      if (NamePart(text_[at_])) {
        while (end < text_.size() && end - at_ < 64 && NamePart(text_[end])) ++end;
        what += NameStart(text_[at_]) ? "identifier " : "number ";
      } else {
        what += "character: ";
        end = at_ + 1;
      }
      text::AppendJsonString(what, text_.substr(at_, end - at_));
    }
    if (!where.empty()) (what += " in ") += where;
    if (!wanted.empty()) (what += ", expected ") += wanted;
    return Error(at_, std::move(what));
  }

  std::string_view text_;
  size_t at_ = 0;
  std::vector<std::pair<std::string, std::string>> pairs_;
};

}  // namespace

base::Result<model::Labels> ParseStreamLabels(std::string_view text) {
  if (text.size() > kMaxStreamLabelBytes) {
    return base::Fail(base::ErrorKind::kTooLarge, "request body too large: stream labels size " +
                                                      std::to_string(text.size()) +
                                                      " bytes exceeds limit of 17 MB");
  }
  return Parser(text).Parse();
}

std::string StreamLabelsText(const model::Labels& labels) {
  std::string out = "{";
  for (const model::LabelView label : labels) {
    if (out.size() > 1) out += ", ";
    out += label.name;
    out += '=';
    const model::Labels one{{"x", label.value}};
    const std::string quoted = model::ToString(one);  // {x="…"}
    out.append(quoted, 3, quoted.size() - 4);
  }
  return out += '}';
}

}  // namespace pharos::wire
