// While the log is replayed: which series a record's number means. Numbers are slots of the
// time before, so they are dense, and a table of pages finds one in a cache miss.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "store/samples.h"

namespace pharos::samples {

/// Owns: its pages, 32 KiB for up to 4,096 numbers. Threads: one. Errors: none.
class ReplayRefs {
 public:
  void Set(uint32_t ref, store::SeriesHandle handle) {
    const size_t page = ref / kPage;
    if (page >= pages_.size()) pages_.resize(page + 1);
    if (pages_[page] == nullptr) {
      pages_[page] = std::make_unique<Page>();
      pages_[page]->fill(kNone);
    }
    (*pages_[page])[ref % kPage] = handle;
  }
  std::optional<store::SeriesHandle> Find(uint32_t ref) const {
    const size_t page = ref / kPage;
    if (page >= pages_.size() || pages_[page] == nullptr) return std::nullopt;
    const store::SeriesHandle handle = (*pages_[page])[ref % kPage];
    return handle == kNone ? std::nullopt : std::optional(handle);
  }

 private:
  static constexpr uint32_t kPage = 4096;
  static constexpr store::SeriesHandle kNone{UINT32_MAX, UINT32_MAX};
  using Page = std::array<store::SeriesHandle, kPage>;
  std::vector<std::unique_ptr<Page>> pages_;
};

}  // namespace pharos::samples
