#include "ingest/receive/remote_write.h"

#include <algorithm>
#include <array>
#include <deque>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "base/compress.h"
#include "base/metrics.h"
#include "ingest/receive/limits.h"
#include "ingest/receive/remote_write_v2.h"
#include "ingest/receive/sample_batch.h"
#include "wire/histogram_check.h"
#include "wire/remote_write.h"
#include "wire/utf8.h"

namespace pharos::ingest::receive {
namespace {

/// Sets label blocks of this format apart from equal bytes of others (an exposition line, say):
/// that a block is known proves how the message around it is to be read.
constexpr uint64_t kFormat = 0x9d4c'7a1e'52b3'f068;
/// For how many series memory is taken at first: a label block and a sample are seldom shorter.
constexpr size_t kLeastSeriesBytes = 100, kMostExpected = 16'384;

constexpr std::string_view kProtobuf = "application/x-protobuf";
constexpr std::string_view kV1 = "prometheus.WriteRequest";
constexpr std::string_view kV2 = "io.prometheus.write.v2.Request";

/// Labels as Prometheus admits them: a metric name, UTF-8 throughout, no name twice.
base::Result<model::Labels> ReadLabels(std::string_view raw) {
  PHAROS_TRY(std::vector<model::LabelView> views, wire::ReadLabelBlock(raw));
  std::sort(views.begin(), views.end());
  bool named = false;
  for (size_t i = 0; i < views.size(); ++i) {
    const model::LabelView& label = views[i];
    if (label.name.empty() || !wire::IsUtf8(label.name) || !wire::IsUtf8(label.value)) {
      return base::Fail(base::ErrorKind::kUnprocessable, "invalid metric names or labels");
    }
    if (i > 0 && views[i - 1].name == label.name) {
      return base::Fail(base::ErrorKind::kUnprocessable,
                        "label name \"" + std::string(label.name) + "\" is not unique");
    }
    named |= label.name == model::kMetricName && !label.value.empty();
  }
  if (!named) return base::Fail(base::ErrorKind::kUnprocessable, "series without a metric name");
  return model::Labels::FromPairs(std::move(views));
}

base::Result<void> AddSeries(const wire::RemoteSeries& series, SampleBatch& batch) {
  for (const model::Sample& sample : series.samples) batch.Add(sample.time_ms, sample.value);
  for (const std::string_view raw : series.histograms) {
    PHAROS_TRY(model::HistogramSample sample, wire::ReadRemoteHistogram(raw));
    PHAROS_TRY_VOID(wire::CheckHistogram(*sample.histogram));
    batch.Add(sample.time_ms, std::move(sample.histogram));
  }
  for (const std::string_view raw : series.exemplars) {
    PHAROS_TRY(model::Exemplar exemplar, wire::ReadRemoteExemplar(raw));
    batch.Add(std::move(exemplar));
  }
  return {};
}

void Count(const SampleBatch& batch) {
  static base::Counter& taken = base::GetCounter("pharos_receive_samples_total", "Samples taken.",
                                                 R"(protocol="remote_write")");
  static base::Counter& refused = base::GetCounter(
      "pharos_receive_samples_refused_total", "Samples refused.", R"(protocol="remote_write")");
  static base::Counter& invalid =
      base::GetCounter("prometheus_api_remote_write_invalid_labels_samples_total",
                       "Series of remote write requests that had invalid labels.");
  taken.Add(batch.appended());
  refused.Add(batch.refused());
  invalid.Add(batch.invalid_series());
}

/// 415 with Prometheus's sentence, or nothing when the media type is remote write; sets `v2`.
std::string MediaTypeProblem(std::string_view type, bool* v2) {
  const std::string all(type);
  bool first = true;
  while (!type.empty()) {
    const size_t semicolon = std::min(type.find(';'), type.size());
    std::string_view part = type.substr(0, semicolon);
    type.remove_prefix(std::min(semicolon + 1, type.size()));
    if (std::exchange(first, false)) {
      if (part != kProtobuf) {
        return "expected " + std::string(kProtobuf) + " as the first (media) part, got " + all +
               " content-type";
      }
      continue;
    }
    const size_t equals = part.find('=');
    if (equals == part.npos || part.find('=', equals + 1) != part.npos) {
      return "as per https://www.rfc-editor.org/rfc/rfc9110#parameter expected parameters to be "
             "key-values, got " +
             std::string(part) + " in " + all + " content-type";
    }
    if (part.substr(0, equals) != "proto") continue;
    const std::string_view proto = part.substr(equals + 1);
    *v2 = proto == kV2;
    if (*v2 || proto == kV1) return "";
    return "got " + all + " content type; unknown type for remote write protobuf message " +
           std::string(proto) + ", supported: " + std::string(kV1) + ", " + std::string(kV2);
  }
  return "";
}

void Handle(const Target& target, MetadataMemo& memo, const net::Request& request,
            const net::ResponderPtr& responder) {
  bool v2 = false;
  if (auto problem = MediaTypeProblem(request.headers.Get("Content-Type"), &v2); !problem.empty()) {
    return responder->Send(GoError(415, std::move(problem)));
  }
  const std::string_view encoding = request.headers.Get("Content-Encoding");
  if (!encoding.empty() && encoding != "snappy") {
    return responder->Send(GoError(415, std::string(encoding) +
                                            " encoding (compression) is not accepted by this "
                                            "server; only snappy is acceptable"));
  }
  thread_local base::Scratch scratch;
  const auto body = base::SnappyDecompress(request.body, kMaxDecompressedBytes, &scratch);
  if (!body) return responder->Send(GoError(StatusOf(body.error()), body.error().message));
  const std::string tenant = TenantOf(target, request);
  if (v2) {
    return AnswerRemoteV2(WriteRemoteV2(*target.samples, tenant, *body, memo), responder);
  }
  auto outcome = WriteRemote(*target.samples, tenant, *body);
  if (!outcome) return responder->Send(GoError(StatusOf(outcome.error()), outcome.error().message));
  outcome->ack.Then(
      [responder, refusal = std::move(outcome->refusal)](const base::Result<void>& written) {
        if (!written) return responder->Send(GoError(500, written.error().message));
        if (!refusal.empty()) return responder->Send(GoError(400, refusal));
        responder->Send(net::Response{.status = 204, .headers = {}, .body = {}});
      });
}

/// Walks a body into a batch.
class BodyReader {
 public:
  BodyReader(std::string_view body, SampleBatch& batch, store::SampleAppender& appender)
      : body_(body), reader_(body), batch_(batch), appender_(appender) {}

