#include "samples/tenant.h"

#include <algorithm>
#include <tuple>

namespace pharos::samples {

void Tenant::ChangeParts(const PartList& gone, const PartList& more) {
  std::lock_guard lock(mutex_);
  auto next = std::make_shared<PartList>();
  for (const auto& part : *parts_) {
    if (std::find(gone.begin(), gone.end(), part) == gone.end()) next->push_back(part);
  }
  next->insert(next->end(), more.begin(), more.end());
  std::sort(next->begin(), next->end(), [](const auto& a, const auto& b) {
    return std::make_tuple(a->info().generation_max, a->entry().id) <
           std::make_tuple(b->info().generation_max, b->entry().id);
  });
  parts_ = std::move(next);
}

}  // namespace pharos::samples
