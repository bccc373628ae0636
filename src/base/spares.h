// Memory of vectors and strings that each request fills anew: one of some hundred KiB that is asked
// of the allocator a request lands on fresh pages each time, whose faults cost as much as filling
// it.
#pragma once

#include <cstddef>
#include <type_traits>
#include <utility>
#include <vector>

namespace pharos::base {

/// Vectors or strings of one type whose items are gone, kept by the thread that gave them. Owns:
/// their memory, at most kMostBytes a thread. Threads: each has its own. Cost: a few nanoseconds.
template <class Container>
class Spares {
  static_assert(std::is_trivially_destructible_v<typename Container::value_type>);

 public:
  static constexpr size_t kMostBytes = 4 << 20;

  /// Empty, with the memory that was last given, or without any.
  static Container Take() {
    Kept& kept = OfThread();
    if (kept.all.empty()) return {};
    Container out = std::move(kept.all.back());
    kept.all.pop_back();
    kept.bytes -= BytesOf(out);
    return out;
  }

  static void Give(Container one) {
    Kept& kept = OfThread();
    one.clear();
    if (kept.bytes + BytesOf(one) > kMostBytes || one.capacity() == 0) return;
    kept.bytes += BytesOf(one);
    kept.all.push_back(std::move(one));
  }

 private:
  struct Kept {
    std::vector<Container> all;
    size_t bytes = 0;
  };
  static Kept& OfThread() {
    static thread_local Kept kept;
    return kept;
  }
  static size_t BytesOf(const Container& one) {
    return one.capacity() * sizeof(typename Container::value_type);
  }
};

}  // namespace pharos::base
