#include "conf/alerting.h"

namespace pharos::conf {
namespace {

bool ValidLabelName(std::string_view name) {
  return !name.empty() && !name.starts_with("__reserved");
}

AlertmanagerGroup ReadAlertmanager(const Node& node, Faults& faults) {
  MapReader map(node, "config.plain", faults);
  AlertmanagerGroup out;
  map.String("scheme", &out.scheme);
  if (out.scheme != "http" && out.scheme != "https")
    faults.Add(map.LineOf("scheme"), "unsupported scheme \"" + out.scheme + "\"");
  map.String("path_prefix", &out.path_prefix);
  map.DurationMs("timeout", &out.timeout_ms);
  std::string version = "v2";
  map.String("api_version", &version);
  if (version != "v2") {
    faults.Add(map.LineOf("api_version"),
               "expected Alertmanager api version to be one of [v2] but got " + version);
  }
  map.Bool("follow_redirects", &out.follow_redirects);
  map.Moot({"enable_http2"}, "Pharos sends alerts over HTTP/1.1");
  out.relabel = ReadRelabelRules(map.List("relabel_configs"), faults);
  out.alert_relabel = ReadRelabelRules(map.List("alert_relabel_configs"), faults);
  out.static_groups = ReadStaticGroups(map, !out.relabel.empty());
  out.credentials = ReadCredentials(map);
  RefuseOtherDiscoveries(map);
  map.NotSupported({"tls_config", "proxy_url", "no_proxy", "proxy_from_environment",
                    "proxy_connect_header", "oauth2", "sigv4", "http_headers"});
  map.Done();
  return out;
}

}  // namespace

AlertingConfig ReadAlerting(const Node& node, Faults& faults) {
  MapReader map(node, "config.plain", faults);
  AlertingConfig out;
  out.alert_relabel = ReadRelabelRules(map.List("alert_relabel_configs"), faults);
  for (const Node& one : map.List("alertmanagers"))
    out.alertmanagers.push_back(ReadAlertmanager(one, faults));
  map.Done();
  return out;
}

std::vector<StaticGroup> ReadStaticGroups(MapReader& map, bool relabelled) {
  std::vector<StaticGroup> groups;
  for (const Node& node : map.List("static_configs")) {
    if (node.kind == Node::Kind::kNull) {
      map.faults().Add(node.line, "empty or null section in static_configs");
      continue;
    }
    MapReader group(node,
                    "struct { Targets []string \"yaml:\\\"targets\\\"\"; Labels model.LabelSet "
                    "\"yaml:\\\"labels\\\"\" }",
                    map.faults());
    StaticGroup out;
    group.Strings("targets", &out.targets);
    group.StringMap("labels", &out.labels);
    for (const std::string& target : out.targets) {
      if (!relabelled && target.find('/') != std::string::npos)
        map.faults().Add(node.line, "\"" + target + "\" is not a valid hostname");
    }
    for (const auto& [name, value] : out.labels) {
      if (!ValidLabelName(name))
        map.faults().Add(node.line, "\"" + name + "\" is not a valid label name");
    }
    group.Done();
    groups.push_back(std::move(out));
  }
  return groups;
}

void RefuseOtherDiscoveries(MapReader& map) {
  map.NotSupported({"azure_sd_configs",     "consul_sd_configs",     "digitalocean_sd_configs",
                    "dns_sd_configs",       "docker_sd_configs",     "dockerswarm_sd_configs",
                    "ec2_sd_configs",       "eureka_sd_configs",     "file_sd_configs",
                    "gce_sd_configs",       "hetzner_sd_configs",    "http_sd_configs",
                    "ionos_sd_configs",     "kubernetes_sd_configs", "kuma_sd_configs",
                    "lightsail_sd_configs", "linode_sd_configs",     "marathon_sd_configs",
                    "nerve_sd_configs",     "nomad_sd_configs",      "openstack_sd_configs",
                    "ovhcloud_sd_configs",  "puppetdb_sd_configs",   "scaleway_sd_configs",
                    "serverset_sd_configs", "stackit_sd_configs",    "triton_sd_configs",
                    "uyuni_sd_configs",     "vultr_sd_configs"});
}

}  // namespace pharos::conf
