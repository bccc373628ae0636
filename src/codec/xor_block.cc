#include "codec/xor_block.h"

#include <bit>

#include "codec/bitpack.h"
#include "codec/limits.h"

namespace pharos::codec {
namespace {

/// Bits from the lowest of the first byte upwards.
class BitWriter {
 public:
  explicit BitWriter(std::string& out) : out_(out) {}
  void Put(uint64_t value, int width) {
    word_ |= value << used_;
    const int room = 64 - used_;
    if (width < room) {
      used_ += width;
      return;
    }
    PutFixed64(out_, word_);
    word_ = room == 64 ? 0 : value >> room;
    used_ = width - room;
    if (used_ == 0) word_ = 0;
  }
  void Finish() {
    for (; used_ > 0; used_ -= 8, word_ >>= 8) out_ += static_cast<char>(word_);
  }

 private:
  std::string& out_;
  uint64_t word_ = 0;
  int used_ = 0;
};

class BitReader {
 public:
  explicit BitReader(std::string_view bytes) : bytes_(bytes) {}
  /// Up to 64 bits; zeros and a false ok() past the end.
  uint64_t Get(int width) {
    if (width == 0) return 0;
    if (bit_ + static_cast<size_t>(width) > bytes_.size() * 8) {
      ok_ = false;
      return 0;
    }
    const size_t byte = bit_ / 8;
    const int shift = static_cast<int>(bit_ % 8);
    uint64_t low = 0;
    const size_t have = bytes_.size() - byte;
    std::memcpy(&low, bytes_.data() + byte, have < 8 ? have : 8);
    uint64_t value = low >> shift;
    if (shift + width > 64)
      value |= static_cast<uint64_t>(static_cast<uint8_t>(bytes_[byte + 8])) << (64 - shift);
    bit_ += static_cast<size_t>(width);
    return width == 64 ? value : value & ((uint64_t{1} << width) - 1);
  }
  bool ok() const { return ok_; }

 private:
  std::string_view bytes_;
  size_t bit_ = 0;
  bool ok_ = true;
};

/// The window that non-zero bits must lie in to be written without a new one.
struct Window {
  int lead = 65, length = 0;
  bool Holds(int leading, int trailing) const {
    return lead <= 64 && leading >= lead && 64 - trailing <= lead + length;
  }
};

}  // namespace

uint64_t XorBits(std::span<const double> values) {
  uint64_t bits = 64 + 16;
  uint64_t previous = std::bit_cast<uint64_t>(values[0]);
  Window window;
  for (const double value : values.subspan(1)) {
    const auto now = std::bit_cast<uint64_t>(value);
    const uint64_t x = now ^ previous;
    previous = now;
    if (x == 0) {
      ++bits;
      continue;
    }
    const int leading = std::countl_zero(x), trailing = std::countr_zero(x);
    bits += 2;
    if (!window.Holds(leading, trailing)) {
      window = {leading, 64 - leading - trailing};
      bits += 12;
    }
    bits += static_cast<uint64_t>(window.length);
  }
  return bits;
}

void EncodeXor(std::span<const double> values, std::string& out) {
  std::string bits;
  bits.reserve(values.size() * 9 + 16);
  BitWriter writer(bits);
  uint64_t previous = std::bit_cast<uint64_t>(values[0]);
  writer.Put(previous, 64);
  Window window;
  for (const double value : values.subspan(1)) {
    const auto now = std::bit_cast<uint64_t>(value);
    const uint64_t x = now ^ previous;
    previous = now;
    if (x == 0) {
      writer.Put(0, 1);
      continue;
    }
    const int leading = std::countl_zero(x), trailing = std::countr_zero(x);
    if (window.Holds(leading, trailing)) {
      writer.Put(1, 2);  // bits 1, 0: fits the window
    } else {
      window = {leading, 64 - leading - trailing};
      writer.Put(3, 2);
      writer.Put(static_cast<uint64_t>(window.lead), 6);
      writer.Put(static_cast<uint64_t>(window.length - 1), 6);
    }
    writer.Put(x >> (64 - window.lead - window.length), window.length);
  }
  writer.Finish();
  PutBytes(out, bits);
}

bool DecodeXor(ByteReader& in, std::span<double> values) {
  const std::string_view bytes = in.Bytes();
  if (!in.ok() || values.empty()) return false;
  BitReader reader(bytes);
  uint64_t previous = reader.Get(64);
  values[0] = std::bit_cast<double>(previous);
  int lead = 0, length = 0;
  for (double& value : values.subspan(1)) {
    if (reader.Get(1) != 0) {
      if (reader.Get(1) != 0) {
        lead = static_cast<int>(reader.Get(6));
        length = static_cast<int>(reader.Get(6)) + 1;
        if (lead + length > 64) return false;
      }
      if (length == 0) return false;
      previous ^= reader.Get(length) << (64 - lead - length);
    }
    value = std::bit_cast<double>(previous);
  }
  return reader.ok();
}

}  // namespace pharos::codec
