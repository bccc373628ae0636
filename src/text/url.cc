#include "text/url.h"

#include <charconv>

namespace pharos::text {
namespace {

using base::ErrorKind;
using base::Fail;
using base::Result;

constexpr std::string_view kPathSegmentAlso = "-_.~$&+=:@";
constexpr std::string_view kPathAlso = "-_.~$&+=:@/,;!'()*";
constexpr std::string_view kHostAlso = "-_.~$&+=,;!'()*";
constexpr std::string_view kUserAlso = "-_.~$&+=,;";
constexpr std::string_view kFragmentAlso = "-_.~$&+=:@/,;?!'()*";

bool IsLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }
int HexValue(char c) {
  if (IsDigit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// All but letters, digits and `also` becomes %XX.
std::string Escape(std::string_view text, std::string_view also) {
  constexpr char kHex[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (IsLetter(c) || IsDigit(c) || also.find(c) != std::string_view::npos) {
      out += c;
    } else {
      out.append(1, '%').append(1, kHex[byte >> 4]).append(1, kHex[byte & 15]);
    }
  }
  return out;
}

Result<std::string> Unescape(std::string_view text, bool plus_is_blank) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%') {
      const int high = i + 2 < text.size() ? HexValue(text[i + 1]) : -1;
      const int low = i + 2 < text.size() ? HexValue(text[i + 2]) : -1;
      if (high < 0 || low < 0) {
        return Fail(ErrorKind::kBadInput,
                    "invalid URL escape \"" + std::string(text.substr(i, 3)) + "\"");
      }
      out += static_cast<char>(high * 16 + low);
      i += 2;
    } else {
      out += plus_is_blank && text[i] == '+' ? ' ' : text[i];
    }
  }
  return out;
}

/// The scheme before ':', if the text begins with one.
std::string_view SchemeOf(std::string_view text) {
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == ':' && i > 0) return text.substr(0, i);
    const bool fits = IsLetter(c) || (i > 0 && (IsDigit(c) || c == '+' || c == '-' || c == '.'));
    if (!fits) break;
  }
  return {};
}

Result<void> ParsePort(std::string_view text, uint16_t& port) {
  if (text.empty()) return {};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || end != text.data() + text.size()) {
    return Fail(ErrorKind::kBadInput, "invalid port \":" + std::string(text) + "\" after host");
  }
  return {};
}

Result<void> ParseHost(std::string_view text, Url& url) {
  if (text.starts_with('[')) {
    const size_t end = text.find(']');
    if (end == std::string_view::npos) return Fail(ErrorKind::kBadInput, "missing ']' in host");
    url.host = text.substr(1, end - 1);
    if (url.host.find(':') == std::string::npos) {
      return Fail(ErrorKind::kBadInput, "invalid IPv6 address in host");
    }
    text.remove_prefix(end + 1);
    if (!text.empty() && text[0] != ':') {
      return Fail(ErrorKind::kBadInput, "unexpected text after ']' in host");
    }
    return ParsePort(text.substr(text.empty() ? 0 : 1), url.port);
  }
  const size_t colon = text.rfind(':');
  if (colon != std::string_view::npos) {
    PHAROS_TRY_VOID(ParsePort(text.substr(colon + 1), url.port));
    text = text.substr(0, colon);
  }
  PHAROS_TRY(url.host, Unescape(text, false));
  if (url.host.find_first_of(" <>\"[]:/@\\") != std::string::npos) {
    return Fail(ErrorKind::kBadInput, "invalid character in host name");
  }
  return {};
}

Result<void> ParseAuthority(std::string_view text, Url& url) {
  if (const size_t at = text.rfind('@'); at != std::string_view::npos) {
    const std::string_view user = text.substr(0, at);
    const size_t colon = user.find(':');
    PHAROS_TRY(url.user, Unescape(user.substr(0, colon), false));
    if (colon != std::string_view::npos) {
      url.has_password = true;
      PHAROS_TRY(url.password, Unescape(user.substr(colon + 1), false));
    }
    text.remove_prefix(at + 1);
  }
  return ParseHost(text, url);
}

Result<void> ParseParts(std::string_view text, Url& url) {
  if (const size_t hash = text.find('#'); hash != std::string_view::npos) {
    PHAROS_TRY(url.fragment, Unescape(text.substr(hash + 1), false));
    text = text.substr(0, hash);
  }
  if (const size_t mark = text.find('?'); mark != std::string_view::npos) {
    url.query = text.substr(mark + 1);
    text = text.substr(0, mark);
  }
  if (text.starts_with(':')) return Fail(ErrorKind::kBadInput, "missing protocol scheme");
  if (const std::string_view scheme = SchemeOf(text); !scheme.empty()) {
    for (const char c : scheme) {
      url.scheme += static_cast<char>(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
    }
    text.remove_prefix(scheme.size() + 1);
  }
  if (text.starts_with("//")) {
    text.remove_prefix(2);
    const size_t end = std::min(text.find('/'), text.size());
    PHAROS_TRY_VOID(ParseAuthority(text.substr(0, end), url));
    text.remove_prefix(end);
  }
  PHAROS_TRY(url.path, Unescape(text, false));
  return {};
}

/// Takes "." and ".." out of a path.
std::string CleanPath(std::string_view path) {
  std::vector<std::string_view> kept;
  const bool rooted = path.starts_with('/');
  bool open_end = false;
  for (size_t begin = rooted ? 1 : 0; begin <= path.size();) {
    const size_t end = std::min(path.find('/', begin), path.size());
    const std::string_view name = path.substr(begin, end - begin);
    open_end = name == "." || name == "..";
    if (name == ".." && !kept.empty()) kept.pop_back();
    if (!open_end) kept.push_back(name);
    begin = end + 1;
  }
  std::string out = rooted ? "/" : "";
  for (size_t i = 0; i < kept.size(); ++i) {
    if (i > 0) out += '/';
    out += kept[i];
  }
  if (open_end && !kept.empty()) out += '/';
  return out;
}

}  // namespace

