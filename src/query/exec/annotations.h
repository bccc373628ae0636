// Remarks that come with an answer: warnings (it may be wrong) and infos (it may surprise).
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace pharos::query::exec {

/// A set: the same text at the same place is kept once.
///
/// Owns: its texts. Threads: one. Errors: none; beyond kMaxAnnotations further ones are
/// only counted. Cost: linear look-up (few).
class Annotations {
 public:
  enum class Level : uint8_t { kWarning, kInfo };
  struct Item {
    Level level;
    std::string text;
    int position = -1;  ///< byte offset into the query; -1: the text is complete
    // For infos about many samples: widened by each further one.
    bool counted = false;
    int64_t first_ms = 0;
    int64_t last_ms = 0;
    double low = 0;
    double high = 0;
    double max_diff = 0;
    int64_t count = 0;
  };
  static constexpr size_t kMaxAnnotations = 1'000;  ///< distinct; a remark a series is no help

  /// Two remarks of the same text are one (the first place counts).
  void Add(Level level, std::string text, int position) {
    Item item{level, std::move(text), position};
    Merge(std::move(item));
  }
  void Merge(Item item);
  const std::vector<Item>& items() const { return items_; }
  bool empty() const { return items_.empty(); }

 private:
  std::vector<Item> items_;
};

}  // namespace pharos::query::exec
