// Goes through all series of a part in order, as a merge does, with one page of their list in
// memory instead of the whole index.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "samples/page_cache.h"
#include "samples/pair_list.h"
#include "samples/part.h"

namespace pharos::samples {

/// Owns: the part's distinct labels, and a page. Threads: one. Errors: as Part; then it is at no
/// series. Cost: Next about as much as the labels' bytes.
class SeriesWalk {
 public:
  /// At the first series.
  static base::Result<SeriesWalk> Start(std::shared_ptr<Part> part);

  bool done() const { return done_; }
  /// Of the series it is at: canonical label bytes; its number in the part; where its blocks lie.
  const std::string& labels() const { return labels_; }
  uint32_t number() const { return number_; }
  const SeriesPlace& place() const { return reader_->place(); }
  base::Result<void> Next();

 private:
  explicit SeriesWalk(std::shared_ptr<Part> part)
      : part_(std::move(part)), pairs_(std::make_unique<PairList>()) {}

  std::shared_ptr<Part> part_;
  std::unique_ptr<PairList> pairs_;
  PageCache::Page page_;
  std::optional<SeriesPageReader> reader_;
  uint32_t pages_ = 0;  // there are
  uint32_t next_page_ = 0;
  uint32_t number_ = 0;
  bool done_ = false;
  std::string labels_;
};

}  // namespace pharos::samples
