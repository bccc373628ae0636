// One configuration, made ready to work: receivers, routes, groups, inhibition, time intervals.
// A reload makes a new one; what is still on its way keeps the old one alive.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "alert/group.h"
#include "alert/inhibit.h"
#include "alert/receivers.h"
#include "alert/route.h"

namespace pharos::alert {

struct Integration {
  std::string name;  ///< "webhook", "slack", "pagerduty", "email"
  int index = 0;     ///< among its receiver's of that kind
  bool send_resolved = false;
  std::unique_ptr<Notifier> notifier;
};

struct Routing {
  conf::AlertmanagerConfig config;
  TemplatesPtr templates;
  std::unique_ptr<const Route> root;
  std::map<std::string, std::vector<Integration>> receivers;
  std::map<std::string, std::vector<conf::TimeInterval>> intervals;
  Inhibitor inhibitor{{}};
  std::unique_ptr<Groups> groups;

  /// Those of `names` that hold at `now_ns`.
  std::vector<std::string> ActiveIntervals(const std::vector<std::string>& names,
                                           int64_t now_ns) const;
};

struct RoutingDeps {
  Transport& transport;
  const base::Clock& clock;
  std::string external_url;
  std::string host_name;
};

/// kBadInput for a template that does not parse.
base::Result<std::shared_ptr<Routing>> MakeRouting(conf::AlertmanagerConfig config,
                                                   const RoutingDeps& deps);

}  // namespace pharos::alert
