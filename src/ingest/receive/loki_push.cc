#include "ingest/receive/loki_push.h"

#include <algorithm>
#include <memory>
#include <mutex>
#include <ranges>
#include <shared_mutex>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/compress.h"
#include "base/metrics.h"
#include "base/spares.h"
#include "ingest/receive/detected_level.h"
#include "ingest/receive/error_groups.h"
#include "ingest/receive/limits.h"
#include "ingest/receive/service_name.h"
#include "store/reserved_streams.h"
#include "text/json_writer.h"
#include "text/rfc3339.h"
#include "wire/stream_labels.h"
#include "wire/utf8.h"

namespace pharos::ingest::receive {
namespace {

std::string CheckLabels(const model::Labels& labels, const LokiLimits& limits) {
  const std::string text = wire::StreamLabelsText(labels);
  size_t count = labels.size();
  if (labels.Has("service_name")) --count;
  if (count > limits.max_label_names) {
    return "entry for stream '" + text + "' has " + std::to_string(count) + " label names; limit " +
           std::to_string(limits.max_label_names);
  }
  if (labels.Has(store::kExemplarLabel)) {
    return "stream '" + text + "' has the label '" + std::string(store::kExemplarLabel) +
           "', which is reserved";
  }
  for (const model::LabelView label : labels) {
    if (label.name.size() > limits.max_label_name_bytes) {
      return "stream '" + text + "' has label name too long: '" + std::string(label.name) + "'";
    }
    if (label.value.size() > limits.max_label_value_bytes) {
      return "stream '" + text + "' has label value too long: '" + std::string(label.value) + "'";
    }
  }
  return "";
}

std::string UtcSeconds(int64_t ns) { return text::Rfc3339Nano(ns - ns % 1'000'000'000); }

/// Why Loki would not take an entry.
enum class Fault : uint8_t { kNone, kTooOld, kTooNew, kTooLong, kMetadataBytes, kMetadataCount };

size_t MetadataBytes(const model::Event& event) {
  size_t bytes = 0;
  for (const model::KeyValue& pair : event.attributes) {
    bytes += pair.key.size() + pair.value.text.size();
  }
  return bytes;
}

Fault FaultOf(const model::Event& event, const LokiLimits& limits, int64_t now_ns) {
  if (limits.reject_old && event.time_ns < now_ns - limits.max_age_ns) return Fault::kTooOld;
  if (event.time_ns > now_ns + limits.grace_ns) return Fault::kTooNew;
  if (limits.max_line_bytes != 0 && event.body.text.size() > limits.max_line_bytes) {
    return Fault::kTooLong;
  }
  if (event.attributes.empty()) return Fault::kNone;
  if (limits.max_metadata_bytes != 0 && MetadataBytes(event) > limits.max_metadata_bytes) {
    return Fault::kMetadataBytes;
  }
  const bool many =
      limits.max_metadata_count != 0 && event.attributes.size() > limits.max_metadata_count;
  return many ? Fault::kMetadataCount : Fault::kNone;
}

/// Loki's sentence about an entry with the fault.
std::string Sentence(Fault fault, const model::Event& event, const model::Labels& labels,
                     const LokiLimits& limits, int64_t now_ns) {
  const std::string stream = wire::StreamLabelsText(labels);
  switch (fault) {
    case Fault::kNone: return "";
    case Fault::kTooOld:
      return "entry for stream '" + stream +
             "' has timestamp too old: " + UtcSeconds(event.time_ns) +
             ", oldest acceptable timestamp is: " + UtcSeconds(now_ns - limits.max_age_ns);
    case Fault::kTooNew:
      return "entry for stream '" + stream +
             "' has timestamp too new: " + UtcSeconds(event.time_ns);
    case Fault::kTooLong:
      return "max entry size '" + std::to_string(limits.max_line_bytes) +
             "' bytes exceeded for stream '" + stream + "' while adding an entry with length '" +
             std::to_string(event.body.text.size()) + "' bytes";
    case Fault::kMetadataBytes:
      return "stream '" + stream + "' has structured metadata too large: '" +
             std::to_string(MetadataBytes(event)) + "' bytes, limit: '" +
             std::to_string(limits.max_metadata_bytes) +
             "' bytes. Please see `limits_config.max_structured_metadata_size` or contact your "
             "Loki administrator to increase it";
    case Fault::kMetadataCount:
      return "stream '" + stream + "' has too many structured metadata labels: '" +
             std::to_string(event.attributes.size()) + "', limit: '" +
             std::to_string(limits.max_metadata_count) +
             "'. Please see `limits_config.max_structured_metadata_entries_count` or contact your "
             "Loki administrator to increase it";
  }
  return "";
}

/// `{detected_level="…"}` of a push, each once: most entries have no other metadata.
class LevelSets {
 public:
  explicit LevelSets(base::Arena& arena) : arena_(arena) {}

  std::span<const model::KeyValue> Of(std::string_view level) {
    for (const auto& set : sets_) {
      if (set[0].value.text == level) return set;
    }
    return Make(level);
  }
  /// For one of LevelOfLine: told apart by where it stands.
  std::span<const model::KeyValue> OfLine(std::string_view level) {
    for (const Lasting& known : lasting_) {
      if (known.text == level.data()) return known.set;
    }
    const auto set = Of(level);
    if (lasting_.size() < kMost) lasting_.push_back({level.data(), set});
    return set;
  }

 private:
  struct Lasting {
    const char* text;
    std::span<const model::KeyValue> set;
  };

  std::span<const model::KeyValue> Make(std::string_view level) {
    const model::KeyValue pair{kDetectedLevel, model::Value::String(arena_.Copy(level))};
    const std::span<const model::KeyValue> set = arena_.CopySpan(std::span(&pair, 1));
    if (sets_.size() < kMost) sets_.push_back(set);
    return set;
  }

  static constexpr size_t kMost = 16;  // there are seven, and what streams call a level
  base::Arena& arena_;
  std::vector<std::span<const model::KeyValue>> sets_;
  std::vector<Lasting> lasting_;
};

/// Adds `detected_level`, or puts one that was sent into Loki's spelling.
void SetLevel(std::string_view stream_level, base::Arena& arena, LevelSets& sets,
              model::Event* event) {
  if (event->attributes.empty()) {
    event->attributes =
        stream_level.empty() ? sets.OfLine(LevelOfLine(event->body.text)) : sets.Of(stream_level);
    return;
  }
  const model::Value* sent = model::FindAttribute(event->attributes, kDetectedLevel);
  const std::string level = sent != nullptr ? std::string(NormaliseLevel(sent->text))
                                            : DetectLevel(stream_level, *event, event->body.text);
  if (sent != nullptr && sent->text == level) return;
  const size_t n = event->attributes.size() + (sent == nullptr ? 1 : 0);
  auto* pairs = static_cast<model::KeyValue*>(
      arena.Allocate(n * sizeof(model::KeyValue), alignof(model::KeyValue)));
  std::uninitialized_copy(event->attributes.begin(), event->attributes.end(), pairs);
  const size_t at = sent == nullptr
                        ? n - 1
                        : static_cast<size_t>(
                              std::find_if(pairs, pairs + n,
                                           [](const auto& p) { return p.key == kDetectedLevel; }) -
                              pairs);
  new (pairs + at) model::KeyValue{kDetectedLevel, model::Value::String(arena.Copy(level))};
  event->attributes = {pairs, n};
}

bool IsJsonType(std::string_view type) {
  return type.substr(0, type.find(';')) == "application/json";
}

base::Result<wire::LokiPush> Decode(net::Request& request, store::EventSink& sink) {
  const std::string_view encoding = request.headers.Get("Content-Encoding");
  const std::string_view type = request.headers.Get("Content-Type");
  if (type.empty()) return base::Fail(base::ErrorKind::kBadInput, "mime: no media type");
  std::string body = std::move(request.body);
  if (encoding == "gzip" || encoding == "deflate" || (encoding == "snappy" && IsJsonType(type))) {
    PHAROS_TRY(body, base::DecompressBody(encoding, body, kMaxDecompressedBytes));
  } else if (!encoding.empty() && encoding != "snappy") {
    std::string quoted;
    text::AppendJsonString(quoted, encoding);
    return base::Fail(base::ErrorKind::kBadInput, "Content-Encoding " + quoted + " not supported");
  }
  if (IsJsonType(type)) return wire::DecodeLokiPushJson(body);
  PHAROS_TRY(const size_t room, base::SnappyRoom(body, kMaxDecompressedBytes));
  const base::Room memory = sink.TakeMemory(room);
  PHAROS_TRY(const std::string_view text,
             base::SnappyDecompress(body, kMaxDecompressedBytes, memory.bytes));
  const base::HeldText held(text, memory.owner);
  PHAROS_TRY(wire::LokiPush push, wire::DecodeLokiPush(held));
  push.sent = model::SentBody{std::move(body), held};
  return push;
}

void Handle(LokiWriter& writer, const Target& target, net::Request request,
            const net::ResponderPtr& responder) {
  const std::string tenant = TenantOf(target, request);
  auto push = Decode(request, *target.events);
  if (!push) return responder->Send(GoError(StatusOf(push.error()), push.error().message));
  auto outcome = writer.Write(tenant, *std::move(push));
  if (!outcome) {
    const bool missing = outcome.error().kind == base::ErrorKind::kUnprocessable;
    return responder->Send(
        GoError(missing ? 422 : StatusOf(outcome.error()), outcome.error().message));
  }
  outcome->ack.Then([responder, problem = std::move(outcome->problem),
                     status = outcome->too_fast ? 429 : 400](const base::Result<void>& written) {
    if (!written) return responder->Send(GoError(500, written.error().message));
    if (!problem.empty()) return responder->Send(GoError(status, problem));
    responder->Send(net::Response{.status = 204, .headers = {}, .body = {}});
  });
}

}  // namespace

struct LokiWriter::Cache {
  std::shared_mutex mutex;
  std::unordered_map<std::string, Stream, base::StringHasher, std::equal_to<>> parsed;
};

LokiWriter::LokiWriter(const Target& target, const LokiLimits& limits)
    : target_(target), limits_(limits), cache_(std::make_unique<Cache>()) {}
LokiWriter::~LokiWriter() = default;

base::Result<LokiWriter::Stream> LokiWriter::StreamOf(std::string_view text) {
  {
    std::shared_lock lock(cache_->mutex);
    if (const auto found = cache_->parsed.find(text); found != cache_->parsed.end()) {
      return found->second;
    }
  }
  auto parsed = wire::ParseStreamLabels(text);
  if (!parsed) return base::Wrap(std::move(parsed).error(), "couldn't parse labels");
  model::Labels labels = WithServiceName(*parsed);
  if (auto problem = CheckLabels(labels, limits_); !problem.empty()) {
    return base::Fail(base::ErrorKind::kLimit, std::move(problem));
  }
  std::string level = LevelOfStream(labels);
  Stream stream{std::move(labels), std::move(level)};
  if (text.size() <= kMaxCachedStreamBytes) {
    std::unique_lock lock(cache_->mutex);
    if (cache_->parsed.size() >= kMaxCachedStreams) cache_->parsed.clear();
    cache_->parsed.emplace(text, stream);
  }
  return stream;
}

base::Result<LokiOutcome> LokiWriter::Write(std::string_view tenant, wire::LokiPush push) {
  static base::Counter& taken =
      base::GetCounter("pharos_receive_lines_total", "Log records taken.", R"(protocol="loki")");
  if (push.streams.empty()) {
    return base::Fail(base::ErrorKind::kUnprocessable,
                      "error at least one valid stream is required for ingestion");
  }
  const int64_t now_ns = target_.clock->NowNs();
  LevelSets level_sets(push.arena);
  ErrorGroups problems;
  model::EventBatch batch;
  batch.keep_alive = std::move(push.keep_alive);
  batch.sent = std::move(push.sent);
  for (wire::LokiStream& stream : push.streams) {
    auto known = StreamOf(stream.labels);
    if (!known && known.error().kind != base::ErrorKind::kLimit) {
      return std::unexpected(std::move(known).error());
    }
    if (!known) {
      problems.Add(known.error().message);
      continue;
    }
    size_t kept = 0;  // once through: events are large
    for (model::Event& event : stream.events) {
      const Fault fault = FaultOf(event, limits_, now_ns);
      if (fault != Fault::kNone) [[unlikely]] {
        problems.Add(Sentence(fault, event, known->labels, limits_, now_ns));
        continue;
      }
      SetLevel(known->level, push.arena, level_sets, &event);
      if (model::Event& to = stream.events[kept++]; &to != &event) to = event;
    }
    stream.events.resize(kept);
    if (!stream.events.empty()) {
      batch.streams.push_back({std::move(known->labels), std::move(stream.events)});
    }
  }
  batch.arena = std::move(push.arena);
  if (batch.streams.empty()) return LokiOutcome{base::Ack::Durable(), problems.Text()};
  const size_t events = batch.EventCount();
  PHAROS_TRY(store::EventAppendResult result, target_.events->Append(tenant, batch));
  for (model::StreamEvents& stream : std::views::reverse(batch.streams)) {
    base::Spares<std::vector<model::Event>>::Give(std::move(stream.events));
  }
  taken.Add(events - result.rejected);
  const bool too_fast = result.too_fast && problems.Text().empty();
  for (uint64_t i = 0; i < result.rejected; ++i) problems.Add(result.reason);
  return LokiOutcome{std::move(result.ack), problems.Text(), too_fast};
}

void RegisterLokiPush(net::Router& router, const Target& target, const LokiLimits& limits) {
  const auto writer = std::make_shared<LokiWriter>(target, limits);
  for (const char* path : {"/loki/api/v1/push", "/api/prom/push"}) {
    router.AddAsync("POST", path,
                    [writer, target](net::Request request, net::ResponderPtr responder) {
                      Handle(*writer, target, std::move(request), responder);
                    },
                    {.max_body_bytes = kMaxBodyBytes, .decompress = false});
  }
}

}  // namespace pharos::ingest::receive
