// Substring tests with and without regard to case (of ASCII letters).
#pragma once

#include <algorithm>
#include <cstring>
#include <string_view>

namespace pharos::events {

inline char LowerCase(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

/// `piece` is in lower case where `fold` is set.
struct TextTest {
  bool fold = false;

  bool Holds(std::string_view text, std::string_view piece) const {
    if (piece.size() > text.size()) return false;
    if (piece.empty()) return true;
    if (!fold) return memmem(text.data(), text.size(), piece.data(), piece.size()) != nullptr;
    return std::search(text.begin(), text.end(), piece.begin(), piece.end(), SameFolded) !=
           text.end();
  }
  bool Begins(std::string_view text, std::string_view piece) const {
    return piece.size() <= text.size() && Equal(text.substr(0, piece.size()), piece);
  }
  bool Ends(std::string_view text, std::string_view piece) const {
    return piece.size() <= text.size() && Equal(text.substr(text.size() - piece.size()), piece);
  }
  bool Equal(std::string_view text, std::string_view piece) const {
    if (!fold) return text == piece;
    return std::equal(text.begin(), text.end(), piece.begin(), piece.end(), SameFolded);
  }

 private:
  static bool SameFolded(char c, char folded) { return LowerCase(c) == folded; }
};

}  // namespace pharos::events
