// Prometheus remote write 2.0 into the sample engine, with Prometheus's partial writes:
// what is good is stored, and each refused sample has its sentence.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/ack.h"
#include "base/result.h"
#include "ingest/receive/metadata_memo.h"
#include "net/http.h"
#include "store/samples.h"

namespace pharos::ingest::receive {

/// What the X-Prometheus-Remote-Write-…-Written headers say.
struct RemoteWritten {
  uint64_t samples = 0, histograms = 0, exemplars = 0;
};

struct RemoteWriteV2Outcome {
  base::Ack ack;  ///< of what was taken
  RemoteWritten written;
  std::string refusal;  ///< Prometheus's sentences, one a line, when something was refused
};

/// One decompressed Request. kBadInput for malformed bytes (nothing is written).
/// `memo` is the receiver's own, for all its requests.
base::Result<RemoteWriteV2Outcome> WriteRemoteV2(store::SampleSink& sink, std::string_view tenant,
                                                 std::string_view body, MetadataMemo& memo);

/// Sends the answer once the Ack resolves: 204, 400 with the refusal, or 500; the headers always.
void AnswerRemoteV2(base::Result<RemoteWriteV2Outcome> outcome, const net::ResponderPtr& responder);

}  // namespace pharos::ingest::receive
