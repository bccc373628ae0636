// Scrapes of the names that Pharos goes by: answered in this process with what that program would
// have shown.
#pragma once

#include <optional>
#include <string>

#include "net/http.h"
#include "server/self_names.h"

namespace pharos::server {

class Alerting;
class Receivers;

/// The page at `address` ("otel-collector:8889"), or nothing: another program's, or a path that
/// only the network can answer.
std::optional<net::Response> SelfScrape(const SelfNames& names, const Receivers& receivers,
                                        const Alerting& alerting, const std::string& address,
                                        const std::string& path);

}  // namespace pharos::server
