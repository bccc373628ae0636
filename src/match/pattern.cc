#include "match/pattern.h"

#include <set>

#include "match/label_name.h"
#include "match/limits.h"

namespace pharos::match {
namespace {

using base::ErrorKind;
using base::Fail;
using base::Result;

}  // namespace

Result<Pattern> Pattern::Parse(std::string_view text) {
  Pattern pattern;
  const auto literal = [&](std::string_view piece) {
    if (pattern.pieces_.empty() || pattern.pieces_.back().capture) pattern.pieces_.push_back({});
    pattern.pieces_.back().text += piece;
  };
  while (!text.empty()) {
    if (text.front() == '<') {
      const size_t close = text.find('>');
      if (close != std::string_view::npos && IsLabelName(text.substr(1, close - 1))) {
        pattern.pieces_.push_back({true, std::string(text.substr(1, close - 1))});
        text.remove_prefix(close + 1);
        if (pattern.pieces_.size() > kMaxPatternPieces) {
          return Fail(ErrorKind::kBadInput,
                      "the pattern has more than " + std::to_string(kMaxPatternPieces) + " pieces");
        }
        continue;
      }
    }
    literal(text.substr(0, 1));
    text.remove_prefix(1);
  }
  return pattern;
}

Result<Pattern> Pattern::ForCaptures(std::string_view text) {
  PHAROS_TRY(Pattern pattern, Parse(text));
  if (pattern.pieces_.empty()) return Fail(ErrorKind::kBadInput, "invalid expression");
  std::set<std::string_view> names;
  for (size_t i = 0; i < pattern.pieces_.size(); ++i) {
    const Piece& piece = pattern.pieces_[i];
    if (!piece.capture) continue;
    if (i > 0 && pattern.pieces_[i - 1].capture) {
      return Fail(ErrorKind::kBadInput, "found consecutive capture '<" +
                                            pattern.pieces_[i - 1].text + "><" + piece.text +
                                            ">': invalid expression");
    }
    if (piece.text != "_" && !names.insert(piece.text).second) {
      return Fail(ErrorKind::kBadInput,
                  "duplicate capture name (" + piece.text + "): invalid expression");
    }
  }
  if (names.empty()) return Fail(ErrorKind::kBadInput, "at least one capture is required");
  return pattern;
}

Result<Pattern> Pattern::ForFilter(std::string_view text) {
  PHAROS_TRY(Pattern pattern, Parse(text));
  for (size_t i = 0; i < pattern.pieces_.size(); ++i) {
    const Piece& piece = pattern.pieces_[i];
    if (!piece.capture) continue;
    if (piece.text != "_") return Fail(ErrorKind::kBadInput, "named captures are not allowed");
    if (i > 0 && pattern.pieces_[i - 1].capture) {
      return Fail(ErrorKind::kBadInput, "found consecutive capture '<_><_>': invalid expression");
    }
  }
  return pattern;
}

void Pattern::Capture(std::string_view line,
                      const std::function<void(std::string_view, std::string_view)>& found) const {
  if (line.empty() || pieces_.empty()) return;
  size_t i = 0;
  if (!pieces_[0].capture) {
    if (!line.starts_with(pieces_[0].text)) return;
    line.remove_prefix(pieces_[0].text.size());
    i = 1;
  }
  for (; i < pieces_.size(); i += 2) {
    const std::string& name = pieces_[i].text;
    const size_t at =
        i + 1 < pieces_.size() ? line.find(pieces_[i + 1].text) : std::string_view::npos;
    if (name != "_") found(name, line.substr(0, at));
    if (at == std::string_view::npos) return;  // the last capture takes the rest
    line.remove_prefix(at + pieces_[i + 1].text.size());
  }
}

bool Pattern::Test(std::string_view line) const {
  if (line.empty() || pieces_.empty()) return line.empty() && pieces_.empty();
  size_t at = 0;
  for (size_t i = 0; i < pieces_.size(); ++i) {
    if (pieces_[i].capture) continue;
    const size_t found = line.find(pieces_[i].text, at);
    if (found == std::string_view::npos) return false;
    if (i == 0 ? found != 0 : found == at) return false;
    at = found + pieces_[i].text.size();
  }
  return pieces_.back().capture == (at != line.size());
}

}  // namespace pharos::match
