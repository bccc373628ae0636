#include "net/host_check.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>

namespace pharos::net {
namespace {

/// An address as 16 bytes; IPv4 as ::ffff:a.b.c.d, so that both spellings are equal.
using Ip = std::array<unsigned char, 16>;

std::optional<Ip> ParseIp(const std::string& text) {
  Ip ip{};
  if (inet_pton(AF_INET6, text.c_str(), ip.data()) == 1) return ip;
  ip = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  if (inet_pton(AF_INET, text.c_str(), ip.data() + 12) == 1) return ip;
  return std::nullopt;
}

bool IsLoopback(const Ip& ip) {
  constexpr Ip kV6{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
  constexpr Ip kV4{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 127};
  return ip == kV6 || std::memcmp(ip.data(), kV4.data(), 13) == 0;
}

/// Takes ":port" and brackets off and lowers the case; nothing for what is no host.
std::optional<std::string> HostName(std::string_view host) {
  std::string_view port;
  if (host.starts_with('[')) {
    const size_t close = host.find(']');
    if (close == std::string_view::npos) return std::nullopt;
    port = host.substr(close + 1);
    host = host.substr(1, close - 1);
  } else if (const size_t colon = host.find(':'); colon != std::string_view::npos) {
    port = host.substr(colon);
    host = host.substr(0, colon);
  }
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  if (!port.empty() &&
      (port[0] != ':' || port.size() > 6 || !std::all_of(port.begin() + 1, port.end(), digit))) {
    return std::nullopt;
  }
  if (host.ends_with('.')) host.remove_suffix(1);
  if (host.empty()) return std::nullopt;
  std::string name(host);
  for (char& c : name) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return name;
}

bool Below(std::string_view name, std::string_view domain) {
  return name.size() > domain.size() && name.ends_with(domain);
}

}  // namespace

bool HostCheck::AllowsHost(std::string_view host, std::string_view local_ip) const {
  const std::optional<std::string> name = HostName(host);
  if (!name) return false;
  if (*name == "localhost" || Below(*name, ".localhost")) return true;
  if (const std::optional<Ip> ip = ParseIp(*name)) {
    if (IsLoopback(*ip) || ip == ParseIp(std::string(local_ip))) return true;
  }
  return std::any_of(allowed_.begin(), allowed_.end(), [&](const std::string& allowed) {
    if (allowed == "*" || allowed == *name) return true;
    return allowed.starts_with("*.") && Below(*name, std::string_view(allowed).substr(1));
  });
}

bool HostCheck::AllowsOrigin(std::string_view origin, std::string_view local_ip) const {
  const size_t scheme = origin.find("://");
  if (scheme == std::string_view::npos) return false;
  return AllowsHost(origin.substr(scheme + 3), local_ip);
}

}  // namespace pharos::net
