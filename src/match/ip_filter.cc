#include "match/ip_filter.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <cstring>

namespace pharos::match {
namespace {

bool Hex(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}
bool AddressChar(char c) { return Hex(c) || c == ':' || c == '.'; }

bool IsV4(std::string_view text) { return text.find(':') == std::string_view::npos; }

/// Sets the bits behind the first `bits` to ones (or zeros).
IpAddress FillBehind(IpAddress address, int bits, bool ones) {
  for (int i = bits; i < 128; ++i) {
    const auto mask = static_cast<uint8_t>(0x80 >> (i % 8));
    auto& byte = address[static_cast<size_t>(i / 8)];
    byte = ones ? byte | mask : static_cast<uint8_t>(byte & ~mask);
  }
  return address;
}

}  // namespace

bool ParseIp(std::string_view text, IpAddress* out) {
  char buffer[48];
  if (text.empty() || text.size() >= sizeof buffer) return false;
  std::memcpy(buffer, text.data(), text.size());
  buffer[text.size()] = 0;
  if (IsV4(text)) {
    in_addr v4{};
    if (inet_pton(AF_INET, buffer, &v4) != 1) return false;
    out->fill(0);
    (*out)[10] = (*out)[11] = 0xFF;
    std::memcpy(out->data() + 12, &v4, 4);
    return true;
  }
  return inet_pton(AF_INET6, buffer, out->data()) == 1;
}

base::Result<IpFilter> IpFilter::Make(std::string_view pattern) {
  const auto bad = [&] {
    return base::Fail(base::ErrorKind::kBadInput, "ip: invalid pattern: " + std::string(pattern));
  };
  IpFilter filter;
  if (const size_t dash = pattern.find('-'); dash != std::string_view::npos) {
    if (!ParseIp(pattern.substr(0, dash), &filter.first_) ||
        !ParseIp(pattern.substr(dash + 1), &filter.last_) || filter.last_ < filter.first_) {
      return bad();
    }
    return filter;
  }
  const size_t slash = pattern.find('/');
  const std::string_view address = pattern.substr(0, slash);
  if (!ParseIp(address, &filter.first_)) return bad();
  filter.last_ = filter.first_;
  if (slash == std::string_view::npos) return filter;
  const std::string_view digits = pattern.substr(slash + 1);
  int bits = -1;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), bits);
  const int width = IsV4(address) ? 32 : 128;
  if (error != std::errc() || end != digits.data() + digits.size() || bits < 0 || bits > width) {
    return bad();
  }
  bits += 128 - width;
  filter.first_ = FillBehind(filter.first_, bits, false);
  filter.last_ = FillBehind(filter.last_, bits, true);
  return filter;
}

bool IpFilter::Contains(std::string_view address) const {
  IpAddress parsed;
  return ParseIp(address, &parsed) && Contains(parsed);
}

bool IpFilter::FoundIn(std::string_view line) const {
  for (size_t at = 0; at < line.size();) {
    if (!AddressChar(line[at])) {
      ++at;
      continue;
    }
    size_t end = at;
    bool v6 = false;
    while (end < line.size() && AddressChar(line[end])) v6 |= line[end++] == ':';
    std::string_view word = line.substr(at, end - at);
    while (!word.empty() && word.back() == '.') word.remove_suffix(1);
    if (Contains(word)) return true;
    if (v6) {
      // "1.2.3.4:80" and the like: the part in front of the last colon.
      const size_t colon = word.rfind(':');
      if (Contains(word.substr(0, colon)) || Contains(word.substr(colon + 1))) return true;
    }
    at = end;
  }
  return false;
}

}  // namespace pharos::match
