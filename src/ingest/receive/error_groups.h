// Equal errors of one request told once, with their number, as Loki groups them.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "ingest/receive/limits.h"

namespace pharos::ingest::receive {

/// Owns: the first few different sentences. Threads: one. Errors: none. Cost: linear in the
/// number of kinds, which is bounded.
class ErrorGroups {
 public:
  void Add(std::string error) {
    for (auto& [text, count] : kinds_) {
      if (text == error) {
        ++count;
        return;
      }
    }
    if (kinds_.size() < kMaxErrorKinds) {
      kinds_.emplace_back(std::move(error), 1);
    } else {
      ++more_;
    }
  }

  /// "" for none; one error bare; else "3 errors like: …; 1 errors like: …".
  std::string Text() const {
    std::string out;
    for (const auto& [text, count] : kinds_) {
      if (!out.empty()) out += "; ";
      if (kinds_.size() > 1 || count > 1) out += std::to_string(count) + " errors like: ";
      out += text;
    }
    if (more_ > 0) out += "; and " + std::to_string(more_) + " more errors";
    return out;
  }

 private:
  std::vector<std::pair<std::string, uint64_t>> kinds_;
  uint64_t more_ = 0;
};

}  // namespace pharos::ingest::receive
