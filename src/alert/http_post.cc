#include "alert/http_post.h"

#include <openssl/sha.h>

#include <algorithm>

#include "alert/limits.h"

namespace pharos::alert {
namespace {

class NetworkTransport final : public Transport {
 public:
  base::Result<net::Response> Fetch(const net::ClientRequest& request) override {
    return net::Fetch(request);
  }
  base::Result<void> SendMail(const net::Mail& mail) override { return net::SendMail(mail); }
};

}  // namespace

Transport& Transport::Network() {
  static NetworkTransport network;
  return network;
}

std::chrono::milliseconds TimeoutOf(int64_t own_ms, std::chrono::milliseconds left) {
  return own_ms > 0 ? std::min(left, std::chrono::milliseconds(own_ms)) : left;
}

std::string FailureReason(int status) {
  if (status == 401 || status == 403) return "authError";
  if (status == 429) return "rateLimited";
  if (status / 100 == 4) return "clientError";
  return status / 100 == 5 ? "serverError" : "other";
}

SendResult PostJson(Transport& transport, const JsonPost& post, net::Response* answer) {
  net::ClientRequest request;
  request.method = "POST";
  request.url = post.url;
  request.body = post.body;
  request.timeout = post.timeout;
  request.max_response_bytes = kMaxAnswerBytes;
  request.follow_redirects = post.http.follow_redirects;
  request.cancelled = post.cancelled;
  request.headers.Add("Content-Type", "application/json");
  request.headers.Add("User-Agent", "Pharos/" PHAROS_VERSION);
  const auto headers = conf::AuthHeaders(post.http);
  if (!headers) return SendResult::Failed(false, headers.error().message);
  for (const auto& [name, value] : *headers) request.headers.Add(name, value);
  auto got = transport.Fetch(request);
  if (!got) {
    const base::ErrorKind kind = got.error().kind;
    const bool timeout = kind == base::ErrorKind::kTimeout;
    // The URL of a malformed request may be a secret.
    if (kind == base::ErrorKind::kBadInput)
      return SendResult::Failed(false, "the URL is no http or https URL");
    return SendResult::Failed(true, got.error().message,
                              timeout ? "contextDeadlineExceeded" : "other");
  }
  const int status = got->status;
  std::string details;
  if (status / 100 != 2) details = post.details ? post.details(*got) : got->body;
  if (answer != nullptr) *answer = *std::move(got);
  if (status / 100 == 2) return {};
  const bool retry = status / 100 == 5 ||
                     std::find(post.retry_statuses.begin(), post.retry_statuses.end(), status) !=
                         post.retry_statuses.end();
  std::string error = "unexpected status code " + std::to_string(status);
  if (!details.empty()) error += ": " + details;
  return SendResult::Failed(retry, std::move(error), FailureReason(status));
}

bool TruncateRunes(std::string* text, size_t most) {
  const auto starts = [](char c) { return (static_cast<uint8_t>(c) & 0xC0) != 0x80; };
  const auto count = static_cast<size_t>(std::count_if(text->begin(), text->end(), starts));
  if (count <= most) return false;
  const size_t keep = most <= 3 ? most : most - 1;
  size_t at = 0;
  for (size_t runes = 0; at < text->size(); ++at) {
    if (starts((*text)[at]) && runes++ == keep) break;
  }
  text->resize(at);
  if (most > 3) *text += "…";
  return true;
}

std::string KeyHash(const std::string& group_key) {
  constexpr char kHex[] = "0123456789abcdef";
  unsigned char digest[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const unsigned char*>(group_key.data()), group_key.size(), digest);
  std::string out;
  for (const unsigned char byte : digest) {
    out += kHex[byte >> 4];
    out += kHex[byte & 15];
  }
  return out;
}

}  // namespace pharos::alert
