#include "match/logfmt.h"

#include "match/json_fields.h"
#include "match/utf8.h"

namespace pharos::match {

bool ReplaceInvalidUtf8(std::string_view text, std::string* out) {
  size_t good = 0;
  bool changed = false;
  while (good < text.size()) {
    const size_t length = Utf8Length(text.substr(good));
    const bool replacement = text.substr(good, 3) == "\xEF\xBF\xBD";
    if (length != 0 && !replacement) {
      if (changed) out->append(text, good, length);
      good += length;
      continue;
    }
    if (!changed) out->assign(text, 0, good);
    changed = true;
    *out += ' ';
    good += replacement ? 3 : 1;
  }
  return changed;
}

bool LogfmtScanner::Fails(size_t position, std::string_view what) {
  error_ = "logfmt syntax error at pos " + std::to_string(position + 1) + " : " + std::string(what);
  return false;
}

void LogfmtScanner::Skip() {
  error_.clear();
  while (at_ < line_.size() && static_cast<unsigned char>(line_[at_]) > ' ') ++at_;
}

bool LogfmtScanner::Next() {
  while (at_ < line_.size() && static_cast<unsigned char>(line_[at_]) <= ' ') ++at_;
  key_ = value_ = {};
  if (at_ >= line_.size() || !error_.empty()) return false;
  const size_t start = at_;
  bool bad_key = false;
  for (; at_ < line_.size() && static_cast<unsigned char>(line_[at_]) > ' ' && line_[at_] != '=';
       ++at_) {
    if (line_[at_] == '"') return Fails(at_, "unexpected '\"'");
  }
  key_ = line_.substr(start, at_ - start);
  if (key_.empty()) return Fails(at_, "unexpected '='");
  bad_key = ReplaceInvalidUtf8(key_, &scratch_);
  if (bad_key) return Fails(at_, "invalid key");
  if (at_ >= line_.size() || line_[at_] != '=') return true;  // a bare key
  ++at_;
  if (at_ < line_.size() && line_[at_] == '"') return QuotedValue();
  const size_t value = at_;
  for (; at_ < line_.size() && static_cast<unsigned char>(line_[at_]) > ' '; ++at_) {
    if (line_[at_] == '=') return Fails(at_, "unexpected '='");
    if (line_[at_] == '"') return Fails(at_, "unexpected '\"'");
  }
  value_ = line_.substr(value, at_ - value);
  if (ReplaceInvalidUtf8(value_, &scratch_)) value_ = scratch_;
  return true;
}

bool LogfmtScanner::QuotedValue() {
  const size_t start = ++at_;
  bool escaped = false;
  for (; at_ < line_.size() && line_[at_] != '"'; ++at_) {
    if (line_[at_] == '\\') {
      escaped = true;
      ++at_;
    }
  }
  if (at_ >= line_.size()) {
    at_ = line_.size();
    return Fails(at_ - 1, "unterminated quoted value");
  }
  value_ = line_.substr(start, at_ - start);
  ++at_;
  if (escaped) {
    std::string plain;
    if (!UnescapeJson(value_, &plain)) return Fails(at_ - 1, "invalid quoted value");
    scratch_ = std::move(plain);
    value_ = scratch_;
  }
  std::string clean;
  if (ReplaceInvalidUtf8(value_, &clean)) {
    scratch_ = std::move(clean);
    value_ = scratch_;
  }
  return true;
}

}  // namespace pharos::match
