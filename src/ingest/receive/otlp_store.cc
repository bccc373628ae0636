#include "ingest/receive/otlp_store.h"

#include <algorithm>
#include <mutex>
#include <utility>

#include "base/ack.h"
#include "base/metrics.h"
#include "ingest/receive/detected_level.h"
#include "ingest/receive/otlp_metrics.h"
#include "ingest/receive/service_name.h"
#include "wire/otlp_events.h"

namespace pharos::ingest::receive {
namespace {

/// Appends `detected_level` to every record of the batch, as Loki does on its OTLP endpoint.
void SetLevels(model::EventBatch& batch) {
  std::string line;
  for (model::StreamEvents& stream : batch.streams) {
    const std::string stream_level = LevelOfStream(stream.stream);
    for (model::Event& event : stream.events) {
      if (model::FindAttribute(event.attributes, kDetectedLevel) != nullptr) continue;
      const bool text = event.body.type == model::Value::Type::kString;
      if (!text) line = model::ValueToString(event.body);
      const std::string level =
          DetectLevel(stream_level, event, text ? event.body.text : std::string_view(line));
      const size_t n = event.attributes.size() + 1;
      auto* pairs = static_cast<model::KeyValue*>(
          batch.arena.Allocate(n * sizeof(model::KeyValue), alignof(model::KeyValue)));
      std::uninitialized_copy(event.attributes.begin(), event.attributes.end(), pairs);
      new (pairs + n - 1)
          model::KeyValue{kDetectedLevel, model::Value::String(batch.arena.Copy(level))};
      event.attributes = {pairs, n};
    }
  }
}

}  // namespace

OtlpDone JoinAnswers(size_t parts, OtlpDone done) {
  if (parts <= 1) return done;
  struct State {
    std::mutex mutex;
    size_t left;
    base::Result<OtlpTaken> sum;
    OtlpDone done;
  };
  auto state = std::make_shared<State>();
  state->left = parts;
  state->done = std::move(done);
  return [state](const base::Result<OtlpTaken>& part) {
    {
      const std::lock_guard lock(state->mutex);
      if (state->sum && !part) {
        state->sum = part;
      } else if (state->sum) {
        state->sum->rejected = std::max(state->sum->rejected, part->rejected);
        if (state->sum->reason.empty()) state->sum->reason = part->reason;
      }
      if (--state->left > 0) return;
    }
    state->done(state->sum);
  };
}

struct OtlpStore::Written {
  base::Ack ack;
  OtlpTaken taken;
};

OtlpStore::OtlpStore(const Target& target)
    : target_(target), metrics_(std::make_unique<OtlpMetricsWriter>(target)) {}
OtlpStore::~OtlpStore() = default;

void OtlpStore::Take(OtlpRequest request, OtlpDone done) {
  auto written = Store(request);
  if (!written) return done(std::unexpected(std::move(written.error())));
  written->ack.Then([taken = std::move(written->taken),
                     done = std::move(done)](const base::Result<void>& durable) {
    if (!durable) return done(std::unexpected(durable.error()));
    done(taken);
  });
}

base::Result<OtlpStore::Written> OtlpStore::Store(const OtlpRequest& request) {
  if (request.signal != OtlpSignal::kMetrics) return StoreEvents(request);
  PHAROS_TRY(OtlpMetricsOutcome written, metrics_->Write(request.sender.tenant, *request.body));
  return Written{std::move(written.ack), {written.rejected, std::move(written.reason)}};
}

base::Result<OtlpStore::Written> OtlpStore::StoreEvents(const OtlpRequest& request) {
  static base::Counter& spans =
      base::GetCounter("pharos_receive_spans_total", "Spans taken.", R"(protocol="otlp")");
  static base::Counter& lines =
      base::GetCounter("pharos_receive_lines_total", "Log records taken.", R"(protocol="otlp")");
  const bool traces = request.signal == OtlpSignal::kTraces;
  const int64_t now_ns = target_.clock->NowNs();
  PHAROS_TRY(wire::OtlpEvents decoded,
             traces ? wire::DecodeOtlpTraces(request.body, wire::SpanStream, now_ns)
                    : wire::DecodeOtlpLogs(request.body, LogStream, now_ns));
  if (!traces) SetLevels(decoded.batch);
  const size_t events = decoded.batch.EventCount();
  if (events == 0) {
    return Written{base::Ack::Durable(), {decoded.rejected, std::move(decoded.reason)}};
  }
  PHAROS_TRY(store::EventAppendResult appended,
             target_.events->Append(request.sender.tenant, decoded.batch));
  (traces ? spans : lines).Add(events - appended.rejected);
  Written written{std::move(appended.ack),
                  {decoded.rejected + appended.rejected, std::move(decoded.reason)}};
  if (written.taken.reason.empty()) written.taken.reason = std::move(appended.reason);
  return written;
}

}  // namespace pharos::ingest::receive
