// Listen addresses as text: "127.0.0.1:3000", "[::1]:0", "localhost:9090", ":3100".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace pharos::net {

struct Address {
  std::string ip;     ///< "127.0.0.1", "::1"; "" of ":3100" becomes "::" (every address)
  uint16_t port = 0;  ///< 0: the system picks one
  bool v6 = false;
  bool any = false;  ///< ":3100": both IPv4 and IPv6
};

/// kBadInput with a sentence that names the text. Only addresses and `localhost`, no other
/// names: where Pharos listens must not depend on a name server.
base::Result<Address> ParseAddress(std::string_view text);

/// "127.0.0.1:80", "[::1]:80".
std::string FormatAddress(std::string_view ip, uint16_t port);

}  // namespace pharos::net
