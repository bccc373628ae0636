#include "ingest/receive/metadata_memo.h"

#include "ingest/receive/limits.h"

namespace pharos::ingest::receive {

void MetadataMemo::Check(std::span<Told> told) {
  std::lock_guard lock(mutex_);
  for (Told& family : told) {
    const auto [known, added] = last_.try_emplace(family.family, family.content);
    family.news = added || known->second != family.content;
    known->second = family.content;
  }
  if (last_.size() > kMaxMetadataMemo) last_.clear();
}

void MetadataMemo::Forget() {
  std::lock_guard lock(mutex_);
  last_.clear();
}

}  // namespace pharos::ingest::receive
