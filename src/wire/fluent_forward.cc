#include "wire/fluent_forward.h"

#include <openssl/evp.h>

#include <array>

#include "base/compress.h"
#include "wire/limits.h"
#include "wire/msgpack.h"

namespace pharos::wire {
namespace {

using base::ErrorKind;
using base::Fail;
using base::Result;
using Kind = MsgpackReader::Kind;
using model::Value;

std::unexpected<base::Error> Bad(std::string_view what) {
  return Fail(ErrorKind::kBadInput, "fluent forward: " + std::string(what));
}

Result<int64_t> Nanoseconds(int64_t seconds, int64_t ns) {
  int64_t out = 0;
  if (__builtin_mul_overflow(seconds, int64_t{1'000'000'000}, &out) ||
      __builtin_add_overflow(out, ns, &out)) {
    return Bad("a time beyond the year 2262");
  }
  return out;
}

/// Seconds, EventTime (extension 0: two 32-bit numbers), or a float of seconds.
Result<int64_t> ReadTime(MsgpackReader& reader) {
  if (reader.Peek() == Kind::kExt) {
    int8_t type = 0;
    PHAROS_TRY(const std::string_view bytes, reader.ReadExt(&type));
    if (type != 0 || bytes.size() != 8) return Bad("a time must be EventTime (extension 0)");
    uint64_t both = 0;
    for (const char c : bytes) both = both << 8 | static_cast<uint8_t>(c);
    return Nanoseconds(static_cast<int64_t>(both >> 32), static_cast<int64_t>(both & 0xFFFFFFFF));
  }
  PHAROS_TRY(const Value value, reader.Read());
  if (value.type == Value::Type::kInt) return Nanoseconds(value.integer, 0);
  if (value.type == Value::Type::kDouble && value.real > -9e9 && value.real < 9e9) {
    return static_cast<int64_t>(value.real * 1e9);
  }
  return Bad("a time must be a number or EventTime");
}

/// The time of an entry, which Fluent Bit 2 wraps with metadata: [time, {…}].
Result<int64_t> ReadEntryTime(MsgpackReader& reader) {
  if (reader.Peek() != Kind::kArray) return ReadTime(reader);
  PHAROS_TRY(const uint32_t count, reader.BeginArray());
  if (count != 2) return Bad("an entry's time with metadata must be an array of two");
  PHAROS_TRY(const int64_t time, ReadTime(reader));
  PHAROS_TRY(const Value metadata, reader.Read());
  if (metadata.type != Value::Type::kMap) return Bad("an entry's metadata must be a map");
  return time;
}

Result<FluentEvent> ReadRecord(MsgpackReader& reader, int64_t time_ns) {
  PHAROS_TRY(const Value record, reader.Read());
  if (record.type != Value::Type::kMap) return Bad("a record must be a map");
  return FluentEvent{time_ns, record.map()};
}

/// [time, record]
Result<void> ReadEntry(MsgpackReader& reader, FluentMessage& out) {
  if (out.events.size() >= kMaxFluentEvents) {
    return Fail(ErrorKind::kTooLarge, "fluent forward: too many events in one message");
  }
  PHAROS_TRY(const uint32_t count, reader.BeginArray());
  if (count != 2) return Bad("an entry must be an array of a time and a record");
  PHAROS_TRY(const int64_t time, ReadEntryTime(reader));
  PHAROS_TRY(FluentEvent event, ReadRecord(reader, time));
  out.events.push_back(event);
  return {};
}

struct Option {
  std::optional<std::string_view> chunk;
  bool gzip = false;
};

Result<Option> ReadOption(MsgpackReader& reader) {
  Option out;
  PHAROS_TRY(const Value option, reader.Read());
  if (option.type == Value::Type::kNull) return out;
  if (option.type != Value::Type::kMap) return Bad("the option must be a map");
  for (const model::KeyValue& pair : option.map()) {
    const bool text =
        pair.value.type == Value::Type::kString || pair.value.type == Value::Type::kBytes;
    if (pair.key == "chunk" && text) out.chunk = pair.value.text;
    if (pair.key == "compressed" && text && pair.value.text != "text") {
      if (pair.value.text != "gzip") {
        return Bad("compression \"" + std::string(pair.value.text.substr(0, 40)) +
                   "\" is not known (gzip is)");
      }
      out.gzip = true;
    }
  }
  return out;
}

Result<void> ReadPacked(std::string_view packed, bool gzip, FluentMessage& out) {
  if (gzip) {
    PHAROS_TRY(std::string unpacked, base::GzipDecompress(packed, kMaxFluentUnpackedBytes));
    out.unpacked = std::make_unique<const std::string>(std::move(unpacked));
    packed = *out.unpacked;
  }
  MsgpackReader entries(packed, out.arena);
  while (!entries.AtEnd()) PHAROS_TRY_VOID(ReadEntry(entries, out));
  return {};
}

std::string Hex(const unsigned char* bytes, unsigned length) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  for (unsigned i = 0; i < length; ++i) {
    out += kDigits[bytes[i] >> 4];
    out += kDigits[bytes[i] & 15];
  }
  return out;
}

}  // namespace

Result<FluentMessage> DecodeFluentMessage(std::string_view bytes) {
  FluentMessage out;
  MsgpackReader reader(bytes, out.arena);
  if (reader.Peek() != Kind::kArray) return Bad("a message must be an array");
  PHAROS_TRY(const uint32_t count, reader.BeginArray());
  if (count < 2 || count > 4) return Bad("a message has two to four elements");
  if (reader.Peek() != Kind::kText && reader.Peek() != Kind::kBlob) {
    return Bad("the tag must be text");
  }
  PHAROS_TRY(out.tag, reader.ReadText());
  uint32_t read = 2;
  std::string_view packed;
  const Kind second = reader.Peek();
  const bool is_packed = second == Kind::kBlob || second == Kind::kText;
  if (second == Kind::kArray) {
    PHAROS_TRY(const uint32_t entries, reader.BeginArray());
    for (uint32_t i = 0; i < entries; ++i) PHAROS_TRY_VOID(ReadEntry(reader, out));
  } else if (is_packed) {
    PHAROS_TRY(packed, reader.ReadText());
  } else {
    if (count < 3) return Bad("a message without a record");
    PHAROS_TRY(const int64_t time, ReadTime(reader));
    PHAROS_TRY(const FluentEvent event, ReadRecord(reader, time));
    out.events.push_back(event);
    read = 3;
  }
  Option option;
  if (count > read) {
    PHAROS_TRY(option, ReadOption(reader));
    ++read;
  }
  if (count != read) return Bad("a message with too many elements");
  if (!reader.AtEnd()) return Bad("bytes behind the message");
  out.chunk = option.chunk;
  if (is_packed) PHAROS_TRY_VOID(ReadPacked(packed, option.gzip, out));
  return out;
}

std::string EncodeFluentAck(std::string_view chunk) {
  std::string out;
  AppendMsgpackMap(out, 1);
  AppendMsgpackText(out, "ack");
  AppendMsgpackText(out, chunk);
  return out;
}

Result<FluentPing> DecodeFluentPing(std::string_view bytes) {
  base::Arena arena;
  MsgpackReader reader(bytes, arena);
  PHAROS_TRY(const uint32_t count, reader.BeginArray());
  if (count != 6) return Bad("a PING has six elements");
  PHAROS_TRY(const std::string_view word, reader.ReadText());
  if (word != "PING") return Bad("a PING was expected");
  FluentPing ping;
  PHAROS_TRY(ping.hostname, reader.ReadText());
  PHAROS_TRY(ping.salt, reader.ReadText());
  PHAROS_TRY(ping.digest, reader.ReadText());
  PHAROS_TRY(ping.user, reader.ReadText());
  PHAROS_TRY(ping.password_digest, reader.ReadText());
  return ping;
}

std::string EncodeFluentHelo(std::string_view nonce, std::string_view auth) {
  std::string out;
  AppendMsgpackArray(out, 2);
  AppendMsgpackText(out, "HELO");
  AppendMsgpackMap(out, 3);
  AppendMsgpackText(out, "nonce");
  AppendMsgpackText(out, nonce);
  AppendMsgpackText(out, "auth");
  AppendMsgpackText(out, auth);
  AppendMsgpackText(out, "keepalive");
  AppendMsgpackBool(out, true);
  return out;
}

std::string EncodeFluentPong(bool ok, std::string_view reason, std::string_view hostname,
                             std::string_view digest) {
  std::string out;
  AppendMsgpackArray(out, 5);
  AppendMsgpackText(out, "PONG");
  AppendMsgpackBool(out, ok);
  AppendMsgpackText(out, reason);
  AppendMsgpackText(out, hostname);
  AppendMsgpackText(out, digest);
  return out;
}

std::string FluentDigest(std::initializer_list<std::string_view> pieces) {
  std::string all;
  for (const std::string_view piece : pieces) all += piece;
  std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
  unsigned length = 0;
  EVP_Digest(all.data(), all.size(), bytes.data(), &length, EVP_sha512(), nullptr);
  return Hex(bytes.data(), length);
}

}  // namespace pharos::wire
