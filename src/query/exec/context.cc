#include "query/exec/context.h"

#include <algorithm>

namespace pharos::query::exec {

base::Result<void> QueryContext::Check(std::string_view where) {
  if ((calls_.fetch_add(1, std::memory_order_relaxed) & 63) != 0) return {};
  if (cancelled_ && cancelled_()) {
    return base::Fail(base::ErrorKind::kCancelled, "query was canceled in " + std::string(where));
  }
  if (clock_.MonotonicNs() > deadline_ns_) {
    return base::Fail(base::ErrorKind::kTimeout, "query timed out in " + std::string(where));
  }
  return {};
}

base::Result<void> QueryContext::Charge(int64_t samples) {
  samples_ += samples;
  stats_.peak_samples = std::max(stats_.peak_samples, samples_);
  if (samples_ <= limits_.max_samples) return {};
  return base::Fail(base::ErrorKind::kLimit,
                    "query processing would load too many samples into memory in query execution");
}

namespace {

std::string Mebibytes(int64_t bytes) {
  return std::to_string((bytes + (1 << 20) - 1) >> 20) + " MiB";
}

}  // namespace

base::Result<void> QueryContext::CheckBytes(int64_t bytes) {
  if (limits_.max_bytes == 0 || memory_.bytes() + bytes <= limits_.max_bytes) return {};
  return base::Fail(base::ErrorKind::kLimit,
                    "the query needs more than " + Mebibytes(limits_.max_bytes) +
                        " of memory: select fewer series, a shorter time or a longer step, or "
                        "raise limits.query_memory in pharos.yaml");
}

base::Result<void> QueryContext::HoldBytes(int64_t bytes) {
  PHAROS_TRY_VOID(CheckBytes(bytes - memory_.bytes()));
  if (memory_.SetTo(bytes)) return {};
  return base::Fail(base::ErrorKind::kBusy,
                    "the queries and answers under way hold all of the " +
                        Mebibytes(static_cast<int64_t>(limits_.memory->limit_bytes())) +
                        " of memory that they may: try again when they have ended");
}

void Annotations::Merge(Item item) {
  for (Item& known : items_) {
    if (known.level != item.level || known.text != item.text) continue;
    if (!known.counted) return;
    known.first_ms = std::min(known.first_ms, item.first_ms);
    known.last_ms = std::max(known.last_ms, item.last_ms);
    known.low = std::min(known.low, item.low);
    known.high = std::max(known.high, item.high);
    known.max_diff = std::max(known.max_diff, item.max_diff);
    known.count += item.count;
    return;
  }
  if (items_.size() < kMaxAnnotations) items_.push_back(std::move(item));
}

}  // namespace pharos::query::exec
