// /api/v1/read: another Prometheus asks for samples (remote_read). Answered whole: protobuf and
// snappy, or frames of chunks, whichever the client names first.
#include <algorithm>
#include <condition_variable>
#include <map>
#include <mutex>

#include "api/prometheus/handlers.h"
#include "api/prometheus/limits.h"
#include "base/compress.h"
#include "wire/remote_read.h"

namespace pharos::api::prometheus {
namespace {

using base::ErrorKind;
using base::Result;

net::Response Plain(int status, std::string text) {
  return net::Response::Text(status, std::move(text) + "\n");
}

net::Response Plain(const base::Error& error) {
  const bool theirs = error.kind == ErrorKind::kBadInput || error.kind == ErrorKind::kLimit;
  return Plain(theirs ? 400 : 500, error.message);
}

/// At most kMaxRemoteReads at once; the others wait.
class Turn {
 public:
  Turn() {
    std::unique_lock lock(Mutex());
    Free().wait(lock, [] { return running_ < kMaxRemoteReads; });
    ++running_;
  }
  ~Turn() {
    std::lock_guard lock(Mutex());
    --running_;
    Free().notify_one();
  }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;

 private:
  static std::mutex& Mutex() {
    static std::mutex mutex;
    return mutex;
  }
  static std::condition_variable& Free() {
    static std::condition_variable free;
    return free;
  }
  static inline int running_ = 0;
};

using ExternalLabels = std::map<std::string, std::string>;

/// An equality with an external label holds for all that is stored here: the label is only put on
/// when samples leave.
std::vector<model::Matcher> Stored(const std::vector<model::Matcher>& matchers,
                                   const ExternalLabels& external) {
  std::vector<model::Matcher> out;
  for (const model::Matcher& matcher : matchers) {
    const auto found = external.find(matcher.name());
    const bool ours = matcher.op() == model::MatchOp::kEqual && found != external.end() &&
                      found->second == matcher.value();
    out.push_back(ours ? model::Matcher::Equal(matcher.name(), "") : matcher);
  }
  return out;
}

model::Labels WithExternal(const model::Labels& labels, const ExternalLabels& external) {
  if (external.empty()) return labels;
  model::LabelsBuilder builder(labels);
  for (const auto& [name, value] : external) {
    if (!labels.Has(name)) builder.Set(name, value);
  }
  return builder.Build();
}

/// Floats and histograms of a series in the order of time.
std::vector<wire::PrometheusChunk> ChunksOf(const store::SeriesColumns& columns) {
  std::vector<wire::PrometheusChunk> chunks;
  const std::span times(columns.times_ms);
  const std::span values(columns.values);
  size_t at = 0;
  const auto floats_before = [&](int64_t limit) {
    while (at < times.size() && times[at] < limit) {
      size_t end = at;
      while (end < times.size() && end - at < wire::kChunkSamples && times[end] < limit) ++end;
      chunks.push_back(
          wire::EncodeXorChunk(times.subspan(at, end - at), values.subspan(at, end - at)));
      at = end;
    }
  };
  for (const model::HistogramSample& sample : columns.histograms) {
    floats_before(sample.time_ms);
    chunks.push_back(wire::EncodeHistogramChunk(sample));
  }
  floats_before(INT64_MAX);
  return chunks;
}

/// A series in frames of about kRemoteReadFrameBytes.
void AppendFrames(std::string& out, const model::Labels& labels,
                  const std::vector<wire::PrometheusChunk>& chunks, int64_t query_index) {
  size_t begin = 0, bytes = 0;
  for (size_t i = 0; i < chunks.size(); ++i) {
    bytes += chunks[i].data.size() + 24;
    if (bytes < kRemoteReadFrameBytes && i + 1 < chunks.size()) continue;
    wire::AppendChunkedFrame(out, labels, std::span(chunks).subspan(begin, i + 1 - begin),
                             query_index);
    begin = i + 1;
    bytes = 0;
  }
}

/// Builds one of the two answers.
class Answer {
 public:
  Answer(const PrometheusApiDeps& deps, const net::Request& request, bool chunked)
      : deps_(deps), request_(request), chunked_(chunked) {
    if (deps.external_labels) external_ = deps.external_labels();
  }

