#include "net/router.h"

#include <algorithm>

#include "net/percent.h"

namespace pharos::net {
namespace {

using Params = std::vector<std::pair<std::string, std::string>>;

constexpr std::string_view kNoLiteral = "{}";

bool IsName(std::string_view segment) { return segment.starts_with('{') && segment.ends_with('}'); }
bool IsRest(std::string_view segment) { return IsName(segment) && segment.ends_with("...}"); }

std::string NameOf(std::string_view segment) {
  const size_t tail = IsRest(segment) ? 4 : 1;
  return std::string(segment.substr(1, segment.size() - 1 - tail));
}

/// "/a/b" → "a", "b"; "/" → "".
std::vector<std::string> SplitPattern(std::string_view pattern) {
  PHAROS_CHECK(pattern.starts_with('/'), pattern);
  std::vector<std::string> segments;
  do {
    pattern.remove_prefix(1);
    const size_t end = std::min(pattern.find('/'), pattern.size());
    segments.emplace_back(pattern.substr(0, end));
    pattern.remove_prefix(end);
    PHAROS_CHECK(!IsRest(segments.back()) || pattern.empty(), "{name...} must come last");
  } while (!pattern.empty());
  return segments;
}

/// `rest` begins with '/'; takes one segment off it.
std::string_view TakeSegment(std::string_view& rest) {
  rest.remove_prefix(1);
  const std::string_view segment = rest.substr(0, rest.find('/'));
  rest.remove_prefix(segment.size());
  return segment;
}

bool SameLiteral(std::string_view literal, std::string_view raw) {
  if (raw.find('%') == std::string_view::npos) return raw == literal;
  return PercentDecode(raw, false) == literal;
}

/// True when the path fits; `params`, if given, are appended.
bool Fits(const std::vector<std::string>& segments, std::string_view path, Params* params) {
  for (const std::string& segment : segments) {
    if (IsRest(segment)) {
      if (!path.starts_with('/')) return false;
      if (params) params->emplace_back(NameOf(segment), std::string(path.substr(1)));
      return true;
    }
    if (!path.starts_with('/')) return false;
    const std::string_view raw = TakeSegment(path);
    if (!IsName(segment)) {
      if (!SameLiteral(segment, raw)) return false;
      continue;
    }
    if (raw.empty()) return false;
    if (params) params->emplace_back(NameOf(segment), PercentDecode(raw, false));
  }
  return path.empty();
}

int Rank(const std::string& segment) { return IsRest(segment) ? 2 : IsName(segment) ? 1 : 0; }

/// True when `a` is to be preferred: at the first segment that differs in kind, the literal.
bool MoreSpecific(const Router::Route& a, const Router::Route& b) {
  const size_t n = std::min(a.segments.size(), b.segments.size());
  for (size_t i = 0; i < n; ++i) {
    const int rank_a = Rank(a.segments[i]);
    const int rank_b = Rank(b.segments[i]);
    if (rank_a != rank_b) return rank_a < rank_b;
  }
  return a.segments.size() > b.segments.size();
}

bool AllowHolds(std::string_view allow, std::string_view method) {
  return (", " + std::string(allow) + ", ").find(", " + std::string(method) + ", ") !=
         std::string::npos;
}

}  // namespace

Router::Route& Router::AddRoute(std::string_view method, std::string_view pattern) {
  auto route = std::make_unique<Route>();
  route->method = method;
  route->segments = SplitPattern(pattern);
  const std::string& first = route->segments.front();
  by_first_[IsName(first) ? std::string(kNoLiteral) : first].push_back(route.get());
  routes_.push_back(std::move(route));
  return *routes_.back();
}

void Router::Add(std::string_view method, std::string_view pattern, SyncHandler handler,
                 RouteOptions options) {
  Route& route = AddRoute(method, pattern);
  route.sync = std::move(handler);
  route.options = options;
}

void Router::AddAsync(std::string_view method, std::string_view pattern, AsyncHandler handler,
                      RouteOptions options) {
  Route& route = AddRoute(method, pattern);
  route.async = std::move(handler);
  route.options = options;
}

void Router::AddWebSocket(std::string_view pattern, WebSocketHandler handler) {
  AddRoute("GET", pattern).socket = std::move(handler);
}

void Router::SetFallback(SyncHandler handler) { fallback_ = std::move(handler); }

Router::Match Router::Find(std::string_view method, std::string_view raw_path) const {
  Match match;
  if (!raw_path.starts_with('/')) return match;
  if (method == "HEAD") method = "GET";
  std::string_view rest = raw_path;
  const std::string first = PercentDecode(TakeSegment(rest), false);

  const auto consider = [&](const std::vector<const Route*>& routes) {
    for (const Route* route : routes) {
      if (!Fits(route->segments, raw_path, nullptr)) continue;
      if (route->method == method) {
        if (!match.route || MoreSpecific(*route, *match.route)) match.route = route;
      } else if (route->method != "OPTIONS" && !AllowHolds(match.allow, route->method)) {
        match.allow += (match.allow.empty() ? "" : ", ") + route->method;
      }
    }
  };
  if (const auto it = by_first_.find(first); it != by_first_.end()) consider(it->second);
  if (!match.route) {
    if (const auto it = by_first_.find(std::string(kNoLiteral)); it != by_first_.end()) {
      consider(it->second);
    }
  }
  if (match.route) {
    match.found = Found::kRoute;
    match.allow.clear();
    Fits(match.route->segments, raw_path, &match.params);
  } else if (!match.allow.empty()) {
    match.found = Found::kWrongMethod;
  }
  return match;
}

}  // namespace pharos::net
