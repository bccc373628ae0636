// Loki's `ip("…")`: one address, a range or a CIDR, found in a line or equal to a label.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace pharos::match {

/// An IPv4 address is kept as IPv4-mapped, so that both kinds compare.
using IpAddress = std::array<uint8_t, 16>;

/// False for anything that is not an IPv4 or IPv6 address. A zone is not taken.
bool ParseIp(std::string_view text, IpAddress* out);

/// Owns: two addresses. Threads: immutable. Errors: kBadInput with Loki's text. Cost of
/// FoundIn: one pass over the line.
class IpFilter {
 public:
  /// "192.168.4.5", "10.0.0.1-10.0.0.9", "2001:db8::/32".
  static base::Result<IpFilter> Make(std::string_view pattern);
  bool Contains(std::string_view address) const;
  bool FoundIn(std::string_view line) const;

 private:
  bool Contains(const IpAddress& address) const { return address >= first_ && address <= last_; }
  IpAddress first_{};
  IpAddress last_{};
};

}  // namespace pharos::match
