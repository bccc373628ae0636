#include "server/self_names.h"

#include <algorithm>

namespace pharos::server {
namespace {

struct Classic {
  const char* host;
  const char* port;
  const char* listener;
};
/// The lab's services. A program that receives OTLP does so at 4317 and 4318 whatever its name.
constexpr Classic kClassic[] = {
    {"prometheus", "9090", "prometheus"},
    {"loki", "3100", "loki"},
    {"tempo", "3200", "tempo"},
    {"tempo", "4317", "otlp-grpc"},
    {"tempo", "4318", "otlp-http"},
    {"tempo", "9411", "zipkin"},
    {"tempo", "14268", "jaeger-thrift"},
    {"otel-collector", "4317", "otlp-grpc"},
    {"otel-collector", "4318", "otlp-http"},
    {"otel-collector", "8888", "otelcol-metrics"},
    {"otel-collector", "8889", "otelcol-exporter"},
    {"otel-collector", "9411", "zipkin"},
    {"otel-collector", "14268", "jaeger-thrift"},
    {"otel-collector", "24224", "fluent"},
    {"alertmanager", "9093", "alertmanager"},
    {"grafana", "3000", "main"},
    {"pushgateway", "9091", "pushgateway"},
    {"blackbox-exporter", "9115", "blackbox"},
    {"promtail", "9080", "promtail"},
};
/// Ports that a listener has on its own machine.
constexpr std::pair<const char*, const char*> kPorts[] = {
    {"3000", "main"},
    {"9090", "prometheus"},
    {"3100", "loki"},
    {"3200", "tempo"},
    {"16686", "jaeger"},
    {"9093", "alertmanager"},
    {"9091", "pushgateway"},
    {"9115", "blackbox"},
    {"9100", "host"},
    {"4318", "otlp-http"},
    {"4317", "otlp-grpc"},
    {"9411", "zipkin"},
    {"14268", "jaeger-thrift"},
    {"24224", "fluent"},
    {"8125", "statsd"},
    {"8888", "otelcol-metrics"},
    {"8889", "otelcol-exporter"},
    {"9080", "promtail"},
};

std::string Lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](unsigned char c) { return c >= 'A' && c <= 'Z' ? c + 32 : c; });
  return out;
}

/// Splits at the last colon that is not inside brackets; no port: "".
std::pair<std::string_view, std::string_view> Split(std::string_view host_port) {
  const size_t colon = host_port.rfind(':');
  if (colon == std::string_view::npos || host_port.ends_with(']')) return {host_port, ""};
  return {host_port.substr(0, colon), host_port.substr(colon + 1)};
}

bool IsThisMachine(std::string_view host) {
  return host == "localhost" || host == "[::1]" || host == "::1" || host.starts_with("127.");
}

bool IsListener(std::string_view name) {
  return std::any_of(std::begin(kPorts), std::end(kPorts),
                     [&](const auto& port) { return port.second == name; });
}

}  // namespace

SelfNames::SelfNames() {
  for (const Classic& classic : kClassic)
    names_[std::string(classic.host) + ":" + classic.port] = classic.listener;
}

void SelfNames::ReadOverrides(const conf::Node& node, conf::Faults& faults) {
  conf::MapReader map(node, "pharos.self_names", faults);
  for (const conf::Field& field : node.fields) {
    if (!IsListener(field.name)) continue;  // Done names it
    std::vector<std::string> names;
    if (!map.Strings(field.name, &names)) continue;
    std::erase_if(names_, [&](const auto& name) { return name.second == field.name; });
    for (const std::string& name : names) {
      const auto [host, port] = Split(name);
      if (host.empty() || port.empty() ||
          port.find_first_not_of("0123456789") != std::string_view::npos) {
        faults.Add(field.line, "self_names." + field.name + ": \"" + name + "\" is not host:port");
        continue;
      }
      names_[Lower(name)] = field.name;
    }
  }
  map.Done();
}

void SelfNames::Bind(const std::string& listener, std::string_view address) {
  const auto [host, port] = Split(address);
  if (!port.empty()) ports_[std::string(port)] = listener;
}

void SelfNames::BindClassicPorts() {
  for (const auto& [port, listener] : kPorts) ports_[port] = listener;
}

std::optional<std::string> SelfNames::FaceOf(std::string_view host_port) const {
  const std::string name = Lower(host_port);
  if (const auto found = names_.find(name); found != names_.end()) return found->second;
  const auto [host, port] = Split(name);
  if (!IsThisMachine(host)) return std::nullopt;
  const auto found = ports_.find(port);
  return found == ports_.end() ? std::nullopt : std::optional(found->second);
}

std::string SelfNames::HostPort(std::string_view url) {
  std::string_view port = "80";
  if (const size_t scheme = url.find("://"); scheme != std::string_view::npos) {
    if (Lower(url.substr(0, scheme)) == "https") port = "443";
    url.remove_prefix(scheme + 3);
  }
  url = url.substr(0, url.find_first_of("/?#"));
  if (const size_t user = url.rfind('@'); user != std::string_view::npos)
    url.remove_prefix(user + 1);
  const auto [host, written] = Split(url);
  return std::string(host) + ":" + std::string(written.empty() ? port : written);
}

}  // namespace pharos::server
