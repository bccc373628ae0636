// A regex as a small automaton over bytes that takes too much rather than too little: run over
// what is known of many texts at once, it tells which of them a regex cannot match.
#pragma once

#include <array>
#include <bitset>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace pharos::match {

/// Owns: its tables. Threads: immutable. Cost: a few nanoseconds a byte and state.
class RegexOutline {
 public:
  /// The places of the regex that may have been matched last, and kFound.
  using States = uint64_t;
  /// A match has ended; stays set.
  static constexpr States kFound = uint64_t{1} << 63;
  using Bytes = std::bitset<256>;

  /// Nothing for a regex with too many places or what this does not know. Anchors, word borders
  /// and counts above two are not seen.
  static std::optional<RegexOutline> Make(std::string_view regex);

  /// In front of a text.
  States Start() const { return nullable_ ? kFound : 0; }
  /// After `text`, for any match that began before or begins in it.
  States Step(States states, std::string_view text) const;
  /// Places that may stand at one of these bytes.
  States Takes(const Bytes& bytes) const;
  /// After any number of the bytes that `takes` is made of.
  States StepAny(States states, States takes) const;

 private:
  class Maker;
  States After(States states) const;

  bool nullable_ = false;
  States first_ = 0;
  States last_ = 0;
  std::vector<States> follow_;       // by place
  std::vector<Bytes> bytes_;         // by place
  std::array<States, 256> takes_{};  // by byte: places that it may stand at
};

}  // namespace pharos::match
