#include "io/wal_format.h"

#include "base/hash.h"
#include "io/limits.h"
#include "io/little_endian.h"

namespace pharos::io {
namespace {

constexpr std::string_view kSegmentMagic = "PHRSWAL1";
constexpr uint32_t kFrameMagic = 0x4d525746;  // "FWRM"
constexpr size_t kChecksumAt = 4;
constexpr size_t kCheckedFrom = 8;
constexpr size_t kDurableAt = 12;
constexpr size_t kNameDigits = 20;
constexpr std::string_view kNameEnd = ".wal";

}  // namespace

std::string EncodeSegmentHeader(const SegmentHeader& header) {
  std::string out(kSegmentMagic);
  PutInt(out, header.first_sequence);
  PutInt(out, header.previous_first);
  PutInt(out, header.previous_bytes);
  PutInt(out, header.salt);
  PutInt(out, base::Crc32c(out));
  return out;
}

std::optional<SegmentHeader> ParseSegmentHeader(std::string_view bytes) {
  if (bytes.size() < kSegmentHeaderBytes || !bytes.starts_with(kSegmentMagic)) return {};
  const size_t checked = kSegmentHeaderBytes - sizeof(uint32_t);
  if (base::Crc32c(bytes.substr(0, checked)) != LoadInt<uint32_t>(bytes.data() + checked)) {
    return {};
  }
  ByteReader reader(bytes.substr(kSegmentMagic.size()));
  SegmentHeader header;
  header.first_sequence = reader.Int<uint64_t>();
  header.previous_first = reader.Int<uint64_t>();
  header.previous_bytes = reader.Int<uint64_t>();
  header.salt = reader.Int<uint32_t>();
  return header;
}

std::string SegmentName(uint64_t first_sequence) {
  std::string digits = std::to_string(first_sequence);
  digits.insert(0, kNameDigits - digits.size(), '0');
  return digits.append(kNameEnd);
}

std::optional<uint64_t> ParseSegmentName(std::string_view name) {
  if (name.size() != kNameDigits + kNameEnd.size() || !name.ends_with(kNameEnd)) return {};
  uint64_t value = 0;
  for (const char c : name.substr(0, kNameDigits)) {
    if (c < '0' || c > '9') return {};
    if (__builtin_mul_overflow(value, uint64_t{10}, &value)) return {};
    if (__builtin_add_overflow(value, static_cast<uint64_t>(c - '0'), &value)) return {};
  }
  return value;
}

void AppendFrame(LogBytes& out, uint64_t sequence, uint8_t signal, uint8_t codec,
                 std::string_view tenant, std::string_view payload, std::string_view more) {
  char header[kFrameHeaderBytes];
  StoreInt(header, kFrameMagic);
  StoreInt(header + kChecksumAt, uint32_t{0});
  StoreInt(header + 8, static_cast<uint32_t>(payload.size() + more.size()));
  StoreInt(header + kDurableAt, uint32_t{0});
  StoreInt(header + 16, sequence);
  StoreInt(header + 24, signal);
  StoreInt(header + 25, codec);
  StoreInt(header + 26, static_cast<uint16_t>(tenant.size()));
  for (const std::string_view piece :
       {std::string_view(header, sizeof(header)), tenant, payload, more}) {
    out.Append(piece);
  }
}

size_t FinishFrame(char* frame, uint32_t durable_bytes, uint32_t salt) {
  const size_t total =
      kFrameHeaderBytes + LoadInt<uint16_t>(frame + 26) + LoadInt<uint32_t>(frame + 8);
  StoreInt(frame + kDurableAt, durable_bytes);
  const uint32_t crc = base::Crc32c({frame + kCheckedFrom, total - kCheckedFrom});
  StoreInt(frame + kChecksumAt, crc ^ salt);
  return total;
}

std::optional<FrameHeader> ParseFrameHeader(std::string_view bytes) {
  if (bytes.size() < kFrameHeaderBytes) return {};
  ByteReader reader(bytes);
  if (reader.Int<uint32_t>() != kFrameMagic) return {};
  FrameHeader header;
  header.checksum = reader.Int<uint32_t>();
  header.payload_bytes = reader.Int<uint32_t>();
  header.durable_bytes = reader.Int<uint32_t>();
  header.sequence = reader.Int<uint64_t>();
  header.signal = reader.Int<uint8_t>();
  header.codec = reader.Int<uint8_t>();
  header.tenant_bytes = reader.Int<uint16_t>();
  if (header.payload_bytes > kWalPayloadBytes) return {};
  return header;
}

bool FrameIsWhole(const FrameHeader& header, std::string_view frame, uint32_t salt) {
  return (base::Crc32c(frame.substr(kCheckedFrom)) ^ salt) == header.checksum;
}

}  // namespace pharos::io
