// The pages of a part that are read when it is opened.
#include "events/coding.h"
#include "events/column.h"
#include "events/limits.h"
#include "events/part.h"

namespace pharos::events {
namespace {

std::unexpected<base::Error> Corrupt(std::string_view what) {
  return base::Fail(base::ErrorKind::kCorrupt, std::string(what) + " cannot be read");
}

}  // namespace

std::string PartMeta::Encode() const {
  std::string out;
  PutByte(out, static_cast<uint8_t>(kind));
  PutVarint(out, rows);
  PutVarint(out, min_sequence);
  PutVarint(out, origin_first.size());
  PutInts(out, origin_first);
  traces.Put(out);
  PutVarint(out, run_first.size());
  for (const uint32_t first : run_first) PutVarint(out, first);
  PutByte(out, many_keys ? 1 : 0);
  PutVarint(out, attribute_keys.size());
  for (const std::string& key : attribute_keys) PutText(out, key);
  return out;
}

base::Result<PartMeta> PartMeta::Decode(std::string_view bytes) {
  Reader in(bytes);
  PartMeta meta;
  const uint8_t kind = in.Byte();
  meta.kind = static_cast<model::EventKind>(kind);
  meta.rows = in.Varint();
  meta.min_sequence = in.Varint();
  const uint64_t pages = in.Varint();
  if (kind > 1 || pages > kMaxDirectoryPages) return Corrupt("the meta page");
  GetInts(in, pages, &meta.origin_first);
  meta.traces = TraceDirectory::Get(in);
  meta.run_first.resize(in.Count(1));
  for (uint32_t& first : meta.run_first) first = static_cast<uint32_t>(in.Varint());
  meta.many_keys = in.Byte() != 0;
  const uint64_t keys = in.Count(1);
  for (uint64_t i = 0; i < keys; ++i) meta.attribute_keys.emplace_back(in.Text());
  if (!in.ok() || !in.AtEnd()) return Corrupt("the meta page");
  return meta;
}

std::string EncodeStreams(const std::vector<PartStream>& streams) {
  std::string out;
  PutVarint(out, streams.size());
  for (const PartStream& stream : streams) {
    PutText(out, stream.labels.bytes());
    PutVarint(out, stream.rows);
    PutFixed(out, stream.min_time);
    PutFixed(out, stream.max_time);
  }
  return out;
}

base::Result<std::vector<PartStream>> DecodeStreams(std::string_view bytes) {
  Reader in(bytes);
  std::vector<PartStream> out(in.Count(18));
  for (PartStream& stream : out) {
    PHAROS_TRY(stream.labels, model::Labels::Decode(in.Text()));
    stream.rows = in.Varint();
    stream.min_time = in.Fixed<int64_t>();
    stream.max_time = in.Fixed<int64_t>();
  }
  if (!in.ok() || !in.AtEnd()) return Corrupt("the table of streams");
  return out;
}

std::string EncodeGranuleMetas(const std::vector<GranuleMeta>& granules) {
  std::string out;
  PutVarint(out, granules.size());
  for (const GranuleMeta& g : granules) {
    PutVarint(out, g.rows);
    PutVarint(out, g.first_stream);
    PutVarint(out, g.last_stream);
    PutFixed(out, g.min_time);
    PutFixed(out, g.max_time);
    PutVarint(out, static_cast<uint64_t>(g.min_trace));
    PutVarint(out, static_cast<uint64_t>(g.max_trace));
    PutVarint(out, static_cast<uint64_t>(g.first_origin));
    PutVarint(out, g.gap_after);
    PutVarint(out, g.gap_traces);
  }
  return out;
}

base::Result<std::vector<GranuleMeta>> DecodeGranuleMetas(std::string_view bytes) {
  Reader in(bytes);
  std::vector<GranuleMeta> out(in.Count(24));
  for (GranuleMeta& g : out) {
    g.rows = static_cast<uint32_t>(in.Varint());
    g.first_stream = static_cast<uint32_t>(in.Varint());
    g.last_stream = static_cast<uint32_t>(in.Varint());
    g.min_time = in.Fixed<int64_t>();
    g.max_time = in.Fixed<int64_t>();
    g.min_trace = static_cast<int64_t>(in.Varint());
    g.max_trace = static_cast<int64_t>(in.Varint());
    g.first_origin = static_cast<int64_t>(in.Varint());
    g.gap_after = static_cast<uint32_t>(in.Varint());
    g.gap_traces = static_cast<uint32_t>(in.Varint());
    if (g.rows == 0 || g.rows > kGranuleRows) return Corrupt("the directory of granules");
  }
  if (!in.ok() || !in.AtEnd()) return Corrupt("the directory of granules");
  return out;
}

}  // namespace pharos::events
