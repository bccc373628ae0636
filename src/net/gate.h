// What happens to a request when its head is complete, before a byte of its body is read:
// which route takes it, how large its body may be, or why it is refused.
#pragma once

#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "net/request_parser.h"
#include "net/server_state.h"

namespace pharos::net {

struct Verdict {
  const Router::Route* route = nullptr;  ///< null with a refusal, or for the fallback
  std::vector<std::pair<std::string, std::string>> params;
  std::optional<Response> refusal;  ///< the answer, if it is known already
  size_t max_body_bytes = 0;
};

/// Order: Host, Origin, CORS preflight, route, method, announced length, content encoding.
/// `local_ip` is the address that the connection came in on.
Verdict Judge(const Request& request, const RequestParser::Head& head, const Face& face,
              const HostCheck& hosts, std::string_view local_ip);

/// Decompresses the body in place where the route asks for it; the header then says
/// identity. The answer to give, if that fails.
std::optional<Response> PrepareBody(Request& request, const RouteOptions& options);

/// A refusal's text with a line end.
Response Refuse(int status, std::string sentence);

/// 503 with Retry-After: 1.
Response Overloaded(std::string sentence);

}  // namespace pharos::net
