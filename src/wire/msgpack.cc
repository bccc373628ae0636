#include "wire/msgpack.h"

#include <bit>

#include "wire/limits.h"

namespace pharos::wire {
namespace {

using base::ErrorKind;
using base::Fail;
using base::Result;
using Kind = MsgpackReader::Kind;

/// What the first byte of an object says.
struct Head {
  Kind kind = Kind::kEnd;
  uint8_t length_bytes = 0;  ///< of the length (or of the number itself for numbers)
  uint8_t small = 0;         ///< the length, when it is in the head
};

Head HeadOf(uint8_t byte) {
  if (byte <= 0x7F || byte >= 0xE0) return {Kind::kInt, 0, byte};
  if (byte <= 0x8F) return {Kind::kMap, 0, static_cast<uint8_t>(byte & 15)};
  if (byte <= 0x9F) return {Kind::kArray, 0, static_cast<uint8_t>(byte & 15)};
  if (byte <= 0xBF) return {Kind::kText, 0, static_cast<uint8_t>(byte & 31)};
  switch (byte) {
    case 0xC0: return {Kind::kNil, 0, 0};
    case 0xC2:
    case 0xC3: return {Kind::kBool, 0, 0};
    case 0xC4: return {Kind::kBlob, 1, 0};
    case 0xC5: return {Kind::kBlob, 2, 0};
    case 0xC6: return {Kind::kBlob, 4, 0};
    case 0xC7: return {Kind::kExt, 1, 0};
    case 0xC8: return {Kind::kExt, 2, 0};
    case 0xC9: return {Kind::kExt, 4, 0};
    case 0xCA: return {Kind::kDouble, 4, 0};
    case 0xCB: return {Kind::kDouble, 8, 0};
    case 0xCC:
    case 0xD0: return {Kind::kInt, 1, 0};
    case 0xCD:
    case 0xD1: return {Kind::kInt, 2, 0};
    case 0xCE:
    case 0xD2: return {Kind::kInt, 4, 0};
    case 0xCF:
    case 0xD3: return {Kind::kInt, 8, 0};
    case 0xD9: return {Kind::kText, 1, 0};
    case 0xDA: return {Kind::kText, 2, 0};
    case 0xDB: return {Kind::kText, 4, 0};
    case 0xDC: return {Kind::kArray, 2, 0};
    case 0xDD: return {Kind::kArray, 4, 0};
    case 0xDE: return {Kind::kMap, 2, 0};
    case 0xDF: return {Kind::kMap, 4, 0};
    default: break;
  }
  if (byte >= 0xD4 && byte <= 0xD8) {
    return {Kind::kExt, 0, static_cast<uint8_t>(1 << (byte - 0xD4))};
  }
  return {};  // 0xC1
}

uint64_t BigEndian(std::string_view bytes) {
  uint64_t value = 0;
  for (const char c : bytes) value = value << 8 | static_cast<uint8_t>(c);
  return value;
}

std::unexpected<base::Error> Bad(std::string_view what) {
  return Fail(ErrorKind::kBadInput, "msgpack: " + std::string(what));
}

}  // namespace

Result<size_t> MsgpackScanner::Scan(std::string_view bytes) {
  if (open_.empty()) open_.push_back(1);
  while (true) {
    while (!open_.empty() && open_.back() == 0) open_.pop_back();
    if (open_.empty()) return at_;
    if (at_ >= bytes.size()) return size_t{0};
    const Head head = HeadOf(static_cast<uint8_t>(bytes[at_]));
    if (head.kind == Kind::kEnd) return Bad("the byte 0xc1 is not allowed");
    if (bytes.size() - at_ - 1 < head.length_bytes) return size_t{0};
    const bool sized = head.kind == Kind::kText || head.kind == Kind::kBlob ||
                       head.kind == Kind::kExt || head.kind == Kind::kArray ||
                       head.kind == Kind::kMap;
    uint64_t length = head.small;
    if (head.length_bytes > 0 && sized)
      length = BigEndian(bytes.substr(at_ + 1, head.length_bytes));
    uint64_t size = 1u + head.length_bytes;
    const bool nested = head.kind == Kind::kArray || head.kind == Kind::kMap;
    if (sized && !nested) size += length + (head.kind == Kind::kExt ? 1 : 0);
    if (bytes.size() - at_ < size) return size_t{0};
    at_ += size;
    --open_.back();
    if (!nested) continue;
    if (open_.size() > static_cast<size_t>(kMaxMsgpackDepth)) return Bad("nested too deeply");
    open_.push_back(head.kind == Kind::kMap ? 2 * length : length);
  }
}

void MsgpackScanner::Reset() {
  at_ = 0;
  open_.clear();
}

Kind MsgpackReader::Peek() const {
  return AtEnd() ? Kind::kEnd : HeadOf(static_cast<uint8_t>(bytes_[at_])).kind;
}

Result<std::string_view> MsgpackReader::Take(uint64_t length) {
  if (bytes_.size() - at_ < length) return Bad("the message ends in the middle of an object");
  const std::string_view out = bytes_.substr(at_, length);
  at_ += length;
  return out;
}

Result<uint64_t> MsgpackReader::Big(size_t bytes) {
  PHAROS_TRY(const std::string_view taken, Take(bytes));
  return BigEndian(taken);
}

/// The length of the object at hand, which must be of this kind; moves behind its head.
Result<uint32_t> MsgpackReader::Length(uint8_t byte, Kind kind) {
  const Head head = HeadOf(byte);
  if (head.kind != kind) return Bad("another kind of object was expected");
  ++at_;
  if (head.length_bytes == 0) return head.small;
  PHAROS_TRY(const uint64_t length, Big(head.length_bytes));
  return static_cast<uint32_t>(length);
}

Result<uint32_t> MsgpackReader::BeginArray() {
  if (AtEnd()) return Bad("an array was expected");
  return Length(static_cast<uint8_t>(bytes_[at_]), Kind::kArray);
}

Result<std::string_view> MsgpackReader::ReadText() {
  const Kind kind = Peek();
  if (kind != Kind::kText && kind != Kind::kBlob) return Bad("a text was expected");
  PHAROS_TRY(const uint32_t length, Length(static_cast<uint8_t>(bytes_[at_]), kind));
  return Take(length);
}

Result<std::string_view> MsgpackReader::ReadExt(int8_t* type) {
  if (Peek() != Kind::kExt) return Bad("an extension was expected");
  PHAROS_TRY(const uint32_t length, Length(static_cast<uint8_t>(bytes_[at_]), Kind::kExt));
  PHAROS_TRY(const uint64_t kind, Big(1));
  *type = static_cast<int8_t>(kind);
  return Take(length);
}

Result<model::Value> MsgpackReader::Read() { return ReadAt(0); }

Result<model::Value> MsgpackReader::ReadAt(int depth) {
  if (depth > kMaxMsgpackDepth) return Bad("nested too deeply");
  if (++values_ > kMaxMsgpackValues) {
    return Fail(ErrorKind::kTooLarge, "msgpack: more than " + std::to_string(kMaxMsgpackValues) +
                                          " values in one message");
  }
  if (AtEnd()) return Bad("the message ends in the middle of an object");
  const auto byte = static_cast<uint8_t>(bytes_[at_]);
  const Head head = HeadOf(byte);
  switch (head.kind) {
    case Kind::kNil: ++at_; return model::Value{};
    case Kind::kBool: ++at_; return model::Value::Bool(byte == 0xC3);
    case Kind::kText: {
      PHAROS_TRY(const std::string_view text, ReadText());
      return model::Value::String(text);
    }
    case Kind::kBlob: {
      PHAROS_TRY(const std::string_view blob, ReadText());
      return model::Value::Bytes(blob);
    }
    case Kind::kExt: {
      int8_t type = 0;
      PHAROS_TRY(const std::string_view blob, ReadExt(&type));
      return model::Value::Bytes(blob);
    }
    case Kind::kArray:
    case Kind::kMap: {
      PHAROS_TRY(const uint32_t count, Length(byte, head.kind));
      return ReadItems(count, head.kind == Kind::kMap, depth);
    }
    case Kind::kInt: {
      ++at_;
      if (head.length_bytes == 0) return model::Value::Int(static_cast<int8_t>(byte));
      PHAROS_TRY(const uint64_t bits, Big(head.length_bytes));
      if (byte == 0xCF && bits > INT64_MAX) {
        return model::Value::Double(static_cast<double>(bits));
      }
      if (byte < 0xD0) return model::Value::Int(static_cast<int64_t>(bits));
      const int shift = 64 - 8 * head.length_bytes;
      return model::Value::Int(static_cast<int64_t>(bits << shift) >> shift);
    }
    case Kind::kDouble: {
      ++at_;
      PHAROS_TRY(const uint64_t bits, Big(head.length_bytes));
      return model::Value::Double(head.length_bytes == 4
                                      ? std::bit_cast<float>(static_cast<uint32_t>(bits))
                                      : std::bit_cast<double>(bits));
    }
    case Kind::kEnd: break;
  }
  return Bad("the byte 0xc1 is not allowed");
}

Result<model::Value> MsgpackReader::ReadItems(uint32_t count, bool map, int depth) {
  const uint64_t least = map ? uint64_t{2} * count : count;
  if (least > bytes_.size() - at_) return Bad("the message ends in the middle of an object");
  if (!map) {
    std::vector<model::Value> items;
    for (uint32_t i = 0; i < count; ++i) {
      PHAROS_TRY(const model::Value item, ReadAt(depth + 1));
      items.push_back(item);
    }
    return model::Value::Array(arena_.CopySpan<model::Value>(items));
  }
  std::vector<model::KeyValue> pairs;
  for (uint32_t i = 0; i < count; ++i) {
    // A map as a key of a map would double its text at each level.
    if (Peek() == Kind::kArray || Peek() == Kind::kMap)
      return Bad("a key must not be a list or map");
    PHAROS_TRY(const model::Value key, ReadAt(depth + 1));
    PHAROS_TRY(const model::Value value, ReadAt(depth + 1));
    const bool text =
        key.type == model::Value::Type::kString || key.type == model::Value::Type::kBytes;
    pairs.push_back({text ? key.text : arena_.Copy(model::ValueToString(key)), value});
  }
  return model::Value::Map(arena_.CopySpan<model::KeyValue>(pairs));
}

void AppendMsgpackText(std::string& out, std::string_view text) {
  if (text.size() < 32) {
    out += static_cast<char>(0xA0 | text.size());
  } else {
    const bool four = text.size() > 0xFFFF;
    out += static_cast<char>(text.size() <= 0xFF ? 0xD9 : four ? 0xDB : 0xDA);
    for (int shift = text.size() <= 0xFF ? 0 : four ? 24 : 8; shift >= 0; shift -= 8) {
      out += static_cast<char>(text.size() >> shift & 0xFF);
    }
  }
  out += text;
}

void AppendMsgpackBool(std::string& out, bool value) { out += value ? '\xC3' : '\xC2'; }
void AppendMsgpackArray(std::string& out, uint8_t count) {
  out += static_cast<char>(0x90 | (count & 15));
}
void AppendMsgpackMap(std::string& out, uint8_t count) {
  out += static_cast<char>(0x80 | (count & 15));
}

}  // namespace pharos::wire
