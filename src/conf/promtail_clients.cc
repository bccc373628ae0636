// Promtail's `clients`: where lines go.
#include "conf/prometheus_config.h"
#include "conf/promtail_config.h"
#include "text/url.h"

namespace pharos::conf {
namespace {

/// A secret as text or as a file that holds it.
void ReadSecret(MapReader& map, const std::string& key, std::string* out) {
  std::string file;
  const bool given = map.String(key, out);
  const std::string file_key = key + "_file";
  if (!map.String(file_key, &file)) return;
  if (given) {
    map.faults().Add(map.LineOf(file_key),
                     "at most one of " + key + " & " + file_key + " must be configured");
    return;
  }
  auto text = ReadTextFile(file);
  if (!text) return map.faults().Add(map.LineOf(file_key), text.error().message);
  while (!text->empty() && (text->back() == '\n' || text->back() == '\r' || text->back() == ' ')) {
    text->pop_back();
  }
  *out = *std::move(text);
}

void ReadBackoff(MapReader& map, PromtailClient& client) {
  const Node* node = map.Take("backoff_config");
  if (node == nullptr) return;
  MapReader backoff(*node, "backoff.Config", map.faults());
  backoff.DurationMs("min_period", &client.min_backoff_ms);
  backoff.DurationMs("max_period", &client.max_backoff_ms);
  backoff.Moot({"max_retries"},
               "Pharos does not give up on a batch: its lines stay in their files until the server "
               "has them");
  backoff.Done();
}

void ReadHeaders(MapReader& map, PromtailClient& client) {
  map.StringMap("headers", &client.headers);
}

void CheckUrl(MapReader& map, const PromtailClient& client) {
  if (client.url.empty()) {
    return map.faults().Add(map.line(), "client needs target URL");
  }
  const auto url = text::ParseUrl(client.url);
  if (!url) return map.faults().Add(map.LineOf("url"), "url: " + url.error().message);
  if ((url->scheme != "http" && url->scheme != "https") || url->host.empty()) {
    map.faults().Add(map.LineOf("url"),
                     "url: must be http://HOST:PORT/loki/api/v1/push, not \"" + client.url + "\"");
  }
}

PromtailClient ReadClient(const Node& node, Faults& faults) {
  PromtailClient client;
  MapReader map(node, "client.Config", faults);
  map.String("name", &client.name);
  map.String("url", &client.url);
  map.String("tenant_id", &client.tenant_id);
  map.StringMap("external_labels", &client.external_labels);
  map.Int("batchsize", &client.batch_size_bytes);
  map.DurationMs("timeout", &client.timeout_ms);
  map.Bool("drop_rate_limited_batches", &client.drop_rate_limited);
  ReadHeaders(map, client);
  ReadBackoff(map, client);
  ReadHttpAuth(map, &client.basic_user, &client.basic_password, &client.authorization_type,
               &client.authorization_credentials);
  map.Moot({"batchwait"}, "lines are sent as soon as they are read, at most four times a second");
  map.Moot({"stream_lag_labels"}, "the lag metric does not exist here");
  map.Moot({"queue_config"}, "there is no queue beside the files themselves");
  CheckUrl(map, client);
  if (client.batch_size_bytes <= 0) {
    faults.Add(map.LineOf("batchsize"), "batchsize: must be more than 0 bytes");
  }
  map.Done();
  return client;
}

}  // namespace

void ReadHttpAuth(MapReader& map, std::string* user, std::string* password, std::string* type,
                  std::string* credentials) {
  const Node* basic = map.Take("basic_auth");
  const Node* authorization = map.Take("authorization");
  if (basic != nullptr) {
    MapReader reader(*basic, "config.BasicAuth", map.faults());
    ReadSecret(reader, "username", user);
    ReadSecret(reader, "password", password);
    reader.Done();
  }
  std::string token;
  ReadSecret(map, "bearer_token", &token);
  if (authorization != nullptr) {
    MapReader reader(*authorization, "config.Authorization", map.faults());
    *type = "Bearer";
    reader.String("type", type);
    ReadSecret(reader, "credentials", credentials);
    reader.Done();
  } else if (!token.empty()) {
    *type = "Bearer";
    *credentials = token;
  }
  if (!user->empty() && !type->empty()) {
    map.faults().Add(map.LineOf("basic_auth"),
                     "at most one of basic_auth, bearer_token & authorization must be configured");
  }
  map.NotSupported({"tls_config", "oauth2", "proxy_url", "proxy_from_environment", "no_proxy",
                    "proxy_connect_header"});
  map.Moot({"follow_redirects", "enable_http2"}, "redirects are followed, HTTP/1.1 is spoken");
}

void ReadPromtailClients(MapReader& top, PromtailConfig& config) {
  if (const Node* old = top.Take("client"); old != nullptr) {
    top.Warn("client", "deprecated since 2.0, use `clients`; it is taken as one more client");
    config.clients.push_back(ReadClient(*old, top.faults()));
  }
  for (const Node& node : top.List("clients")) {
    config.clients.push_back(ReadClient(node, top.faults()));
  }
  if (config.clients.empty()) {
    top.faults().Add(top.line(), "at least one client config must be provided");
  }
}

}  // namespace pharos::conf
