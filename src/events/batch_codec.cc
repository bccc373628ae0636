#include "events/batch_codec.h"

#include <cstring>

#include "events/coding.h"
#include "events/limits.h"
#include "events/record_codec.h"

namespace pharos::events {
namespace {

std::unexpected<base::Error> Corrupt() {
  return base::Fail(base::ErrorKind::kCorrupt, "a WAL frame of events cannot be read");
}

/// Grown buffers are worth keeping: their pages need not be asked of the system again.
constexpr size_t kKeptBytes = 2 << 20;
thread_local std::string spare_groups;

}  // namespace

BatchWriter::BatchWriter() { groups_.swap(spare_groups); }

BatchWriter::~BatchWriter() {
  if (groups_.capacity() > kKeptBytes) return;
  groups_.clear();
  groups_.swap(spare_groups);
}

void BatchWriter::BeginStream(model::EventKind kind, const model::Labels& labels) {
  CloseGroup();
  open_ = true;
  group_start_ = groups_.size();
  PutByte(groups_, static_cast<uint8_t>(kind));
  PutText(groups_, labels.bytes());
  group_rows_at_ = groups_.size();
  PutFixed(groups_, uint32_t{0});
  group_rows_ = 0;
}

void BatchWriter::CloseGroup() {
  if (!open_) return;
  open_ = false;
  if (group_rows_ == 0) {
    groups_.resize(group_start_);
    return;
  }
  std::memcpy(groups_.data() + group_rows_at_, &group_rows_, sizeof group_rows_);
  ++group_count_;
}

uint64_t BatchWriter::OriginNumber(const model::Origin* origin) {
  if (origin == nullptr) return 0;
  if (origin == last_origin_) return last_origin_number_;
  const auto [it, is_new] = origin_numbers_.try_emplace(origin, origin_numbers_.size() + 1);
  if (is_new) {
    std::string bytes;
    if (!PutOrigin(bytes, *origin) || bytes.size() > kMaxRecordBytes) {
      origin_numbers_.erase(it);
      return UINT64_MAX;
    }
    PutText(origins_, bytes);
  }
  last_origin_ = origin;
  return last_origin_number_ = it->second;
}

bool BatchWriter::Add(const model::Event& event) {
  const uint64_t origin = OriginNumber(event.origin);
  if (origin == UINT64_MAX) return false;
  const size_t start = groups_.size();
  PutFixed(groups_, uint32_t{0});
  const bool fits = PutRecord(groups_, event, origin);
  const size_t length = groups_.size() - start - sizeof(uint32_t);
  if (!fits || length > kMaxRecordBytes) {
    groups_.resize(start);
    return false;
  }
  const auto length32 = static_cast<uint32_t>(length);
  std::memcpy(groups_.data() + start, &length32, sizeof length32);
  ++group_rows_;
  ++rows_;
  return true;
}

std::string BatchWriter::Finish() {
  CloseGroup();
  std::string out;
  out.reserve(origins_.size() + groups_.size() + 20);
  PutVarint(out, origin_numbers_.size());
  out += origins_;
  PutVarint(out, group_count_);
  out += groups_;
  origins_.clear();
  groups_.clear();
  origin_numbers_.clear();
  last_origin_ = nullptr;
  group_count_ = 0;
  rows_ = 0;
  return out;
}

base::Result<BatchView> BatchView::Parse(std::string_view frame) {
  Reader in(frame);
  BatchView view;
  view.origins.resize(in.Count(1));
  for (std::string_view& origin : view.origins) origin = in.Text();
  view.groups.resize(in.Count(6));
  for (Group& group : view.groups) {
    const uint8_t kind = in.Byte();
    if (kind > 1) return Corrupt();
    group.kind = static_cast<model::EventKind>(kind);
    PHAROS_TRY(group.labels, model::Labels::Decode(in.Text()));
    group.rows = in.Fixed<uint32_t>();
    const char* start = in.at();
    for (uint32_t i = 0; i < group.rows && in.ok(); ++i) in.Bytes(in.Fixed<uint32_t>());
    if (!in.ok()) return Corrupt();
    group.records = {start, static_cast<size_t>(in.at() - start)};
  }
  if (!in.ok() || !in.AtEnd()) return Corrupt();
  return view;
}

}  // namespace pharos::events
