// The Collector's loki exporter: log records as pushes, into Pharos's own Loki or to another.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "export/loki_line.h"
#include "export/sending_queue.h"
#include "ingest/receive/loki_push.h"
#include "ingest/receive/otlp_sink.h"

namespace pharos::exporting {

/// The pushes of one request, one a tenant; entries of a stream in the order of the request.
struct LokiPushes {
  struct Entry {
    int64_t time_ns = 0;
    std::string line;
  };
  struct Push {
    std::string tenant;
    std::vector<std::pair<std::string, std::vector<Entry>>> streams;  ///< by label text
  };
  std::vector<Push> pushes;
  uint64_t rejected = 0;
  std::string reason;  ///< why the first record was left out
};
base::Result<LokiPushes> MakeLokiPushes(const std::shared_ptr<const std::string>& body,
                                        const conf::OtelcolLokiExporter& settings, int64_t now_ns);

/// A logproto.PushRequest, not compressed.
std::string EncodeLokiPush(const LokiPushes::Push& push);

/// Into the store behind LokiWriter, as a push to Pharos's own address would arrive: answered when
/// it is on disk. A tenant hint is taken only where the store has tenants.
std::shared_ptr<ingest::receive::OtlpSink> MakeLokiStoreExporter(
    const conf::OtelcolLokiExporter& settings, const ingest::receive::Target& target);

/// One attempt over HTTP, for a SendingQueue.
Deliver LokiDeliver(const conf::OtelcolLokiExporter& settings, const base::Clock* clock);

}  // namespace pharos::exporting
