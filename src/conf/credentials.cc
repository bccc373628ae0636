#include "conf/credentials.h"

#include "conf/prometheus_config.h"
#include "text/base64.h"

namespace pharos::conf {
namespace {

/// A secret given as text or as a file that holds it.
void ReadSecret(MapReader& map, std::string_view key, std::string* out) {
  std::string file;
  map.String(key, out);
  const std::string file_key = std::string(key) + "_file";
  if (!map.String(file_key, &file)) return;
  if (!out->empty()) {
    map.faults().Add(map.LineOf(file_key), "at most one of " + std::string(key) + " & " + file_key +
                                               " must be configured");
    return;
  }
  auto text = ReadTextFile(file);
  if (!text) {
    map.faults().Add(map.LineOf(file_key), text.error().message);
    return;
  }
  while (!text->empty() && (text->back() == '\n' || text->back() == ' ')) text->pop_back();
  *out = *std::move(text);
}

}  // namespace

std::string HttpCredentials::Header() const {
  if (!basic_user.empty() || !basic_password.empty())
    return "Basic " + text::Base64Encode(basic_user + ":" + basic_password);
  if (credentials.empty()) return "";
  return (type.empty() ? "Bearer" : type) + " " + credentials;
}

HttpCredentials ReadCredentials(MapReader& map) {
  HttpCredentials out;
  const Node* basic = map.Take("basic_auth");
  const Node* authorization = map.Take("authorization");
  if (basic != nullptr) {
    MapReader reader(*basic, "config.plain", map.faults());
    reader.String("username", &out.basic_user);
    ReadSecret(reader, "password", &out.basic_password);
    reader.Done();
  }
  std::string token;
  ReadSecret(map, "bearer_token", &token);
  if (authorization != nullptr) {
    MapReader reader(*authorization, "config.plain", map.faults());
    out.type = "Bearer";
    reader.String("type", &out.type);
    ReadSecret(reader, "credentials", &out.credentials);
    reader.Done();
    if (out.type == "Basic" || out.type == "basic") {
      map.faults().Add(authorization->line,
                       "authorization type cannot be set to \"basic\", use \"basic_auth\" instead");
    }
  } else if (!token.empty()) {
    out.type = "Bearer";
    out.credentials = token;
  }
  if (basic != nullptr && (authorization != nullptr || !token.empty())) {
    map.faults().Add(basic->line,
                     "at most one of basic_auth, oauth2 & authorization must be configured");
  }
  return out;
}

}  // namespace pharos::conf
