// Bytes on their way to a log's end, gathered where File::AppendInPlace can write them from.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <memory>
#include <string_view>

#include "io/fs.h"

namespace pharos::io {

/// Owns: its memory, which it keeps until Restart finds it too large. Threads: the caller's lock.
/// Cost: twice the bytes at most; grown by copying.
class LogBytes {
 public:
  /// Empties it, for bytes that are likely to be written at `end` of the file. Memory beyond
  /// `most` is given back.
  void Restart(uint64_t end, size_t most);
  void Append(std::string_view bytes);

  bool empty() const { return size_ == 0; }
  size_t size() const { return size_; }
  char* data() { return memory_.get() + start_; }

 private:
  struct Freed {
    void operator()(char* memory) const { std::free(memory); }
  };
  void Grow(size_t size);

  std::unique_ptr<char, Freed> memory_;
  size_t capacity_ = 0;  ///< of memory_
  size_t start_ = 0;     ///< below kLogUnit
  size_t size_ = 0;
};

}  // namespace pharos::io
