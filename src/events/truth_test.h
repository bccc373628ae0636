// What a search must find: a plain scan of the lines, fast enough for a million of them.
#pragma once

#include <emmintrin.h>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

namespace pharos::events {

/// The lines end to end, searched as grep -F would.
class Truth {
 public:
  explicit Truth(const std::vector<std::string>& lines) {
    for (const std::string& line : lines) {
      starts_.push_back(all_.size());
      all_ += line;
    }
    starts_.push_back(all_.size());
  }

  /// By line: holds the needle.
  std::vector<bool> Holding(const std::string& needle) const {
    std::vector<bool> out(starts_.size() - 1);
    size_t line = 0;
    for (size_t at = 0; (at = Find(needle, at)) != std::string::npos;) {
      line = static_cast<size_t>(std::upper_bound(starts_.begin() + static_cast<ptrdiff_t>(line),
                                                  starts_.end(), at) -
                                 starts_.begin()) -
             1;
      if (at + needle.size() <= starts_[line + 1]) {
        out[line] = true;
        at = starts_[line + 1];
      } else {  // it goes on in the next line
        ++at;
      }
    }
    return out;
  }

 private:
  /// Sixteen places at once by the first and the last byte.
  size_t Find(const std::string& needle, size_t from) const {
    const size_t n = needle.size();
    if (n > all_.size()) return std::string::npos;
    const size_t end = all_.size() - n + 1;
    const __m128i first = _mm_set1_epi8(needle.front()), last = _mm_set1_epi8(needle.back());
    for (; from + 16 <= end; from += 16) {
      const auto load = [&](size_t at) {
        return _mm_loadu_si128(reinterpret_cast<const __m128i*>(all_.data() + at));
      };
      const __m128i both = _mm_and_si128(_mm_cmpeq_epi8(first, load(from)),
                                         _mm_cmpeq_epi8(last, load(from + n - 1)));
      for (auto mask = static_cast<unsigned>(_mm_movemask_epi8(both)); mask != 0;
           mask &= mask - 1) {
        const size_t at = from + static_cast<size_t>(std::countr_zero(mask));
        if (std::memcmp(all_.data() + at, needle.data(), n) == 0) return at;
      }
    }
    return from < end ? all_.find(needle, from) : std::string::npos;
  }

  std::string all_;
  std::vector<size_t> starts_;
};

}  // namespace pharos::events
