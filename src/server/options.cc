#include "server/options.h"

#include <algorithm>
#include <filesystem>

#include "conf/prometheus_config.h"
#include "conf/yaml.h"

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
    reader.DurationMs("metrics", &options.metrics_retention_ms);
    options.logs_retention_given = reader.DurationMs("logs", &options.logs_retention_ms);
    options.traces_retention_given = reader.DurationMs("traces", &options.traces_retention_ms);
    reader.Done();
    if (std::min({options.metrics_retention_ms, options.logs_retention_ms,
                  options.traces_retention_ms}) < 3'600'000) {
      top.faults().Add(retention->line, "storage.retention must be at least 1h");
    }
  }
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
  if (const conf::Node* limits = top.Take("limits")) {
    conf::MapReader map(*limits, "pharos.limits", faults);
    map.Bytes("memory", &options.memory_limit_bytes);
    map.Done();
  }
  ReadForeignFiles(top, text, file, options);
  if (const conf::Node* rules = top.Take("rules")) {
    conf::MapReader map(*rules, "pharos.rules", faults);
    map.DurationMs("for_outage_tolerance", &options.for_outage_tolerance_ms);
    map.DurationMs("for_grace_period", &options.for_grace_period_ms);
    map.DurationMs("resend_delay", &options.resend_delay_ms);
    map.Done();
  }
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
  for (const ListenerName& listener : kListeners) {
    if (listener.on_by_default || arguments.compat_ports == "on") {
      options.listeners[listener.name] = {listener.classic, false};
    }
  }
  if (!arguments.config.empty()) PHAROS_TRY_VOID(ReadConfig(arguments.config, options));
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
