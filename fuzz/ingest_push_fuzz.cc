// Pushed bodies from the route to the sink: the first byte chooses remote write, Loki's
// protobuf or JSON, or one of OTLP's signals and encodings.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "base/compress.h"
#include "ingest/receive/fake_sinks.h"
#include "ingest/receive/loki_push.h"
#include "ingest/receive/otlp_http.h"
#include "ingest/receive/remote_write.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace pharos;
  using namespace pharos::ingest::receive;
  if (size == 0) return 0;
  base::FakeClock clock(1'000'000'000'000'000'000);
  FakeSamples samples;
  FakeEvents events;
  const Target target{.samples = &samples, .events = &events, .clock = &clock};
  net::Router router;
  RegisterRemoteWrite(router, "", target);
  RegisterLokiPush(router, target);
  RegisterOtlpHttp(router, std::make_shared<OtlpService>(target), target);

  constexpr const char* kPaths[] = {"/api/v1/write", "/loki/api/v1/push", "/v1/traces", "/v1/logs",
                                    "/v1/metrics"};
  const size_t path = data[0] % std::size(kPaths);
  const bool json = path != 0 && data[0] / std::size(kPaths) % 2 == 1;
  std::string body(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (path < 2 && !json) body = base::SnappyCompress(body);
  // Twice: the second finds what the first left in the caches.
  for (int time = 0; time < 2; ++time) {
    const auto answer = Ask(router, kPaths[path], body,
                            {{"Content-Type", json ? "application/json" : "application/x-protobuf"},
                             {"Content-Encoding", path == 0 ? "snappy" : ""}});
    if (answer.status == 500) std::abort();
  }
  return 0;
}
