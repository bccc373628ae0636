#include "api/prometheus/exemplar_list.h"

#include "api/prometheus/encode.h"
#include "text/go_float.h"

namespace pharos::api::prometheus {
namespace {

void AppendExemplar(std::string& out, const model::Exemplar& exemplar) {
  out += "{\"labels\":";
  AppendLabels(out, exemplar.labels);
  out += ",\"value\":\"";
  text::AppendSampleValue(out, exemplar.value);
  out += "\",\"timestamp\":";
  AppendTimestamp(out, exemplar.time_ms);
  out += '}';
}

}  // namespace

std::string ExemplarList(const std::vector<store::SeriesExemplars>& series) {
  std::string out = "[";
  for (const auto& [labels, exemplars] : series) {
    if (out.size() > 1) out += ',';
    out += "{\"seriesLabels\":";
    AppendLabels(out, labels);
    out += ",\"exemplars\":[";
    for (size_t i = 0; i < exemplars.size(); ++i) {
      if (i > 0) out += ',';
      AppendExemplar(out, exemplars[i]);
    }
    out += "]}";
  }
  return out + "]";
}

}  // namespace pharos::api::prometheus
