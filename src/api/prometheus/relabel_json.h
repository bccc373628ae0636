// A scrape job and its relabelling rules as Prometheus shows them.
#pragma once

#include <string>

#include "conf/prometheus_config.h"

namespace pharos::api::prometheus {

/// {"source_labels":[…],"separator":";","regex":"(.*)",…}
std::string RelabelRuleJson(const conf::RelabelRule& rule);
/// An element of scrape_configs with its defaults; secrets as <secret>.
std::string ScrapeJobYaml(const conf::ScrapeJob& job);

}  // namespace pharos::api::prometheus
