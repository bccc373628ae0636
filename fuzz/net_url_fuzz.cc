// Targets, query strings, forms, Host and Origin headers, listen addresses: any text.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "net/address.h"
#include "net/host_check.h"
#include "net/http.h"
#include "net/percent.h"
#include "net/response_head.h"
#include "net/router.h"

namespace {

pharos::net::Router MakeRouter() {
  pharos::net::Router router;
  const auto handler = [](const pharos::net::Request&) { return pharos::net::Response{}; };
  for (const char* pattern : {"/", "/a/{b}/c", "/a/{rest...}", "/{x}/b", "/{all...}", "/a/b/c"}) {
    router.Add("GET", pattern, handler);
  }
  router.Add("POST", "/a/{b}/d", handler);
  return router;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace pharos::net;
  static const Router router = MakeRouter();
  static const HostCheck hosts({"x.org", "*.y.org"});
  const std::string text(reinterpret_cast<const char*>(data), size);

  if (PercentDecode(text, true).size() > text.size()) std::abort();
  Request request;
  request.method = "POST";
  request.query = text;
  request.body = text;
  request.headers.Add("Content-Type", "application/x-www-form-urlencoded");
  size_t count = 0;
  for (const auto& [name, value] : request.AllParams()) count += name.size() + value.size();
  if (count > 2 * text.size()) std::abort();

  const Router::Match match = router.Find("GET", text);
  if (!text.empty() && text[0] == '/' && match.found != Router::Found::kRoute) std::abort();
  router.Find("DELETE", text);

  hosts.AllowsHost(text, "10.0.0.1");
  hosts.AllowsOrigin(text, "::1");
  AcceptsGzip(text);
  if (const auto address = ParseAddress(text)) FormatAddress(address->ip, address->port);

  Response response = Response::Text(200, "x");
  response.headers.Add(text, text);
  const std::string head = SerializeHead(response, Framing::kLength, "close");
  if (head.find("\r\n\r\n") != head.size() - 4) std::abort();
  return 0;
}
