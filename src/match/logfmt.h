// logfmt as Loki reads it: `key=value key="quoted value" bare`.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace pharos::match {

/// Walks the pairs of one line.
///
/// Owns: a scratch string for unquoted values; key and value live until the next call.
/// Threads: one. Errors: a malformed pair ends Next with false and error() set; Skip goes on
/// behind it. Cost: one pass.
class LogfmtScanner {
 public:
  explicit LogfmtScanner(std::string_view line) : line_(line) {}
  /// True with key() and value() set (the value empty for a bare key).
  bool Next();
  std::string_view key() const { return key_; }
  std::string_view value() const { return value_; }
  /// "" when the line ended well.
  const std::string& error() const { return error_; }
  /// Forgets the error and moves behind the malformed token.
  void Skip();

 private:
  bool Fails(size_t position, std::string_view what);
  bool QuotedValue();
  std::string_view line_;
  size_t at_ = 0;
  std::string_view key_;
  std::string_view value_;
  std::string scratch_;
  std::string error_;
};

/// Replaces U+FFFD and bytes that are not UTF-8 by a space; true when there were any.
bool ReplaceInvalidUtf8(std::string_view text, std::string* out);

}  // namespace pharos::match