  Result<void> Add(const wire::ReadQuery& query, int64_t index) {
    store::SampleQuery ask;
    ask.tenant = TenantOf(deps_, request_);
    ask.start_ms = query.start_ms;
    ask.end_ms = query.end_ms;
    ask.matchers = Stored(query.matchers, external_);
    PHAROS_TRY(const auto cursor, deps_.source->Select(ask));
    std::string result;
    store::SeriesColumns columns;
    int64_t samples = 0;
    while (true) {
      PHAROS_TRY(const bool more, cursor->Next(&columns));
      if (!more) break;
      samples += static_cast<int64_t>(columns.times_ms.size() + columns.histograms.size());
      PHAROS_TRY_VOID(Check(samples, result));
      AddSeries(columns, index, chunked_ ? out_ : result);
    }
    if (!chunked_) AppendResult(result);
    return {};
  }

  net::Response Take() && {
    net::Response response;
    response.headers.Set(
        "Content-Type",
        chunked_ ? "application/x-streamed-protobuf; proto=prometheus.ChunkedReadResponse"
                 : "application/x-protobuf");
    if (!chunked_) response.headers.Set("Content-Encoding", "snappy");
    response.body = chunked_ ? std::move(out_) : base::SnappyCompress(out_);
    return response;
  }

 private:
  Result<void> Check(int64_t samples, const std::string& result) const {
    if (request_.cancelled.Cancelled())
      return base::Fail(ErrorKind::kCancelled, "the client has gone");
    if (!chunked_ && samples > kRemoteReadSamples) {
      return base::Fail(ErrorKind::kLimit,
                        "exceeded sample limit (" + std::to_string(kRemoteReadSamples) + ")");
    }
    if (out_.size() + result.size() > kRemoteReadBytes) {
      return base::Fail(ErrorKind::kLimit, "the answer is larger than " +
                                               std::to_string(kRemoteReadBytes >> 20) +
                                               " MiB: ask for fewer series or a shorter time");
    }
    return {};
  }

  void AddSeries(const store::SeriesColumns& columns, int64_t index, std::string& out) const {
    const model::Labels labels = WithExternal(columns.labels, external_);
    if (chunked_)
      AppendFrames(out, labels, ChunksOf(columns), index);
    else
      wire::AppendTimeSeries(out, 1, labels, columns.times_ms, columns.values, columns.histograms);
  }

  /// ReadResponse.results: length and bytes.
  void AppendResult(const std::string& result) {
    out_ += '\x0a';
    size_t n = result.size();
    for (; n > 127; n >>= 7) out_ += static_cast<char>((n & 127) | 128);
    out_ += static_cast<char>(n);
    out_ += result;
  }

  const PrometheusApiDeps& deps_;
  const net::Request& request_;
  const bool chunked_;
  ExternalLabels external_;
  std::string out_;
};

}  // namespace

net::Response HandleRead(const PrometheusApiDeps& deps, const net::Request& request) {
  const auto body = base::SnappyDecompress(request.body, kRemoteReadRequestBytes);
  if (!body) return Plain(400, body.error().message);
  const auto read = wire::ReadReadRequest(*body);
  if (!read) return Plain(read.error());
  bool known = read->accepted.empty(), chunked = false;
  for (const int32_t type : read->accepted) {
    known = type == wire::ReadRequest::kSamples || type == wire::ReadRequest::kStreamedChunks;
    chunked = type == wire::ReadRequest::kStreamedChunks;
    if (known) break;
  }
  if (!known) {
    return Plain(400,
                 "server does not support any of the requested response types; supported: "
                 "SAMPLES, STREAMED_XOR_CHUNKS");
  }
  const Turn turn;
  Answer answer(deps, request, chunked);
  for (size_t i = 0; i < read->queries.size(); ++i) {
    if (const auto done = answer.Add(read->queries[i], static_cast<int64_t>(i)); !done)
      return Plain(done.error());
  }
  return std::move(answer).Take();
}

}  // namespace pharos::api::prometheus
