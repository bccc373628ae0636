// Templates with Prometheus's functions: any text parses and runs, or is refused, within its
// limits.
#include <cstdint>
#include <string>

#include "template/prometheus.h"
#include "template/template.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace pharos::tmpl;
  if (size > 4096) return 0;
  PrometheusSurroundings around;
  around.now_ms = 1'700'000'000'000;
  around.external_url = "http://p:3000/x";
  around.query = [](std::string_view) -> pharos::base::Result<List> {
    return List{Value::Of(Map{{"Labels", Value::Of(Map{})}, {"Value", Value(1.5)}})};
  };
  const FunctionMap functions = PrometheusFunctions(&around);
  const auto parsed =
      Template::Parse("fuzz", std::string(reinterpret_cast<const char*>(data), size), functions);
  if (!parsed) return 0;
  Map labels{{"job", Value::Of("text")}};
  const Value dot = Value::Of(Map{{"Labels", TextMap(labels)}, {"Value", Value(-0.0)}});
  std::string out;
  (void)parsed->Run(dot, &out);
  return 0;
}
