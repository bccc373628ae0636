// Ids in hex that a text has: tokens whose letters say no more than their digits do.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace pharos::events {

/// Owns: the words of the last text. Threads: one. Cost: a nanosecond each eight bytes, and a few
/// for each word.
class HexWords {
 public:
  /// [from, to) of a text: an even number of hex digits of one case that are a token, or one behind
  /// `0x`, or a UUID. Of digits alone only behind `0x`: a number may be anything else.
  struct Word {
    size_t from, to;
    bool upper;
    bool behind_0x;
  };

  /// Takes those of a text of at most kMostBytes; false where it has none.
  static constexpr size_t kMostBytes = 512;
  bool Find(std::string_view text);
  const std::vector<Word>& words() const { return words_; }
  /// Whether one has some of the bytes.
  bool Overlap(size_t from, size_t to) const;
  /// Whether the byte is the zero of a word's `0x`.
  bool IsZeroOf0x(size_t at) const;

 private:
  void Add(std::string_view text, size_t from, size_t to);

  std::vector<Word> words_;
};

}  // namespace pharos::events
