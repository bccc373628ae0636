// The bytes of a WAL segment: its header and its frames. docs/format/wal.md says why each
// field is there. Knows nothing of files.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "io/log_bytes.h"
#include "io/wal.h"

namespace pharos::io {

/// Written and synced, with the directory, before the first frame.
struct SegmentHeader {
  uint64_t first_sequence = 0;  ///< as in the file's name; no frame has a lower one
  uint64_t previous_first = 0;  ///< first_sequence of the segment before; 0: none
  uint64_t previous_bytes = 0;  ///< what of that segment counts: it was durable, the rest failed
  uint32_t salt = 0;            ///< mixed into the frames' checksums

  bool operator==(const SegmentHeader&) const = default;
};
inline constexpr size_t kSegmentHeaderBytes = 40;

std::string EncodeSegmentHeader(const SegmentHeader& header);
/// Nothing when the bytes are not a whole, unharmed header.
std::optional<SegmentHeader> ParseSegmentHeader(std::string_view bytes);

/// "00000000000000000042.wal", and back.
std::string SegmentName(uint64_t first_sequence);
std::optional<uint64_t> ParseSegmentName(std::string_view name);

inline constexpr size_t kFrameHeaderBytes = 28;
inline constexpr char kFrameFirstByte = 'F';
/// Stands in the signal's place in the frame that ends a segment at an orderly stop.
inline constexpr uint8_t kCloseMark = 0xff;

/// A frame's fixed fields as they lie in the file.
struct FrameHeader {
  uint32_t checksum = 0;
  uint32_t payload_bytes = 0;
  uint32_t durable_bytes = 0;  ///< of this segment, when the frame was written
  uint64_t sequence = 0;
  uint8_t signal = 0;
  uint8_t codec = 0;
  uint16_t tenant_bytes = 0;

  size_t TotalBytes() const { return kFrameHeaderBytes + tenant_bytes + payload_bytes; }
};

/// Appends a frame of the payload and `more` behind it, whose checksum and durable_bytes are still
/// to be filled in.
void AppendFrame(LogBytes& out, uint64_t sequence, uint8_t signal, uint8_t codec,
                 std::string_view tenant, std::string_view payload, std::string_view more = {});
/// Fills them in. `frame` are the frame's own bytes; returns how many they are.
size_t FinishFrame(char* frame, uint32_t durable_bytes, uint32_t salt);

/// Needs kFrameHeaderBytes. Nothing when the magic is wrong or a length beyond its limit.
std::optional<FrameHeader> ParseFrameHeader(std::string_view bytes);
/// `frame` is TotalBytes() long.
bool FrameIsWhole(const FrameHeader& header, std::string_view frame, uint32_t salt);

}  // namespace pharos::io
