// pharos: the program. Each word of the command line is one step below.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <string>
#include <vector>

#include "server/commands.h"
#include "server/options.h"
#include "server/serve.h"

namespace {

using namespace pharos;

void AddServe(CLI::App& app, server::ServeArguments& arguments) {
  CLI::App* serve = app.add_subcommand("serve", "Run Pharos");
  serve->add_option("--data-dir", arguments.data_dir, "Where everything is kept")->required();
  serve->add_option("--listen", arguments.listen, "Main address (127.0.0.1:3000)");
  serve
      ->add_option("--compat-ports", arguments.compat_ports,
                   "Open the classic ports: on or off (off)")
      ->check(CLI::IsMember({"on", "off"}));
  serve->add_option("--config", arguments.config, "pharos.yaml");
  for (const char* format : server::kFormats) {
    serve->add_option("--config." + std::string(format), arguments.config_files[format],
                      "A " + std::string(format) + " configuration file");
  }
  for (const server::ListenerName& listener : server::kListeners) {
    serve->add_option("--listen." + std::string(listener.name), arguments.listeners[listener.name],
                      "Its address, or off (" + std::string(listener.classic) + ")");
  }
  serve->add_flag("--insecure", arguments.insecure, "Allow addresses beyond loopback without auth");
  serve->add_flag("--web.enable-lifecycle", arguments.enable_lifecycle,
                  "Allow POST /-/reload and /-/quit");
  serve->add_flag("--web.enable-admin-api", arguments.enable_admin,
                  "Allow POST /api/v1/admin/tsdb/... (delete series, snapshot)");
  serve->add_option("--enable-feature", arguments.features,
                    "Prometheus's feature flags, with commas between (promql-per-step-stats, "
                    "use-start-timestamps, promql-delayed-name-removal)");
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Pharos: metrics, logs, traces, alerts and dashboards in one program", "pharos");
  app.require_subcommand(1);

  server::ServeArguments serve_arguments;
  AddServe(app, serve_arguments);

  std::vector<std::string> files;
  CLI::App* check = app.add_subcommand("check", "Say what Pharos makes of configuration files");
  check->add_option("FILE", files, "Files of any of the known formats, or folders of them")
      ->required();
  bool all_keys = false;
  check->add_flag("--keys", all_keys, "Every key, not only those that are moot or of note");

  std::vector<std::string> test_files;
  CLI::App* test = app.add_subcommand("test", "Run tests of configuration");
  CLI::App* test_rules =
      test->add_subcommand("rules", "Run unit tests of rules (promtool's format)");
  test_rules->add_option("FILE", test_files, "Test files")->required();
  test->require_subcommand(1);

  server::QueryArguments query_arguments;
  CLI::App* query = app.add_subcommand("query", "Ask a running Pharos");
  query->add_option("LANG", query_arguments.language, "promql or logql")
      ->required()
      ->check(CLI::IsMember({"promql", "logql"}));
  query->add_option("EXPR", query_arguments.expression, "The query")->required();
  query->add_option("--url", query_arguments.url, "Where Pharos listens (http://127.0.0.1:3000)");

  std::string parse_language, parse_file;
  CLI::App* parse = app.add_subcommand("parse", "Check expressions, one JSON string a line");
  parse->add_option("LANG", parse_language, "promql or logql")
      ->required()
      ->check(CLI::IsMember({"promql", "logql"}));
  parse->add_option("--file", parse_file, "Read from here instead of standard input");

  std::vector<std::string> inspect_words;
  server::InspectArguments inspect_arguments;
  CLI::App* inspect = app.add_subcommand(
      "inspect", "List the parts of a data directory and verify their checksums");
  inspect
      ->add_option("[samples|events] DIR", inspect_words,
                   "A data directory; `samples DIR` tells what its sample parts hold and cost")
      ->required()
      ->expected(1, 2);
  inspect->add_option("--top", inspect_arguments.top, "samples: how many metrics to show (20)");
  inspect->add_flag("--json", inspect_arguments.json, "samples: as JSON");

  CLI::App* version = app.add_subcommand("version", "Print the version");

  CLI11_PARSE(app, argc, argv);

  if (app.got_subcommand("serve")) return server::Serve(serve_arguments);
  if (check->parsed()) return server::Check(files, all_keys);
  if (test_rules->parsed()) return server::TestRules(test_files);
  if (query->parsed()) return server::Query(query_arguments);
  if (parse->parsed()) return server::Parse(parse_language, parse_file);
  if (inspect->parsed()) {
    inspect_arguments.data_dir = inspect_words.back();
    if (inspect_words.size() == 1) return server::Inspect(inspect_arguments.data_dir);
    if (inspect_words.front() == "samples") return server::InspectSamples(inspect_arguments);
    if (inspect_words.front() == "events") return server::InspectEvents(inspect_arguments.data_dir);
    std::fprintf(stderr,
                 "inspect: %s is nothing to inspect; say `samples DIR`, `events DIR` or `DIR`\n",
                 inspect_words.front().c_str());
    return 2;
  }
  if (version->parsed()) std::puts("pharos " PHAROS_VERSION);
  return 0;
}
