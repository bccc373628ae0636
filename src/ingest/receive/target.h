// Where receivers put what they take, and what they share.
#pragma once

#include <string>

#include "base/clock.h"
#include "net/http.h"
#include "store/events.h"
#include "store/samples.h"

namespace pharos::ingest::receive {

/// Borrowed for as long as the receivers serve.
struct Target {
  store::SampleSink* samples = nullptr;
  store::EventSink* events = nullptr;
  const base::Clock* clock = &base::Clock::System();
  bool multi_tenant = false;  ///< take the tenant from X-Scope-OrgID
};

std::string TenantOf(const Target& target, const net::Request& request);

/// The status code of a write that failed as a whole: 400 the sender's fault, 413, 503 retry,
/// 500 ours.
int StatusOf(const base::Error& error);

/// As Go's http.Error: text, a newline, nosniff.
net::Response GoError(int status, std::string text);

}  // namespace pharos::ingest::receive
