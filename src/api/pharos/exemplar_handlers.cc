#include "api/pharos/exemplar_handlers.h"

#include <string>

#include "api/prometheus/encode.h"
#include "api/prometheus/exemplar_list.h"

namespace pharos::api::pharos {

void RegisterExemplarApi(net::Router& router, std::string_view prefix, ExemplarApiDeps deps) {
  router.Add("GET", std::string(prefix) + "/exemplars", [deps](const net::Request& request) {
    const net::Params params = request.AllParams();
    model::TraceId id;
    if (!model::ParseTraceId(params.Get("trace_id"), &id)) {
      return prometheus::Failure(
          {base::ErrorKind::kBadInput, "trace_id must be a trace's id, of up to 32 hex digits"});
    }
    const auto found = deps.exemplars->OfTrace(store::kDefaultTenant, id);
    return found ? prometheus::Success(prometheus::ExemplarList(*found))
                 : prometheus::Failure(found.error());
  });
}

}  // namespace pharos::api::pharos
