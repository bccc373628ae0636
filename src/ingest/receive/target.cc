#include "ingest/receive/target.h"

namespace pharos::ingest::receive {

std::string TenantOf(const Target& target, const net::Request& request) {
  if (!target.multi_tenant) return std::string(store::kDefaultTenant);
  const std::string_view tenant = request.headers.Get("X-Scope-OrgID");
  return std::string(tenant.empty() ? store::kDefaultTenant : tenant);
}

int StatusOf(const base::Error& error) {
  using Kind = base::ErrorKind;
  switch (error.kind) {
    case Kind::kBadInput:
    case Kind::kUnprocessable:
    case Kind::kConflict:
    case Kind::kNotFound: return 400;
    case Kind::kTooLarge: return 413;
    case Kind::kUnsupported: return 415;
    case Kind::kForbidden: return 403;
    case Kind::kLimit: return 429;
    case Kind::kBusy:
    case Kind::kFull:
    case Kind::kCancelled:
    case Kind::kTimeout: return 503;
    case Kind::kIo:
    case Kind::kCorrupt: return 500;
  }
  return 500;
}

net::Response GoError(int status, std::string text) {
  text += '\n';
  net::Response response = net::Response::Text(status, std::move(text));
  response.headers.Set("Content-Type", "text/plain; charset=utf-8");
  response.headers.Set("X-Content-Type-Options", "nosniff");
  return response;
}

}  // namespace pharos::ingest::receive
