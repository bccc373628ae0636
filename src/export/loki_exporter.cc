#include "export/loki_exporter.h"

#include <map>

#include "base/compress.h"
#include "export/http_delivery.h"
#include "wire/otlp_events.h"
#include "wire/pb_writer.h"

namespace pharos::exporting {
namespace {

using ingest::receive::OtlpDone;
using ingest::receive::OtlpRequest;
using ingest::receive::OtlpTaken;

model::Labels NoStream(std::span<const model::KeyValue>) { return {}; }

wire::LokiPush ToDecoded(const LokiPushes::Push& push) {
  wire::LokiPush out;
  for (const auto& [labels, entries] : push.streams) {
    wire::LokiStream& stream = out.streams.emplace_back();
    stream.labels = out.arena.Copy(labels);
    for (const LokiPushes::Entry& entry : entries) {
      model::Event& event = stream.events.emplace_back();
      event.time_ns = entry.time_ns;
      event.body = model::Value::String(out.arena.Copy(entry.line));
    }
  }
  return out;
}

class LokiStoreExporter final : public ingest::receive::OtlpSink {
 public:
  LokiStoreExporter(const conf::OtelcolLokiExporter& settings,
                    const ingest::receive::Target& target)
      : settings_(settings), target_(target), writer_(target) {}

  void Take(OtlpRequest request, OtlpDone done) override {
    auto pushes = MakeLokiPushes(request.body, settings_, target_.clock->NowNs());
    if (!pushes) return done(std::unexpected(std::move(pushes).error()));
    if (pushes->pushes.empty()) {
      return done(OtlpTaken{pushes->rejected, std::move(pushes->reason)});
    }
    const auto joined = ingest::receive::JoinAnswers(
        pushes->pushes.size(), [rejected = pushes->rejected, reason = pushes->reason,
                                done = std::move(done)](const base::Result<OtlpTaken>& taken) {
          if (!taken) return done(taken);
          done(OtlpTaken{rejected + taken->rejected, reason.empty() ? taken->reason : reason});
        });
    for (const LokiPushes::Push& push : pushes->pushes) {
      const bool hinted = target_.multi_tenant && !push.tenant.empty();
      Write(hinted ? push.tenant : request.sender.tenant, push, joined);
    }
  }

 private:
  void Write(const std::string& tenant, const LokiPushes::Push& push, const OtlpDone& done) {
    auto outcome = writer_.Write(tenant, ToDecoded(push));
    if (!outcome) return done(std::unexpected(std::move(outcome).error()));
    outcome->ack.Then(
        [done, problem = std::move(outcome->problem)](const base::Result<void>& durable) {
          if (!durable) return done(std::unexpected(durable.error()));
          done(OtlpTaken{0, problem});
        });
  }

  const conf::OtelcolLokiExporter settings_;
  const ingest::receive::Target target_;
  ingest::receive::LokiWriter writer_;
};

}  // namespace

base::Result<LokiPushes> MakeLokiPushes(const std::shared_ptr<const std::string>& body,
                                        const conf::OtelcolLokiExporter& settings, int64_t now_ns) {
  PHAROS_TRY(const wire::OtlpEvents decoded, wire::DecodeOtlpLogs(body, NoStream, now_ns));
  LokiPushes out;
  out.rejected = decoded.rejected;
  out.reason = decoded.reason;
  std::map<std::string, size_t> tenants;
  std::map<std::pair<size_t, std::string>, size_t> streams;
  for (const model::StreamEvents& resource : decoded.batch.streams) {
    for (const model::Event& event : resource.events) {
      auto record = MakeLokiRecord(event, settings);
      if (!record) {
        ++out.rejected;
        if (out.reason.empty()) out.reason = record.error().message;
        continue;
      }
      const auto [tenant, new_tenant] = tenants.try_emplace(record->tenant, out.pushes.size());
      if (new_tenant) out.pushes.push_back({record->tenant, {}});
      LokiPushes::Push& push = out.pushes[tenant->second];
      const auto [stream, new_stream] =
          streams.try_emplace({tenant->second, record->labels}, push.streams.size());
      if (new_stream) push.streams.push_back({record->labels, {}});
      push.streams[stream->second].second.push_back({event.time_ns, std::move(record->line)});
    }
  }
  return out;
}

std::string EncodeLokiPush(const LokiPushes::Push& push) {
  std::string bytes;
  wire::PbWriter out(bytes);
  for (const auto& [labels, entries] : push.streams) {
    wire::PbWriter stream(out, 1);
    stream->add_string(1, labels);
    for (const LokiPushes::Entry& entry : entries) {
      wire::PbWriter to(stream, 2);
      {
        wire::PbWriter time(to, 1);
        time->add_int64(1, entry.time_ns / 1'000'000'000);
        time->add_int32(2, static_cast<int32_t>(entry.time_ns % 1'000'000'000));
      }
      to->add_string(2, entry.line);
    }
  }
  return bytes;
}

std::shared_ptr<ingest::receive::OtlpSink> MakeLokiStoreExporter(
    const conf::OtelcolLokiExporter& settings, const ingest::receive::Target& target) {
  return std::make_shared<LokiStoreExporter>(settings, target);
}

Deliver LokiDeliver(const conf::OtelcolLokiExporter& settings, const base::Clock* clock) {
  return [settings, clock](const OtlpRequest& request,
                           const net::Cancellation& cancelled) -> Delivery {
    const auto pushes = MakeLokiPushes(request.body, settings, clock->NowNs());
    if (!pushes) return {.error = pushes.error().message};
    Delivery end{.delivered = true};
    for (const LokiPushes::Push& push : pushes->pushes) {
      HttpPost post;
      post.url = settings.client.endpoint;
      post.content_type = "application/x-protobuf";
      post.body = base::SnappyCompress(EncodeLokiPush(push));
      post.compress = false;
      if (!push.tenant.empty()) post.headers["X-Scope-OrgID"] = push.tenant;
      // A retry sends the pushes before it again: Loki keeps equal lines of a stream once.
      end = DeliverHttp(settings.client, post, cancelled);
      if (!end.delivered) return end;
    }
    return end;
  };
}

}  // namespace pharos::exporting
