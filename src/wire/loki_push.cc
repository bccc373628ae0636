#include "wire/loki_push.h"

#include <algorithm>
#include <span>

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
    stream.events.reserve(CountEntries(message));
    PbReader in(message);
    while (in.Next()) {
      if (in.field() == 1) {
        stream.labels = in.Bytes();
      } else if (in.field() == 2) {
        if (++records_ > kMaxRecords) return too_many_ = true, Fail("too many entries");
        if (!Entry(in.Bytes(), &stream.events.emplace_back())) return false;
      }
    }
    return in.ok() || Fail(in.error());
  }

  /// As many as there are bytes for; a broken message is found when it is read.
  static size_t CountEntries(std::string_view message) {
    size_t count = 0;
    PbReader in(message);
    while (in.Next()) count += in.field() == 2 ? 1 : 0;
    return std::min(count, kMaxRecords);
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

base::Result<LokiPush> DecodeLokiPush(std::shared_ptr<const std::string> body) {
  LokiPush out;
  PHAROS_TRY_VOID(PushDecoder(&out).Decode(*body));
  out.keep_alive = std::move(body);
  return out;
}

}  // namespace pharos::wire
