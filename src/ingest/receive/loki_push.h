// POST /loki/api/v1/push (and the legacy /api/prom/push): Loki's push API, protobuf with
// snappy or JSON, into the event engine. Limits and sentences are Loki's.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/ack.h"
#include "base/result.h"
#include "ingest/receive/loki_limits.h"
#include "ingest/receive/target.h"
#include "net/router.h"
#include "wire/loki_push.h"

namespace pharos::ingest::receive {

void RegisterLokiPush(net::Router& router, const Target& target, const LokiLimits& limits = {});

struct LokiOutcome {
  base::Ack ack;          ///< of the entries that were taken
  std::string problem;    ///< Loki's sentences when some were refused, else ""
  bool too_fast = false;  ///< only because of a rate: status 429, not 400
};

/// Checks, labels and stores decoded pushes. One instance serves all requests.
///
/// Owns: a cache of parsed stream labels. Threads: any. Errors: kUnprocessable (422) for a
/// push without streams, kBadInput (400) for labels that cannot be read: nothing is stored.
class LokiWriter {
 public:
  explicit LokiWriter(const Target& target, const LokiLimits& limits = {});
  ~LokiWriter();
  base::Result<LokiOutcome> Write(std::string_view tenant, wire::LokiPush push);

 private:
  struct Cache;
  struct Stream {
    model::Labels labels;
    std::string level;  ///< LevelOfStream
  };
  base::Result<Stream> StreamOf(std::string_view text);

  Target target_;
  LokiLimits limits_;
  std::unique_ptr<Cache> cache_;
};

}  // namespace pharos::ingest::receive