  base::Result<void> Read() {
    while (true) {
      PHAROS_TRY(const Item item, reader_.NextUnread());
      if (item == Item::kEnd) break;
      if (item == Item::kMetadata) {
        metadata_.emplace_back(reader_.metadata().family, reader_.metadata().metadata);
        continue;
      }
      const std::string_view message = reader_.message();
      wire::PlainSeries plain;
      if (wire::GuessPlain(message, &plain)) {
        plain_[waiting_] = {plain.label_block, plain.time_ms, plain.value};
        messages_[waiting_++] = message;
        if (waiting_ == plain_.size()) PHAROS_TRY_VOID(AddPlain());
        continue;
      }
      PHAROS_TRY_VOID(AddPlain());
      PHAROS_TRY_VOID(AddMessage(message));
    }
    return AddPlain();
  }
  void SetMetadata() {
    for (const auto& [family, what] : metadata_) appender_.SetMetadata(family, what);
  }

 private:
  using Item = wire::RemoteWriteReader::Item;

  base::Result<void> AddPlain() {
    const std::span<const SampleBatch::One> ones(plain_.data(), std::exchange(waiting_, 0));
    return batch_.AddAll(ones, [&](size_t i) { return AddMessage(messages_[i]); });
  }

  base::Result<void> AddMessage(std::string_view message) {
    PHAROS_TRY_VOID(reader_.ReadSeries(message));
    std::string_view raw = reader_.series().label_block;
    if (raw.data() < body_.data() || raw.data() >= body_.data() + body_.size()) {
      raw = gathered_.emplace_back(raw);
    }
    return batch_.Series(raw) ? AddSeries(reader_.series(), batch_) : base::Result<void>();
  }

  const std::string_view body_;
  wire::RemoteWriteReader reader_;
  SampleBatch& batch_;
  store::SampleAppender& appender_;
  std::deque<std::string> gathered_;  // label blocks that do not lie in the body
  std::vector<std::pair<std::string_view, model::Metadata>> metadata_;
  /// Guessed, and not looked up yet.
  std::array<SampleBatch::One, SampleBatch::kMostAtOnce> plain_;
  std::array<std::string_view, SampleBatch::kMostAtOnce> messages_;
  size_t waiting_ = 0;
};

}  // namespace

base::Result<RemoteWriteOutcome> WriteRemote(store::SampleSink& sink, std::string_view tenant,
                                             std::string_view body) {
  const auto appender = sink.Begin(tenant);
  SampleBatch batch(appender.get(), ReadLabels, kFormat);
  batch.Expect(std::min(body.size() / kLeastSeriesBytes, kMostExpected));
  BodyReader reader(body, batch, *appender);
  PHAROS_TRY_VOID(reader.Read());
  batch.Flush();
  reader.SetMetadata();
  Count(batch);
  RemoteWriteOutcome outcome{appender->Commit(), ""};
  if (batch.first_refusal()) {
    outcome.refusal = RefusalText(*batch.first_refusal());
  } else if (batch.refused_series() > 0) {
    outcome.refusal = std::to_string(batch.refused_series()) +
                      " new series were refused, the rest was stored: " + batch.reason();
  }
  return outcome;
}

void RegisterRemoteWrite(net::Router& router, std::string_view prefix, const Target& target) {
  router.AddAsync("POST", std::string(prefix) + "/api/v1/write",
                  [target, memo = std::make_shared<MetadataMemo>()](net::Request request,
                                                                    net::ResponderPtr responder) {
                    Handle(target, *memo, request, responder);
                  },
                  {.max_body_bytes = kMaxBodyBytes, .decompress = false});
}

}  // namespace pharos::ingest::receive
