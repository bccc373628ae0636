#include "ingest/discovery/docker.h"

#include <map>
#include <utility>

#include "match/json_value.h"
#include "match/label_name.h"
#include "text/base64.h"
#include "text/json_writer.h"
#include "text/url.h"

namespace pharos::ingest::discovery {
namespace {

using base::ErrorKind;
using base::Fail;
using base::Result;
using match::JsonValue;
using LabelMap = std::map<std::string, std::string>;

constexpr std::chrono::milliseconds kTimeout{10'000};
constexpr size_t kMaxAnswerBytes = 64u << 20;

const JsonValue* Get(const JsonValue* value, std::string_view key) {
  if (value == nullptr || value->object() == nullptr) return nullptr;
  const auto found = value->object()->find(key);
  return found == value->object()->end() ? nullptr : &found->second;
}
std::string Text(const JsonValue* value) {
  return value != nullptr && value->string() != nullptr ? *value->string() : "";
}
std::string BoolText(const JsonValue* value) {
  return value != nullptr && value->boolean() != nullptr && *value->boolean() ? "true" : "false";
}
uint16_t Port(const JsonValue* value) {
  if (value == nullptr || value->number() == nullptr) return 0;
  const double number = *value->number();
  return number > 0 && number < 65536 ? static_cast<uint16_t>(number) : 0;
}

std::string JoinHostPort(const std::string& host, int64_t port) {
  const bool v6 = host.find(':') != std::string::npos;
  return (v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

void AddLabels(const JsonValue* from, const std::string& prefix, LabelMap& out) {
  if (from == nullptr || from->object() == nullptr) return;
  for (const auto& [name, value] : *from->object()) {
    std::string label = prefix;
    match::AppendLabelName(label, name, false);
    out[label] = Text(&value);
  }
}

/// Labels by network id.
std::map<std::string, LabelMap> NetworkLabels(const JsonValue& networks) {
  std::map<std::string, LabelMap> out;
  if (networks.array() == nullptr) return out;
  for (const JsonValue& network : *networks.array()) {
    LabelMap labels;
    labels["__meta_docker_network_id"] = Text(Get(&network, "Id"));
    labels["__meta_docker_network_name"] = Text(Get(&network, "Name"));
    labels["__meta_docker_network_scope"] = Text(Get(&network, "Scope"));
    labels["__meta_docker_network_internal"] = BoolText(Get(&network, "Internal"));
    labels["__meta_docker_network_ingress"] = BoolText(Get(&network, "Ingress"));
    AddLabels(Get(&network, "Labels"), "__meta_docker_network_label_", labels);
    out.emplace(Text(Get(&network, "Id")), std::move(labels));
  }
  return out;
}

class Builder {
 public:
  Builder(const conf::DockerDiscovery& config, const JsonValue& containers,
          const JsonValue& networks)
      : config_(config), containers_(containers), network_labels_(NetworkLabels(networks)) {}

  std::vector<DockerTarget> Build() {
    for (const JsonValue& container : *containers_.array()) Container(container);
    return std::move(out_);
  }

 private:
  void Container(const JsonValue& container) {
    const JsonValue* names = Get(&container, "Names");
    if (names == nullptr || names->array() == nullptr || names->array()->empty()) return;
    LabelMap labels;
    const std::string mode = Text(Get(Get(&container, "HostConfig"), "NetworkMode"));
    labels["__meta_docker_container_id"] = Text(Get(&container, "Id"));
    labels["__meta_docker_container_name"] = Text(&names->array()->front());
    labels["__meta_docker_container_network_mode"] = mode;
    AddLabels(Get(&container, "Labels"), "__meta_docker_container_label_", labels);
    const JsonValue* networks = Networks(container, mode);
    if (networks == nullptr) return;
    for (const auto& [name, network] : *networks->object()) {
      if (network.object() == nullptr) continue;
      Network(container, network, mode, labels);
      if (config_.match_first_network) break;  // the object is sorted by name
    }
  }

  /// The container's networks, or those of the container whose network it shares.
  const JsonValue* Networks(const JsonValue& container, std::string mode) const {
    const JsonValue* at = &container;
    for (size_t hops = 0; hops <= containers_.array()->size(); ++hops) {
      const JsonValue* networks = Get(Get(at, "NetworkSettings"), "Networks");
      const bool has = networks != nullptr && networks->object() != nullptr;
      if (has && !networks->object()->empty()) return networks;
      if (!mode.starts_with("container:")) return has ? networks : nullptr;
      at = Find(mode.substr(10));
      if (at == nullptr) return nullptr;
      mode = Text(Get(Get(at, "HostConfig"), "NetworkMode"));
    }
    return nullptr;
  }
  const JsonValue* Find(const std::string& id) const {
    for (const JsonValue& container : *containers_.array()) {
      if (Text(Get(&container, "Id")) == id) return &container;
    }
    return nullptr;
  }

  void Network(const JsonValue& container, const JsonValue& network, const std::string& mode,
               const LabelMap& common) {
    const std::string ip = Text(Get(&network, "IPAddress"));
    LabelMap base = common;
    base["__meta_docker_network_ip"] = ip;
    const auto more = network_labels_.find(Text(Get(&network, "NetworkID")));
    if (more != network_labels_.end()) base.insert(more->second.begin(), more->second.end());
    bool added = false;
    const JsonValue* ports = Get(&container, "Ports");
    if (ports != nullptr && ports->array() != nullptr) {
      for (const JsonValue& port : *ports->array()) {
        if (Text(Get(&port, "Type")) != "tcp") continue;
        LabelMap labels = base;
        const uint16_t inside = Port(Get(&port, "PrivatePort"));
        labels["__meta_docker_port_private"] = std::to_string(inside);
        if (const uint16_t outside = Port(Get(&port, "PublicPort")); outside > 0) {
          labels["__meta_docker_port_public"] = std::to_string(outside);
          labels["__meta_docker_port_public_ip"] = Text(Get(&port, "IP"));
        }
        labels["__address__"] = JoinHostPort(ip, inside);
        Add(labels);
        added = true;
      }
    }
    if (added) return;
    base["__address__"] =
        mode == "host" ? config_.host_networking_host : JoinHostPort(ip, config_.port);
    Add(base);
  }

  void Add(const LabelMap& labels) {
    std::vector<model::LabelView> views;
    for (const auto& [name, value] : labels) views.push_back({name, value});
    out_.push_back(
        {labels.at("__meta_docker_container_id"), model::Labels::FromPairs(std::move(views))});
  }

  const conf::DockerDiscovery& config_;
  const JsonValue& containers_;
  const std::map<std::string, LabelMap> network_labels_;
  std::vector<DockerTarget> out_;
};

/// {"status":["running"]}, as the daemon wants it.
std::string FilterText(const conf::DockerDiscovery& config) {
  std::map<std::string, std::vector<std::string>> merged;
  for (const auto& [name, values] : config.filters) {
    merged[name].insert(merged[name].end(), values.begin(), values.end());
  }
  std::string out;
  text::JsonWriter json(out);
  json.BeginObject();
  for (const auto& [name, values] : merged) {
    json.Key(name).BeginArray();
    for (const std::string& value : values) json.String(value);
    json.EndArray();
  }
  json.EndObject();
  return out;
}

Result<std::string> Ask(const conf::DockerDiscovery& config, const std::string& path,
                        const net::Cancellation& cancelled) {
  net::ClientRequest request = DockerRequest(config, path);
  request.cancelled = cancelled;
  PHAROS_TRY(net::Response response, net::Fetch(request));
  if (response.status == 200) return std::move(response.body);
  return Fail(response.status == 404 ? ErrorKind::kNotFound : ErrorKind::kUnprocessable,
              "Docker at " + config.host + " answers " + std::to_string(response.status) + ": " +
                  response.body.substr(0, 300));
}

}  // namespace

net::ClientRequest DockerRequest(const conf::DockerDiscovery& config, std::string_view path) {
  net::ClientRequest request;
  if (config.host.starts_with("unix://")) {
    request.url = "unix:" + config.host.substr(7) + ":http://docker";
  } else if (config.host.starts_with("tcp://")) {
    request.url = "http://" + config.host.substr(6);
  } else {
    request.url = config.host;
  }
  while (request.url.ends_with('/')) request.url.pop_back();
  request.url += path;
  request.timeout = kTimeout;
  request.max_response_bytes = kMaxAnswerBytes;
  if (!config.basic_user.empty()) {
    request.headers.Add("Authorization", "Basic " + text::Base64Encode(config.basic_user + ":" +
                                                                       config.basic_password));
  } else if (!config.authorization_type.empty()) {
    request.headers.Add("Authorization",
                        config.authorization_type + " " + config.authorization_credentials);
  }
  return request;
}

Result<std::vector<DockerTarget>> DockerTargetsOf(const conf::DockerDiscovery& config,
                                                  std::string_view containers,
                                                  std::string_view networks) {
  PHAROS_TRY(const JsonValue list, match::ParseJson(containers));
  PHAROS_TRY(const JsonValue nets, match::ParseJson(networks));
  if (list.array() == nullptr) {
    return Fail(ErrorKind::kBadInput, "Docker's list of containers is not a list");
  }
  return Builder(config, list, nets).Build();
}

Result<std::vector<DockerTarget>> ListDockerTargets(const conf::DockerDiscovery& config,
                                                    const net::Cancellation& cancelled) {
  std::string path = "/containers/json";
  if (!config.filters.empty()) path += "?filters=" + text::QueryEscape(FilterText(config));
  PHAROS_TRY(const std::string containers, Ask(config, path, cancelled));
  PHAROS_TRY(const std::string networks, Ask(config, "/networks", cancelled));
  return DockerTargetsOf(config, containers, networks);
}

Result<bool> ContainerHasTty(const conf::DockerDiscovery& config, const std::string& id,
                             const net::Cancellation& cancelled) {
  PHAROS_TRY(const std::string text,
             Ask(config, "/containers/" + text::PathEscape(id) + "/json", cancelled));
  PHAROS_TRY(const JsonValue root, match::ParseJson(text));
  return BoolText(Get(Get(&root, "Config"), "Tty")) == "true";
}

}  // namespace pharos::ingest::discovery
