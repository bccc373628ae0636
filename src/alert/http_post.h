// What all receivers that speak HTTP have in common.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "alert/notification.h"
#include "alert/transport.h"
#include "conf/http_client_config.h"

namespace pharos::alert {

struct JsonPost {
  const conf::HttpClientConfig& http;
  std::string url;
  std::string body;
  std::chrono::milliseconds timeout{10'000};
  net::Cancellation cancelled;
  /// Statuses besides 5xx that another attempt may get over.
  std::vector<int> retry_statuses;
  /// What to say about an answer that is no success; empty: its body.
  std::function<std::string(const net::Response&)> details;
};

/// Posts as application/json. ok for 2xx; the answer goes to `answer` when it is not null.
SendResult PostJson(Transport& transport, const JsonPost& post, net::Response* answer = nullptr);

/// The smaller of the receiver's own timeout (0: none) and what is left.
std::chrono::milliseconds TimeoutOf(int64_t own_ms, std::chrono::milliseconds left);

/// "authError", "rateLimited", "clientError", "serverError", "other".
std::string FailureReason(int status);
/// At most `most` runes; one that is cut ends in "…". True when it was cut.
bool TruncateRunes(std::string* text, size_t most);
/// SHA-256 in hex: the key by which receivers know a group again.
std::string KeyHash(const std::string& group_key);

}  // namespace pharos::alert
