#include "export/http_delivery.h"

#include <algorithm>
#include <charconv>

#include "base/compress.h"
#include "export/limits.h"
#include "net/client.h"

namespace pharos::exporting {
namespace {

std::chrono::milliseconds RetryAfter(const net::Response& response) {
  const std::string_view text = response.headers.Get("Retry-After");
  int64_t seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error != std::errc() || end != text.data() + text.size() || seconds < 0) {
    return std::chrono::milliseconds(0);
  }
  return std::chrono::milliseconds(std::min<int64_t>(seconds, 3600) * 1000);
}

}  // namespace

Delivery DeliverHttp(const conf::OtelcolClient& client, HttpPost post,
                     const net::Cancellation& cancelled) {
  net::ClientRequest request;
  request.method = "POST";
  request.cancelled = cancelled;
  request.url = std::move(post.url);
  request.max_response_bytes = kMaxAnswerBytes;
  request.timeout =
      std::chrono::milliseconds(client.timeout_ms > 0 ? client.timeout_ms : 3'600'000);
  request.headers.Set("Content-Type", post.content_type);
  request.headers.Set("User-Agent", "pharos");
  for (const auto& [name, value] : client.headers) request.headers.Set(name, value);
  for (const auto& [name, value] : post.headers) request.headers.Set(name, value);
  if (post.compress && client.compression == "gzip") {
    request.body = base::GzipCompress(post.body, 1);
    request.headers.Set("Content-Encoding", "gzip");
  } else if (post.compress && client.compression == "zstd") {
    request.body = base::ZstdCompress(post.body, 1);
    request.headers.Set("Content-Encoding", "zstd");
  } else {
    request.body = std::move(post.body);
  }
  const auto response = net::Fetch(request);
  Delivery end;
  if (!response) {
    end.retryable = response.error().kind != base::ErrorKind::kBadInput;
    end.error = response.error().message;
    return end;
  }
  if (response->status >= 200 && response->status < 300) {
    end.delivered = true;
    return end;
  }
  const int status = response->status;
  end.retryable = status == 429 || status == 502 || status == 503 || status == 504;
  end.pause = RetryAfter(*response);
  end.error = "HTTP status " + std::to_string(status) + ": " + response->body.substr(0, 512);
  return end;
}

}  // namespace pharos::exporting
