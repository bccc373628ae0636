#include "events/batch_codec.h"

#include <cstring>

#include "events/coding.h"
#include "events/limits.h"
#include "events/plain_record.h"
#include "events/record_codec.h"

namespace pharos::events {
namespace {

std::unexpected<base::Error> Corrupt() {
  return base::Fail(base::ErrorKind::kCorrupt, "a WAL frame of events cannot be read");
}

/// In front of the groups: their number, where the origins are, and how long the frame is.
constexpr size_t kHeadBytes = 3 * sizeof(uint32_t);
constexpr size_t kLeastGroupBytes = 10;  // kind, an empty text, rows, length
constexpr size_t kMaxFrameBytes = UINT32_MAX;

}  // namespace

BatchWriter::BatchWriter(std::string memory, std::string_view text)
    : frame_(std::move(memory)), text_(text) {
  frame_.assign(kHeadBytes, '\0');
}

void BatchWriter::Patch(size_t at, size_t value) {
  const auto value32 = static_cast<uint32_t>(value);
  std::memcpy(frame_.data() + at, &value32, sizeof value32);
}

void BatchWriter::BeginStream(model::EventKind kind, const model::Labels& labels) {
  CloseGroup();
  open_ = true;
  group_start_ = frame_.size();
  PutByte(frame_, static_cast<uint8_t>(kind));
  PutText(frame_, labels.bytes());
  group_rows_at_ = frame_.size();
  PutFixed(frame_, uint64_t{0});
  group_rows_ = 0;
}

void BatchWriter::CloseGroup() {
  if (!open_) return;
  open_ = false;
  if (group_rows_ == 0) {
    frame_.resize(group_start_);
    return;
  }
  Patch(group_rows_at_, group_rows_);
  Patch(group_rows_at_ + sizeof(uint32_t), frame_.size() - group_rows_at_ - 2 * sizeof(uint32_t));
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
  const SetRef set =
      text_.empty() ? forms_.Find(event.attributes) : forms_.FindShared(event.attributes);
  if (!AddPlain(event, set) && !AddAny(event, set)) return false;
  ++group_rows_;
  ++rows_;
  return true;
}

bool BatchWriter::AddPlain(const model::Event& event, const SetRef& set) {
  const size_t start = frame_.size(), most = start + sizeof(uint32_t) + kPlainRecordBytes;
  if (text_.empty() || most > kMaxFrameBytes) return false;
  frame_.resize_and_overwrite(most, [&](char* bytes, size_t) {
    char* record = bytes + start + sizeof(uint32_t);
    const size_t length = PutPlainRecord(record, event, text_, set);
    if (length == 0) return start;
    const auto length32 = static_cast<uint32_t>(length);
    std::memcpy(bytes + start, &length32, sizeof length32);
    return start + sizeof length32 + length;
  });
  return frame_.size() != start;
}

bool BatchWriter::AddAny(const model::Event& event, const SetRef& set) {
  const uint64_t origin = OriginNumber(event.origin);
  if (origin == UINT64_MAX) return false;
  const size_t start = frame_.size();
  PutFixed(frame_, uint32_t{0});
  const bool fits = PutRecord(frame_, event, origin, text_, set);
  const size_t length = frame_.size() - start - sizeof(uint32_t);
  const size_t apart = LineLiesIn(event, text_) ? event.body.text.size() : 0;
  if (!fits || length + apart > kMaxRecordBytes || frame_.size() > kMaxFrameBytes) {
    frame_.resize(start);
    return false;
  }
  Patch(start, length);
  return true;
}

std::string BatchWriter::Finish() {
  CloseGroup();
  Patch(0, group_count_);
  Patch(sizeof(uint32_t), frame_.size());
  PutVarint(frame_, origin_numbers_.size());
  frame_ += origins_;
  PutVarint(frame_, forms_.count());
  frame_ += forms_.bytes();
  Patch(2 * sizeof(uint32_t), frame_.size());
  return std::move(frame_);
}

base::Result<BatchView> BatchView::Parse(std::string_view frame) {
  Reader in(frame);
  const auto groups = in.Fixed<uint32_t>();
  const auto origins_at = in.Fixed<uint32_t>();
  if (in.Fixed<uint32_t>() != frame.size() || !in.ok() || origins_at < kHeadBytes ||
      origins_at > frame.size() || groups > origins_at / kLeastGroupBytes) {
    return Corrupt();
  }
  BatchView view;
  view.groups.resize(groups);
  in = Reader(frame.substr(kHeadBytes, origins_at - kHeadBytes));
  for (Group& group : view.groups) {
    const uint8_t kind = in.Byte();
    if (kind > 1) return Corrupt();
    group.kind = static_cast<model::EventKind>(kind);
    group.labels = in.Text();
    group.rows = in.Fixed<uint32_t>();
    group.records = in.Bytes(in.Fixed<uint32_t>());
    if (!in.ok() || group.rows > group.records.size() / sizeof(uint32_t)) return Corrupt();
  }
  if (!in.AtEnd()) return Corrupt();
  in = Reader(frame.substr(origins_at));
  view.origins.resize(in.Count(1));
  for (std::string_view& origin : view.origins) origin = in.Text();
  view.attribute_sets.resize(in.Count(1));
  for (std::string_view& set : view.attribute_sets) set = in.Text();
  if (!in.ok() || !in.AtEnd()) return Corrupt();
  return view;
}

base::Result<SentFrame> SentFrame::Parse(std::string_view payload) {
  Reader in(payload);
  in.Bytes(2 * sizeof(uint32_t));
  const auto frame_bytes = in.Fixed<uint32_t>();
  if (!in.ok() || frame_bytes > payload.size()) return Corrupt();
  return SentFrame{payload.substr(0, frame_bytes), payload.substr(frame_bytes)};
}

}  // namespace pharos::events
