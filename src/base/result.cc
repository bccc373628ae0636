#include "base/result.h"

#include <cstdio>
#include <cstdlib>

namespace pharos::base {

std::string_view KindName(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kBadInput: return "bad_input";
    case ErrorKind::kUnprocessable: return "unprocessable";
    case ErrorKind::kNotFound: return "not_found";
    case ErrorKind::kTooLarge: return "too_large";
    case ErrorKind::kUnsupported: return "unsupported";
    case ErrorKind::kForbidden: return "forbidden";
    case ErrorKind::kLimit: return "limit";
    case ErrorKind::kConflict: return "conflict";
    case ErrorKind::kBusy: return "busy";
    case ErrorKind::kCancelled: return "cancelled";
    case ErrorKind::kTimeout: return "timeout";
    case ErrorKind::kIo: return "io";
    case ErrorKind::kFull: return "full";
    case ErrorKind::kCorrupt: return "corrupt";
  }
  return "unknown";
}

void CheckFailed(const char* file, int line, const char* expression, std::string_view context) {
  std::fprintf(stderr, "%s:%d: broken invariant: %s: %.*s\n", file, line, expression,
               static_cast<int>(context.size()), context.data());
  std::abort();
}

}  // namespace pharos::base
