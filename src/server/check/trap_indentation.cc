// Keys of a scrape job that stand at the top of prometheus.yml lost their indentation (a list
// item's keys are easily pasted one level too far left). Prometheus says only that it does not
// know them there.
#include <set>

#include "server/check/traps.h"

namespace pharos::server::check {

void FindLostIndentation(const Stack& stack, Findings& out) {
  static const std::set<std::string, std::less<>> kOfJob = {
      "job_name",        "scrape_interval",       "scrape_timeout", "metrics_path",
      "scheme",          "honor_labels",          "params",         "static_configs",
      "basic_auth",      "relabel_configs",       "authorization",  "tls_config",
      "file_sd_configs", "metric_relabel_configs"};
  for (const auto& file : stack.files) {
    if (file->kind != Kind::kPrometheus || file->root.Find("scrape_configs") == nullptr) continue;
    std::string keys;
    int line = 0;
    for (const conf::Field& field : file->root.fields) {
      if (!kOfJob.contains(field.name)) continue;
      keys += (keys.empty() ? "" : ", ") + field.name;
      if (line == 0) line = field.line;
    }
    if (keys.empty()) continue;
    out.push_back({file->path, line, "lost-indentation",
                   keys + ": keys of a scrape job at the top of the file, where Prometheus refuses "
                          "them. Indent them below the `- job_name:` that they belong to."});
  }
}

}  // namespace pharos::server::check
