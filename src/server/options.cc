#include "server/options.h"

#include <algorithm>
#include <filesystem>

#include "conf/prometheus_config.h"
#include "conf/yaml.h"
#include "server/limits.h"

namespace pharos::server {
namespace {

using base::ErrorKind;
using base::Fail;
using base::Result;

const ListenerName* FindListener(std::string_view name) {
  for (const ListenerName& listener : kListeners) {
    if (name == listener.name) return &listener;
  }
  return nullptr;
}

void SetListener(ServeOptions& options, const std::string& name, const std::string& address) {
  if (address == "off") {
    options.listeners.erase(name);
  } else {
    options.listeners[name] = {address, true};
  }
}

void ReadStorage(conf::MapReader& top, ServeOptions& options) {
  const conf::Node* node = top.Take("storage");
  if (node == nullptr) return;
  conf::MapReader map(*node, "pharos.storage", top.faults());
  std::string durability = "full";
  map.String("durability", &durability);
  if (durability != "full" && durability != "relaxed") {
    top.faults().Add(map.LineOf("durability"),
                     "storage.durability must be full or relaxed, not \"" + durability + "\"");
  }
  options.relaxed_durability = durability == "relaxed";
  if (const conf::Node* retention = map.Take("retention")) {
    conf::MapReader reader(*retention, "pharos.storage.retention", top.faults());
    options.metrics_retention_given = reader.DurationMs("metrics", &options.metrics_retention_ms);
    options.logs_retention_given = reader.DurationMs("logs", &options.logs_retention_ms);
    options.traces_retention_given = reader.DurationMs("traces", &options.traces_retention_ms);
    reader.Done();
    if (std::min({options.metrics_retention_ms, options.logs_retention_ms,
                  options.traces_retention_ms}) < 3'600'000) {
      top.faults().Add(retention->line, "storage.retention must be at least 1h");
    }
  }
  if (const conf::Node* size = map.Take("retention_size")) {
    conf::MapReader reader(*size, "pharos.storage.retention_size", top.faults());
    options.metrics_retention_bytes_given =
        reader.Bytes("metrics", &options.metrics_retention_bytes);
    reader.Bytes("logs", &options.logs_retention_bytes);
    reader.Bytes("traces", &options.traces_retention_bytes);
    reader.Done();
  }
  map.Bytes("min_free", &options.min_free_bytes);
  map.Done();
}

void ReadLimits(conf::MapReader& top, ServeOptions& options) {
  const conf::Node* node = top.Take("limits");
  if (node == nullptr) return;
  conf::MapReader map(*node, "pharos.limits", top.faults());
  map.Bytes("memory", &options.memory_limit_bytes);
  if (map.Bytes("query_memory", &options.query_memory_bytes) &&
      options.query_memory_bytes < kLeastQueryMemoryBytes)
    top.faults().Add(map.LineOf("query_memory"), "limits.query_memory must be at least 1MiB");
  SeriesLimitKeys& series = options.series_limits;
  const std::pair<const char*, int64_t*> counts[] = {
      {"series", &series.series},
      {"series_per_metric", &series.series_per_metric},
      {"label_values", &series.label_values},
      {"labels_per_series", &series.labels_per_series},
      {"label_name_length", &series.label_name_length},
      {"label_value_length", &series.label_value_length},
      {"query_samples", &options.query_samples}};
  for (const auto& [key, value] : counts) {
    if (!map.Int(key, value) || *value >= 0) continue;
    top.faults().Add(map.LineOf(key), "limits." + std::string(key) + " must not be negative");
  }
  if (options.query_samples == 0)
    top.faults().Add(node->line, "limits.query_samples must be at least 1");
  map.Done();
}

/// The lines of `text` below the key on `line`, up to the next line that is not indented.
std::string BlockBelow(std::string_view text, int line) {
  std::string out;
  int number = 0;
  bool ended = false;
  while (!text.empty() && !ended) {
    const size_t end = text.find('\n');
    const std::string_view one = text.substr(0, end);
    ++number;
    const bool inside = number > line;
    ended = inside && !one.empty() && one.front() != ' ' && one.front() != '#';
    if (inside && !ended) out += one;
    out += '\n';
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return out;
}

void ReadForeignFiles(conf::MapReader& top, std::string_view text, const std::string& file,
                      ServeOptions& options) {
  for (const char* format : kFormats) {
    const conf::Node* node = top.Take(format);
    if (node == nullptr) continue;
    if (node->kind == conf::Node::Kind::kScalar) {
      const std::filesystem::path path(node->scalar);
      options.files[format] = {
          path.is_absolute() ? path : std::filesystem::path(file).parent_path() / path, ""};
      continue;
    }
    std::string block = BlockBelow(text, top.LineOf(format));
    const bool is_block = block.find_first_not_of(" \n") != std::string::npos;
    if (!is_block || std::string_view(format) == "grafana") {
      top.faults().Add(top.LineOf(format),
                       std::string(format) + (is_block ? " must be the path of a file or folder"
                                                       : " must be a path, or a file's text in "
                                                         "the lines below the key"));
      continue;
    }
    options.files[format] = {file, std::move(block)};
  }
}

/// pharos.yaml: own keys, and foreign files by path or in place.
Result<void> ReadConfig(const std::string& file, ServeOptions& options) {
  PHAROS_TRY(const std::string text, conf::ReadTextFile(file));
  PHAROS_TRY(const conf::Node root, conf::ParseYaml(text, file));
  conf::Faults faults(file);
  conf::MapReader top(root, "pharos", faults);
  ReadStorage(top, options);
  if (const conf::Node* listen = top.Take("listen")) {
    conf::MapReader map(*listen, "pharos.listen", faults);
    std::string address;
    if (map.String("main", &address)) options.main = {address, true};
    for (const ListenerName& listener : kListeners) {
      if (map.String(listener.name, &address)) SetListener(options, listener.name, address);
    }
    map.Strings("allowed_hosts", &options.allowed_hosts);
    map.Done();
  }
  ReadLimits(top, options);
  ReadForeignFiles(top, text, file, options);
  if (const conf::Node* rules = top.Take("rules")) {
    conf::MapReader map(*rules, "pharos.rules", faults);
    map.DurationMs("for_outage_tolerance", &options.for_outage_tolerance_ms);
    map.DurationMs("for_grace_period", &options.for_grace_period_ms);
    map.DurationMs("resend_delay", &options.resend_delay_ms);
    map.Done();
  }
  top.Strings("enable_feature", &options.feature_names);
  if (const conf::Node* slo = top.Take("slo")) options.slos = conf::ReadSlos(*slo, faults);
  if (const conf::Node* names = top.Take("self_names"))
    options.self_names.ReadOverrides(*names, faults);
  top.NotSupported({"auth"});
  top.Done();
  if (!faults.empty()) return Fail(ErrorKind::kBadInput, faults.Text());
  return {};
}

Result<void> RefuseOpenBinds(const ServeOptions& options) {
  if (options.insecure) return {};
  const auto refuse = [](const std::string& address) {
    return Fail(ErrorKind::kForbidden, address +
                                           " is reachable from other machines and Pharos has no "
                                           "authentication yet; listen on 127.0.0.1 "
                                           "behind a proxy that has, or start with --insecure");
  };
  if (!IsLoopback(options.main.address)) return refuse(options.main.address);
  for (const auto& [name, listener] : options.listeners) {
    if (!IsLoopback(listener.address)) return refuse(listener.address);
  }
  return {};
}

}  // namespace

Result<std::string> ForeignFile::Text() const {
  if (!inline_text.empty()) return inline_text;
  return conf::ReadTextFile(path);
}

bool IsLoopback(const std::string& address) {
  return address.starts_with("127.") || address.starts_with("[::1]") ||
         address.starts_with("localhost:");
}

Result<ServeOptions> MakeServeOptions(const ServeArguments& arguments) {
  ServeOptions options;
  options.data_dir = arguments.data_dir;
  options.insecure = arguments.insecure;
  options.enable_lifecycle = arguments.enable_lifecycle;
  options.enable_admin = arguments.enable_admin;
  for (const ListenerName& listener : kListeners) {
    if (listener.on_by_default || arguments.compat_ports == "on") {
      options.listeners[listener.name] = {listener.classic, false};
    }
  }
  if (!arguments.config.empty()) PHAROS_TRY_VOID(ReadConfig(arguments.config, options));
  if (!arguments.features.empty()) options.feature_names = arguments.features;
  PHAROS_TRY(options.features, ReadFeatures(options.feature_names, &options.feature_notes));
  for (const auto& [format, path] : arguments.config_files) {
    if (path.empty()) continue;
    options.files[format] = {path, ""};
  }
  for (const char* format : {"blackbox", "statsd"}) {
    if (!options.files.contains(format)) continue;
    return Fail(ErrorKind::kUnsupported,
                "--config." + std::string(format) + ": files of this format are not supported yet");
  }
  if (!arguments.listen.empty()) options.main = {arguments.listen, true};
  for (const auto& [name, address] : arguments.listeners) {
    if (address.empty()) continue;
    PHAROS_CHECK(FindListener(name) != nullptr, name);
    SetListener(options, name, address);
  }
  PHAROS_TRY_VOID(RefuseOpenBinds(options));
  return options;
}

}  // namespace pharos::server
