#include "samples/time_runs.h"

#include <algorithm>

#include "base/hash.h"
#include "codec/limits.h"
#include "codec/time_block.h"
#include "samples/limits.h"

namespace pharos::samples {
namespace {

uint32_t LoadU32(const char* at) {
  uint32_t n = 0;
  for (int i = 3; i >= 0; --i) n = n << 8 | static_cast<uint8_t>(at[i]);
  return n;
}

/// The bytes of one slot of a time page: columns, their offsets, their number.
bool FindSlot(std::string_view page, uint32_t slot, std::string_view* column) {
  if (page.size() < 4) return false;
  const uint64_t slots = LoadU32(page.data() + page.size() - 4);
  if (slot >= slots || (slots + 1) * 4 > page.size()) return false;
  const size_t columns_end = page.size() - (slots + 1) * 4;
  const char* table = page.data() + columns_end;
  const size_t begin = LoadU32(table + slot * 4);
  const size_t end = slot + 1 < slots ? LoadU32(table + (slot + 1) * 4) : columns_end;
  if (begin > end || end > columns_end) return false;
  *column = page.substr(begin, end - begin);
  return true;
}

}  // namespace

base::Error TimeRuns::Corrupt() const {
  return part_->Named({base::ErrorKind::kCorrupt, "bad time column"});
}

base::Result<std::string_view> TimeRuns::Bytes(uint64_t column) {
  const auto number = static_cast<uint32_t>(column / kTimeSlots);
  if (page_ == nullptr || page_number_ != number) {
    PHAROS_TRY(page_, part_->ReadPage(kTimeSection, number, true));
    page_number_ = number;
  }
  std::string_view bytes;
  if (!FindSlot(*page_, static_cast<uint32_t>(column % kTimeSlots), &bytes))
    return std::unexpected(Corrupt());
  return bytes;
}

base::Result<TimeRuns::Shape> TimeRuns::ShapeOf(uint64_t column) {
  if (const auto known = shapes_.find(column); known != shapes_.end()) return known->second;
  PHAROS_TRY(const std::string_view bytes, Bytes(column));
  codec::ByteReader in(bytes);
  const uint64_t count = in.Varint();
  codec::TimeBounds bounds;
  if (!in.ok() || count == 0 || count > codec::kMaxBlockValues || !codec::PeekTimes(in, &bounds))
    return std::unexpected(Corrupt());
  const Shape shape{static_cast<size_t>(count), bounds.first, bounds.last};
  bytes_ += sizeof(Shape) + 32;
  shapes_.emplace(column, shape);
  return shape;
}

base::Result<void> TimeRuns::Decode(uint64_t column, std::vector<int64_t>* out) {
  PHAROS_TRY(const std::string_view bytes, Bytes(column));
  codec::ByteReader in(bytes);
  const uint64_t count = in.Varint();
  if (!in.ok() || count == 0 || count > codec::kMaxBlockValues) return std::unexpected(Corrupt());
  const size_t at = out->size();
  out->resize(at + count);
  if (!codec::DecodeTimes(in, {out->data() + at, count})) return std::unexpected(Corrupt());
  return {};
}

void TimeRuns::MakeRoom() {
  if (bytes_ < kTimeRunBytes) return;
  runs_.clear();
  shapes_.clear();
  bytes_ = 0;
}

base::Result<const TimeRun*> TimeRuns::RunOf(std::span<const uint64_t> columns) {
  const uint64_t key = base::HashBytes64(
      {reinterpret_cast<const char*>(columns.data()), columns.size() * sizeof(uint64_t)});
  if (const auto known = runs_.find(key);
      known != runs_.end() && std::ranges::equal(known->second->columns, columns)) {
    return known->second.get();
  }
  MakeRoom();
  auto run = std::make_unique<TimeRun>();
  run->id = next_id_++;
  run->columns.assign(columns.begin(), columns.end());
  std::vector<int64_t>& times = run->times_ms;
  for (const uint64_t column : columns) PHAROS_TRY_VOID(Decode(column, &times));
  times.erase(std::upper_bound(times.begin(), times.end(), end_ms_), times.end());
  const auto first = std::lower_bound(times.begin(), times.end(), start_ms_);
  run->before = static_cast<size_t>(first - times.begin());
  times.erase(times.begin(), first);
  bytes_ += sizeof(TimeRun) + 64 + times.size() * 8 + columns.size() * 8;
  return (runs_[key] = std::move(run)).get();
}

}  // namespace pharos::samples
