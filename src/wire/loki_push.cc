#include "wire/loki_push.h"

#include <algorithm>
#include <span>

#include "base/spares.h"
#include "wire/limits.h"
#include "wire/protobuf.h"

namespace pharos::wire {
namespace {

constexpr int64_t kMaxSeconds = INT64_MAX / 1'000'000'000 - 1;

class PushDecoder {
 public:
  explicit PushDecoder(LokiPush* out) : out_(out) {}

  base::Result<void> Decode(std::string_view body) {
    PbReader in(body);
    while (in.Next()) {
      if (in.field() == 1 && !Stream(in.Bytes()) && in.ok()) in.Fail(error_);
    }
    if (too_many_) {
      return base::Fail(base::ErrorKind::kTooLarge,
                        "push request has more than " + std::to_string(kMaxRecords) +
                            " entries or too much structured metadata; send smaller batches");
    }
    return in.Status();
  }

 private:
  bool Stream(std::string_view message) {
    LokiStream& stream = out_->streams.emplace_back();
    std::vector<model::Event>& events = stream.events;
    events = base::Spares<std::vector<model::Event>>::Take();
    while (!message.empty()) {
      int64_t time_ns;
      std::string_view line;
      if (const size_t plain = PlainEntry(message, &time_ns, &line)) {
        if (++records_ > kMaxRecords) return too_many_ = true, Fail("too many entries");
        if (events.empty()) events.reserve(Guess(message.size(), plain));
        model::Event& event = events.emplace_back();
        event.time_ns = time_ns;
        event.body.type = model::Value::Type::kString;
        event.body.text = line;
        message.remove_prefix(plain);
        continue;
      }
      PbReader in(message);
      if (!in.Next()) return Fail(in.error());
      if (in.field() == 1) {
        stream.labels = in.Bytes();
      } else if (in.field() == 2) {
        if (++records_ > kMaxRecords) return too_many_ = true, Fail("too many entries");
        if (events.empty()) events.reserve(Guess(message.size(), in.raw_field().size()));
        if (!Entry(in.Bytes(), &events.emplace_back())) return false;
      }
      if (!in.ok()) return Fail(in.error());
      message.remove_prefix(in.raw_field().size());
    }
    return true;
  }

  /// How many entries there may be in so many bytes, of which the first one takes `each`.
  static size_t Guess(size_t bytes, size_t each) {
    constexpr size_t kLeast = 16;  // of an entry with a time
    const size_t alike = bytes / std::max(each, kLeast);
    return std::min(kMaxRecords, alike + alike / 8 + 1);
  }

  /// Of a message that begins with an entry of nothing but a timestamp with both fields and a
  /// line, as clients write them: its length. 0 for any other.
  static size_t PlainEntry(std::string_view message, int64_t* time_ns, std::string_view* line) {
    constexpr size_t kMostHead = 36;  // tags, lengths, two numbers
    if (message.size() < kMostHead) return 0;
    const char* at = message.data();
    const auto varint = [&at](uint64_t* value, int most) {
      *value = 0;
      for (int shift = 0; shift < 7 * most; shift += 7) {
        const auto byte = static_cast<uint8_t>(*at++);
        *value |= uint64_t{byte & 0x7Fu} << shift;
        if (byte < 0x80) return true;
      }
      return false;
    };
    uint64_t bytes, seconds, nanos, length;
    if (*at++ != 0x12 || !varint(&bytes, 4)) return 0;
    const char* const inside = at;
    if (*at++ != 0x0A) return 0;
    const auto time_bytes = static_cast<uint8_t>(*at++);
    const char* const time = at;
    if (*at++ != 0x08 || !varint(&seconds, 5) || *at++ != 0x10 || !varint(&nanos, 5)) return 0;
    if (at != time + time_bytes || seconds > uint64_t{kMaxSeconds} || nanos > 999'999'999) return 0;
    if (*at++ != 0x12 || !varint(&length, 4)) return 0;
    const auto head = static_cast<size_t>(at - inside);
    if (head + length != bytes ||
        bytes > message.size() - static_cast<size_t>(inside - message.data())) {
      return 0;
    }
    *time_ns = static_cast<int64_t>(seconds * 1'000'000'000 + nanos);
    *line = {at, length};
    return static_cast<size_t>(at - message.data()) + length;
  }

  bool Entry(std::string_view message, model::Event* event) {
    PbReader in(message);
    pairs_.clear();
    event->body = model::Value::String({});
    while (in.Next()) {
      switch (in.field()) {
        case 1:
          if (!Timestamp(in.Bytes(), &event->time_ns)) return false;
          break;
        case 2: event->body = model::Value::String(in.Bytes()); break;
        case 3:
          if (!Pair(in.Bytes())) return false;
          break;
        default: break;
      }
    }
    event->attributes = out_->arena.CopySpan(std::span<const model::KeyValue>(pairs_));
    return in.ok() || Fail(in.error());
  }

  bool Timestamp(std::string_view message, int64_t* time_ns) {
    int64_t seconds = 0, nanos = 0;
    PbReader in(message);
    while (in.Next()) {
      if (in.field() == 1) {
        seconds = in.Int64();
      } else if (in.field() == 2) {
        nanos = in.Int32();
      }
    }
    if (!in.ok()) return Fail(in.error());
    if (seconds > kMaxSeconds || seconds < -kMaxSeconds || nanos < 0 || nanos > 999'999'999) {
      return Fail("timestamp of an entry is out of range");
    }
    *time_ns = seconds * 1'000'000'000 + nanos;
    return true;
  }

  bool Pair(std::string_view message) {
    if (++children_ > kMaxChildren) return too_many_ = true, Fail("too much metadata");
    std::string_view name, value;
    PbReader in(message);
    while (in.Next()) {
      if (in.field() == 1) {
        name = in.Bytes();
      } else if (in.field() == 2) {
        value = in.Bytes();
      }
    }
    pairs_.push_back({name, model::Value::String(value)});
    return in.ok() || Fail(in.error());
  }

  bool Fail(const char* why) {
    error_ = why;
    return false;
  }

  LokiPush* out_;
  const char* error_ = "";
  bool too_many_ = false;
  size_t records_ = 0, children_ = 0;
  std::vector<model::KeyValue> pairs_;
};

}  // namespace

base::Result<LokiPush> DecodeLokiPush(base::HeldText body) {
  LokiPush out;
  PHAROS_TRY_VOID(PushDecoder(&out).Decode(body.text));
  out.keep_alive = std::move(body.owner);
  return out;
}

}  // namespace pharos::wire
