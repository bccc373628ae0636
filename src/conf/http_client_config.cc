#include "conf/http_client_config.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>

#include "conf/prometheus_config.h"
#include "text/base64.h"
#include "text/url.h"

namespace pharos::conf {
namespace {

using base::Result;

bool SameWord(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
    return std::tolower(static_cast<unsigned char>(x)) ==
           std::tolower(static_cast<unsigned char>(y));
  });
}

/// Headers that the client sets by itself.
bool ReservedHeader(std::string_view name) {
  constexpr std::array<std::string_view, 15> kReserved{"Authorization",
                                                       "Host",
                                                       "Content-Encoding",
                                                       "Content-Length",
                                                       "Accept",
                                                       "Content-Type",
                                                       "User-Agent",
                                                       "Trailer",
                                                       "Connection",
                                                       "Transfer-Encoding",
                                                       "Upgrade",
                                                       "X-Prometheus-Remote-Write-Version",
                                                       "Accept-Encoding",
                                                       "X-Prometheus-Scrape-Timeout-Seconds",
                                                       "Proxy-Authorization"};
  return std::any_of(kReserved.begin(), kReserved.end(),
                     [&](std::string_view reserved) { return SameWord(reserved, name); });
}

void ReadBasicAuth(const Node& node, const std::string& folder, HttpClientConfig& out,
                   Faults& faults) {
  MapReader map(node, "config.BasicAuth", faults);
  out.has_basic_auth = true;
  map.String("username", &out.username);
  map.String("username_file", &out.username_file);
  map.String("password", &out.password);
  map.String("password_file", &out.password_file);
  map.NotSupported({"username_ref", "password_ref"});
  map.Done();
  if (!out.username.empty() && !out.username_file.empty())
    faults.Add(node.line, "at most one of basic_auth username & username_file must be configured");
  if (!out.password.empty() && !out.password_file.empty())
    faults.Add(node.line, "at most one of basic_auth password & password_file must be configured");
  out.username_file = ResolvePath(folder, out.username_file);
  out.password_file = ResolvePath(folder, out.password_file);
}

void ReadAuthorization(const Node& node, const std::string& folder, HttpClientConfig& out,
                       Faults& faults) {
  MapReader map(node, "config.Authorization", faults);
  out.has_authorization = true;
  map.String("type", &out.authorization_type);
  map.String("credentials", &out.credentials);
  map.String("credentials_file", &out.credentials_file);
  map.NotSupported({"credentials_ref"});
  map.Done();
  if (!out.credentials.empty() && !out.credentials_file.empty())
    faults.Add(node.line,
               "at most one of authorization credentials & credentials_file must be configured");
  if (SameWord(out.authorization_type, "basic"))
    faults.Add(node.line,
               "authorization type cannot be set to \"basic\", use \"basic_auth\" instead");
  out.credentials_file = ResolvePath(folder, out.credentials_file);
}

/// The old spelling of authorization with type Bearer.
void ReadBearer(MapReader& map, const std::string& folder, HttpClientConfig& out) {
  std::string token;
  std::string file;
  map.String("bearer_token", &token);
  map.String("bearer_token_file", &file);
  if (token.empty() && file.empty()) return;
  if (!token.empty() && !file.empty())
    map.faults().Add(map.line(),
                     "at most one of bearer_token & bearer_token_file must be configured");
  if (out.has_authorization)
    map.faults().Add(map.line(),
                     "authorization is not compatible with bearer_token & bearer_token_file");
  out.has_authorization = true;
  out.credentials = token;
  out.credentials_file = ResolvePath(folder, file);
}

void ReadHeaders(const Node& node, const std::string& folder, HttpClientConfig& out,
                 Faults& faults) {
  MapReader whole(node, "config.Headers", faults);
  for (const auto& [name, value, line] : node.fields) {
    if (ReservedHeader(name)) faults.Add(line, "setting header \"" + name + "\" is not allowed");
    MapReader map(value, "config.Header", faults);
    HttpClientConfig::Header header;
    map.Strings("values", &header.values);
    map.Strings("secrets", &header.secrets);
    map.Strings("files", &header.files);
    map.Done();
    for (std::string& file : header.files) file = ResolvePath(folder, file);
    out.headers[name] = std::move(header);
  }
}

}  // namespace

std::string ResolvePath(const std::string& folder, const std::string& name) {
  if (name.empty() || std::filesystem::path(name).is_absolute()) return name;
  return (std::filesystem::path(folder) / name).string();
}

HttpClientConfig ReadHttpClientConfig(const Node& node, const std::string& folder, Faults& faults) {
  HttpClientConfig out;
  MapReader map(node, "config.plain", faults);
  if (const Node* basic = map.Take("basic_auth")) ReadBasicAuth(*basic, folder, out, faults);
  if (const Node* auth = map.Take("authorization")) ReadAuthorization(*auth, folder, out, faults);
  ReadBearer(map, folder, out);
  if (out.has_basic_auth && out.has_authorization)
    faults.Add(node.line, "at most one of basic_auth, oauth2 & authorization must be configured");
  map.Bool("follow_redirects", &out.follow_redirects);
  if (const Node* headers = map.Take("http_headers")) ReadHeaders(*headers, folder, out, faults);
  map.Moot({"enable_http2"}, "requests are HTTP/1.1, which every such receiver takes");
  map.NotSupported({"oauth2", "tls_config", "proxy_url", "no_proxy", "proxy_from_environment",
                    "proxy_connect_header"});
  map.Done();
  return out;
}

Result<std::string> SecretText(const std::string& text, const std::string& file) {
  if (file.empty()) return text;
  PHAROS_TRY(std::string read, ReadTextFile(file));
  const size_t from = read.find_first_not_of(" \t\r\n");
  if (from == std::string::npos) return std::string();
  return read.substr(from, read.find_last_not_of(" \t\r\n") + 1 - from);
}

Result<std::vector<std::pair<std::string, std::string>>> AuthHeaders(
    const HttpClientConfig& config) {
  std::vector<std::pair<std::string, std::string>> out;
  if (config.has_basic_auth) {
    PHAROS_TRY(const std::string user, SecretText(config.username, config.username_file));
    PHAROS_TRY(const std::string password, SecretText(config.password, config.password_file));
    out.emplace_back("Authorization", "Basic " + text::Base64Encode(user + ":" + password));
  }
  if (config.has_authorization) {
    PHAROS_TRY(const std::string secret, SecretText(config.credentials, config.credentials_file));
    if (!secret.empty())
      out.emplace_back("Authorization", config.authorization_type + " " + secret);
  }
  for (const auto& [name, header] : config.headers) {
    for (const std::string& value : header.values) out.emplace_back(name, value);
    for (const std::string& value : header.secrets) out.emplace_back(name, value);
    for (const std::string& file : header.files) {
      PHAROS_TRY(std::string value, SecretText("", file));
      out.emplace_back(name, std::move(value));
    }
  }
  return out;
}

std::string HttpUrlFault(const std::string& url) {
  const auto parsed = text::ParseUrl(url);
  if (!parsed) return parsed.error().message;
  if (parsed->scheme != "http" && parsed->scheme != "https")
    return "unsupported scheme \"" + parsed->scheme + "\" for URL";
  if (parsed->host.empty()) return "missing host for URL";
  return "";
}

}  // namespace pharos::conf
