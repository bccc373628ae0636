#include "net/address.h"

#include <arpa/inet.h>

#include <charconv>

namespace pharos::net {
namespace {

using base::ErrorKind;
using base::Fail;

std::unexpected<base::Error> Bad(std::string_view text, std::string_view why) {
  return Fail(ErrorKind::kBadInput,
              "listen address \"" + std::string(text) + "\" " + std::string(why));
}

}  // namespace

base::Result<Address> ParseAddress(std::string_view text) {
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return Bad(text, "lacks a port (write host:port)");
  std::string_view host = text.substr(0, colon);
  const std::string_view port = text.substr(colon + 1);

  Address address;
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), address.port);
  if (error != std::errc() || end != port.data() + port.size()) {
    return Bad(text, "has a bad port (0 to 65535)");
  }
  if (host.empty()) {
    address.ip = "::";
    address.v6 = address.any = true;
    return address;
  }
  if (host.starts_with('[') && host.ends_with(']')) {
    address.v6 = true;
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string_view::npos) {
    return Bad(text, "has an IPv6 address without [brackets]");
  }
  address.ip = host == "localhost" ? "127.0.0.1" : std::string(host);
  char bytes[16];
  if (inet_pton(address.v6 ? AF_INET6 : AF_INET, address.ip.c_str(), bytes) != 1) {
    return Bad(text, "is not an IP address (names other than localhost are not looked up)");
  }
  return address;
}

std::string FormatAddress(std::string_view ip, uint16_t port) {
  const bool v6 = ip.find(':') != std::string_view::npos;
  std::string text = v6 ? "[" + std::string(ip) + "]" : std::string(ip);
  return text + ":" + std::to_string(port);
}

}  // namespace pharos::net
