#include "samples/part_format.h"

#include "codec/varint.h"

namespace pharos::samples {

std::string EncodeInfo(const PartInfo& info) {
  std::string out;
  codec::PutVarint(out, info.generation_min);
  codec::PutVarint(out, info.generation_max);
  codec::PutVarint(out, info.level);
  codec::PutVarint(out, info.series);
  codec::PutVarint(out, info.samples);
  codec::PutSigned(out, info.min_ms);
  codec::PutSigned(out, info.max_ms);
  return out;
}

bool DecodeInfo(std::string_view page, PartInfo* info) {
  codec::ByteReader in(page);
  info->generation_min = static_cast<uint32_t>(in.Varint());
  info->generation_max = static_cast<uint32_t>(in.Varint());
  info->level = static_cast<uint32_t>(in.Varint());
  info->series = in.Varint();
  info->samples = in.Varint();
  info->min_ms = in.Signed();
  info->max_ms = in.Signed();
  return in.ok() && info->generation_min <= info->generation_max;
}

}  // namespace pharos::samples
