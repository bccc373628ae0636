#include "ingest/tail/glob.h"

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "ingest/tail/limits.h"

namespace pharos::ingest::tail {
namespace {

namespace stdfs = std::filesystem;
constexpr size_t kMaxAlternatives = 256;

/// `{a,b}` written out, outermost first; bounded. Broken braces stay as they are.
std::vector<std::string> Alternatives(const std::string& pattern) {
  std::vector<std::string> done;
  std::vector<std::string> open{pattern};
  while (!open.empty() && done.size() + open.size() <= kMaxAlternatives) {
    const std::string at = std::move(open.back());
    open.pop_back();
    size_t begin = 0;
    while (begin < at.size() && at[begin] != '{') begin += at[begin] == '\\' ? 2 : 1;
    std::vector<std::string> parts(1);
    size_t end = begin;
    int depth = 0;
    for (; end < at.size(); ++end) {
      const char c = at[end];
      if (c == '\\' && end + 1 < at.size()) {
        parts.back().append(at, end++, 2);
        continue;
      }
      if (c == '{' && depth++ == 0) continue;
      if (c == '}' && --depth == 0) break;
      if (c == ',' && depth == 1) {
        parts.emplace_back();
      } else {
        parts.back() += c;
      }
    }
    if (begin >= at.size() || end >= at.size()) {
      done.push_back(at);
      continue;
    }
    for (const std::string& part : parts) {
      open.push_back(at.substr(0, begin) + part + at.substr(end + 1));
    }
  }
  return done;
}

/// `[…]` at the front of `pattern`; takes it off. 1 match, 0 none, -1 broken.
int Class(std::string_view& pattern, char c) {
  size_t i = 1;
  const bool negated = i < pattern.size() && (pattern[i] == '^' || pattern[i] == '!');
  if (negated) ++i;
  bool found = false;
  const size_t first = i;
  for (; i < pattern.size() && (pattern[i] != ']' || i == first); ++i) {
    char low = pattern[i];
    if (low == '\\' && i + 1 < pattern.size()) low = pattern[++i];
    char high = low;
    if (i + 2 < pattern.size() && pattern[i + 1] == '-' && pattern[i + 2] != ']') {
      i += 2;
      high = pattern[i];
      if (high == '\\' && i + 1 < pattern.size()) high = pattern[++i];
    }
    found |= low <= c && c <= high;
  }
  if (i >= pattern.size()) return -1;
  pattern.remove_prefix(i + 1);
  return found != negated ? 1 : 0;
}

/// One name of a path; linear but for the backtracking of the last star.
bool NameMatches(std::string_view pattern, std::string_view name) {
  std::string_view star_pattern;
  std::string_view star_name;
  bool star = false;
  while (!name.empty() || !pattern.empty()) {
    bool ok = false;
    if (!pattern.empty()) {
      const char p = pattern.front();
      if (p == '*') {
        while (pattern.starts_with('*')) pattern.remove_prefix(1);
        star = true;
        star_pattern = pattern;
        star_name = name;
        continue;
      }
      if (!name.empty()) {
        std::string_view rest = pattern.substr(1);
        if (p == '?') {
          ok = true;
        } else if (p == '[') {
          rest = pattern;
          const int in = Class(rest, name.front());
          if (in < 0) return false;
          ok = in == 1;
        } else if (p == '\\' && !rest.empty()) {
          ok = rest.front() == name.front();
          rest.remove_prefix(1);
        } else {
          ok = p == name.front();
        }
        if (ok) {
          pattern = rest;
          name.remove_prefix(1);
        }
      }
    }
    if (ok) continue;
    if (!star || star_name.empty()) return false;
    star_name.remove_prefix(1);
    name = star_name;
    pattern = star_pattern;
  }
  return true;
}

std::vector<std::string_view> Split(std::string_view path) {
  std::vector<std::string_view> out;
  while (true) {
    const size_t slash = path.find('/');
    out.push_back(path.substr(0, slash));
    if (slash == std::string_view::npos) return out;
    path.remove_prefix(slash + 1);
  }
}

using Names = std::vector<std::string_view>;

bool PathMatches(const Names& pattern, size_t p, const Names& path, size_t n) {
  for (; p < pattern.size(); ++p, ++n) {
    if (pattern[p] == "**") {
      for (size_t skip = n; skip <= path.size(); ++skip) {
        if (PathMatches(pattern, p + 1, path, skip)) return true;
      }
      return false;
    }
    if (n == path.size() || !NameMatches(pattern[p], path[n])) return false;
  }
  return n == path.size();
}

bool IsPlain(std::string_view name) {
  return name.find_first_of("*?[\\") == std::string_view::npos;
}

struct Walk {
  const Names& pattern;
  std::vector<std::string>* out;
  size_t visited = 0;
  bool truncated = false;

  static std::string Join(const std::string& dir, std::string_view name) {
    if (dir.empty() || dir == "/") return dir + std::string(name);
    return dir + "/" + std::string(name);
  }

  void At(const std::string& dir, size_t p, int depth) {
    if (depth > kMaxScanDepth) {
      truncated = true;
      return;
    }
    const bool last = p + 1 == pattern.size();
    if (IsPlain(pattern[p])) {
      const std::string next = Join(dir, pattern[p]);
      if (last) return Offer(next);
      return At(next, p + 1, depth);
    }
    const bool deep = pattern[p] == "**";
    if (deep && !last) At(dir, p + 1, depth);  // ** may be no directory at all
    std::error_code error;
    stdfs::directory_iterator it(dir.empty() ? "." : dir, error);
    for (; !error && it != stdfs::directory_iterator(); it.increment(error)) {
      if (++visited > kMaxScannedEntries) {
        truncated = true;
        return;
      }
      const std::string name = it->path().filename().string();
      if (!deep && !NameMatches(pattern[p], name)) continue;
      const std::string next = Join(dir, name);
      std::error_code ignored;
      if (last) Offer(next);
      if (deep ? it->is_directory(ignored) && !it->is_symlink(ignored)
               : !last && it->is_directory(ignored)) {
        At(next, deep ? p : p + 1, depth + 1);
      }
    }
  }

  void Offer(const std::string& path) {
    std::error_code error;
    if (stdfs::is_regular_file(path, error)) out->push_back(path);
  }
};

}  // namespace

bool GlobMatches(std::string_view pattern, std::string_view path) {
  const Names names = Split(path);
  for (const std::string& each : Alternatives(std::string(pattern))) {
    const Names parts = Split(each);
    if (std::count(parts.begin(), parts.end(), "**") > 4) continue;  // would be exponential
    if (PathMatches(parts, 0, names, 0)) return true;
  }
  return false;
}

std::vector<std::string> GlobFiles(const std::string& pattern, bool* truncated) {
  std::vector<std::string> out;
  *truncated = false;
  for (const std::string& each : Alternatives(pattern)) {
    std::string_view rest = each;
    std::string root;
    if (rest.starts_with('/')) {
      root = "/";
      rest.remove_prefix(1);
    }
    const Names parts = Split(rest);
    Walk walk{parts, &out};
    walk.At(root, 0, 0);
    *truncated |= walk.truncated;
  }
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

}  // namespace pharos::ingest::tail
