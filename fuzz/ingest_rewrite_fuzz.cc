// Any bytes as an OTLP request on its way through processors: counted, split, rewritten; what
// was rewritten reads back with as many items as before.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "ingest/process/rewrite.h"

using namespace pharos::ingest::process;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const auto signal = static_cast<OtlpSignal>(data[0] % 3);
  const std::string_view body(reinterpret_cast<const char*>(data) + 1, size - 1);
  const auto items = CountItems(signal, body);
  const auto add = [](AttributeList& list) { list.push_back({"k", pharos::model::Value::Int(1)}); };
  const auto resources =
      RewriteResources(body, [&](AttributeList& list, pharos::base::Arena&) { add(list); });
  const auto changed = RewriteItems(
      signal, body, [&](const ItemContext&, AttributeList& list, pharos::base::Arena&) {
        add(list);
        return list.size() % 2 == 0;
      });
  if (!items) return 0;
  if (changed && CountItems(signal, *changed) != *items) std::abort();
  if (resources && CountItems(signal, *resources) != *items) std::abort();
  const auto [first, rest] = SplitItems(signal, body, *items / 2);
  if (*CountItems(signal, first) + *CountItems(signal, rest) != *items) std::abort();
  return 0;
}
