#include "samples/series_walk.h"

namespace pharos::samples {

base::Result<SeriesWalk> SeriesWalk::Start(std::shared_ptr<Part> part) {
  SeriesWalk walk(std::move(part));
  PHAROS_TRY(walk.pages_, walk.part_->LoadPairs(walk.pairs_.get()));
  walk.number_ = UINT32_MAX;  // before the first
  PHAROS_TRY_VOID(walk.Next());
  return walk;
}

base::Result<void> SeriesWalk::Next() {
  const auto corrupt = [&](std::string_view what) {
    done_ = true;
    return std::unexpected(part_->Named({base::ErrorKind::kCorrupt, std::string(what)}));
  };
  while (!reader_ || !reader_->Next()) {
    if (reader_ && !reader_->ok()) return corrupt("bad series list");
    if (next_page_ == pages_) {
      done_ = true;
      if (number_ + 1 != part_->info().series) return corrupt("series are missing from the index");
      return {};
    }
    auto page = part_->ReadPage(kSeriesSection, next_page_++, /*cached=*/false);
    done_ = !page;
    if (!page) return std::unexpected(page.error());
    page_ = *std::move(page);
    reader_.emplace(*pairs_, *page_);
  }
  ++number_;
  labels_.clear();
  for (const uint32_t pair : reader_->pairs()) labels_ += pairs_->Pair(pair);
  return {};
}

}  // namespace pharos::samples
