// URLs: apart and together, escaping as Go's net/url has it (templates and configurations
// were written for it).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace pharos::text {

/// The parts of a URL. User, password, host, path and fragment are unescaped; the query is raw.
struct Url {
  std::string scheme;  ///< lower case; empty in a relative reference
  std::string user;
  std::string password;
  std::string host;   ///< an IPv6 address without its brackets
  uint16_t port = 0;  ///< 0: not given
  std::string path;
  std::string query;     ///< without '?'
  std::string fragment;  ///< without '#'
  bool has_password = false;

  bool operator==(const Url&) const = default;
};

/// kBadInput says what is wrong: control characters, bad escapes, a bad port or host.
base::Result<Url> ParseUrl(std::string_view text);
/// Put together again, with everything escaped that must be.
std::string UrlText(const Url& url);
/// The same with "xxxxx" for the password: for logs and pages.
std::string RedactedUrlText(Url url);
/// The given port, or 80 and 443 for http and https, or 0.
uint16_t EffectivePort(const Url& url);
/// host:port, with brackets where needed; without ":port" when none was given.
std::string HostAndPort(const Url& url);
/// `reference` as seen from `base` (RFC 3986, section 5.2).
Url ResolveUrl(const Url& base, const Url& reference);

/// Go's url.QueryEscape: blanks become '+', all but letters, digits and -_.~ is escaped.
std::string QueryEscape(std::string_view text);
/// Go's url.PathEscape: blanks become %20; $&+=:@ stay.
std::string PathEscape(std::string_view text);
/// Undoes them; '+' is a blank in queries only. kBadInput: `invalid URL escape "%zz"`.
base::Result<std::string> QueryUnescape(std::string_view text);
base::Result<std::string> PathUnescape(std::string_view text);

/// a=1&b=2 in order, unescaped. kBadInput for a bad escape, and for ';' as a separator.
using QueryPairs = std::vector<std::pair<std::string, std::string>>;
base::Result<QueryPairs> ParseQuery(std::string_view query);

}  // namespace pharos::text