Result<Url> ParseUrl(std::string_view text) {
  const auto bad = [&](const std::string& why) {
    return Fail(ErrorKind::kBadInput, "parse \"" + std::string(text) + "\": " + why);
  };
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      return Fail(ErrorKind::kBadInput, "net/url: invalid control character in URL");
    }
  }
  Url url;
  if (auto parsed = ParseParts(text, url); !parsed) return bad(parsed.error().message);
  return url;
}

std::string UrlText(const Url& url) {
  std::string out;
  if (!url.scheme.empty()) out.append(url.scheme).append(1, ':');
  const bool has_user = !url.user.empty() || url.has_password;
  if (!url.host.empty() || has_user || url.port != 0) {
    out += "//";
    if (has_user) {
      out += Escape(url.user, kUserAlso);
      if (url.has_password) out.append(1, ':').append(Escape(url.password, kUserAlso));
      out += '@';
    }
    Url host{.host = url.host, .port = url.port};
    if (host.host.find(':') == std::string::npos) host.host = Escape(host.host, kHostAlso);
    out += HostAndPort(host);
    if (!url.path.empty() && url.path[0] != '/') out += '/';
  } else if (url.path.starts_with("//") || (url.scheme == "file" && url.path.starts_with('/'))) {
    out += "//";
  } else if (url.scheme.empty() &&
             url.path.substr(0, url.path.find('/')).find(':') != std::string::npos) {
    out += "./";  // or the first segment would pass for a scheme
  }
  out += Escape(url.path, kPathAlso);
  if (!url.query.empty()) out.append(1, '?').append(url.query);
  if (!url.fragment.empty()) out.append(1, '#').append(Escape(url.fragment, kFragmentAlso));
  return out;
}

std::string RedactedUrlText(Url url) {
  if (url.has_password) url.password = "xxxxx";
  return UrlText(url);
}

uint16_t EffectivePort(const Url& url) {
  if (url.port != 0) return url.port;
  if (url.scheme == "http") return 80;
  return url.scheme == "https" ? 443 : 0;
}

std::string HostAndPort(const Url& url) {
  const bool v6 = url.host.find(':') != std::string::npos;
  std::string out = v6 ? "[" + url.host + "]" : url.host;
  if (url.port != 0) out.append(1, ':').append(std::to_string(url.port));
  return out;
}

Url ResolveUrl(const Url& base, const Url& reference) {
  Url out = reference;
  const bool has_authority = !reference.host.empty() || reference.port != 0;
  if (!reference.scheme.empty() || has_authority) {
    if (out.scheme.empty()) out.scheme = base.scheme;
    out.path = CleanPath(reference.path);
    return out;
  }
  out.scheme = base.scheme;
  out.user = base.user;
  out.password = base.password;
  out.has_password = base.has_password;
  out.host = base.host;
  out.port = base.port;
  if (reference.path.empty()) {
    out.path = base.path;
    if (reference.query.empty()) out.query = base.query;
  } else if (reference.path[0] == '/') {
    out.path = CleanPath(reference.path);
  } else {
    const size_t slash = base.path.rfind('/');
    const std::string above = slash == std::string::npos ? "/" : base.path.substr(0, slash + 1);
    out.path = CleanPath(above + reference.path);
  }
  return out;
}

std::string QueryEscape(std::string_view text) {
  std::string out = Escape(text, "-_.~ ");
  for (char& c : out) {
    if (c == ' ') c = '+';
  }
  return out;
}
std::string PathEscape(std::string_view text) { return Escape(text, kPathSegmentAlso); }
Result<std::string> QueryUnescape(std::string_view text) { return Unescape(text, true); }
Result<std::string> PathUnescape(std::string_view text) { return Unescape(text, false); }

Result<QueryPairs> ParseQuery(std::string_view query) {
  QueryPairs pairs;
  while (!query.empty()) {
    const size_t end = std::min(query.find('&'), query.size());
    const std::string_view pair = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    if (pair.empty()) continue;
    if (pair.find(';') != std::string_view::npos) {
      return Fail(ErrorKind::kBadInput, "invalid semicolon separator in query");
    }
    const size_t equals = std::min(pair.find('='), pair.size());
    PHAROS_TRY(std::string key, QueryUnescape(pair.substr(0, equals)));
    PHAROS_TRY(std::string value, QueryUnescape(pair.substr(std::min(equals + 1, pair.size()))));
    pairs.emplace_back(std::move(key), std::move(value));
  }
  return pairs;
}

}  // namespace pharos::text
