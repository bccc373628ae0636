// Who may be meant by a request's Host and Origin. A web page from elsewhere can make a
// browser send requests to Pharos (cross-site POST), or point its own name at 127.0.0.1
// (DNS rebinding); both carry a foreign name, and are refused.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace pharos::net {

/// Allowed are loopback names (localhost, *.localhost, 127.0.0.0/8, ::1), the address that
/// the connection came in on, and the names given: lower case, without port; "*.x.org" for
/// all below x.org; "*" for any.
///
/// Owns: its list. Threads: any. Errors: none. Cost: linear in the list, no allocation for
/// plain lower-case names.
class HostCheck {
 public:
  explicit HostCheck(std::vector<std::string> allowed) : allowed_(std::move(allowed)) {}

  /// `host` is the Host header's value ("name", "name:port", "[v6]:port").
  bool AllowsHost(std::string_view host, std::string_view local_ip) const;
  /// `origin` is the Origin header's value ("https://name:port"); "null" is foreign.
  bool AllowsOrigin(std::string_view origin, std::string_view local_ip) const;

 private:
  std::vector<std::string> allowed_;
};

}  // namespace pharos::net
