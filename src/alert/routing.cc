#include "alert/routing.h"

namespace pharos::alert {
namespace {

std::vector<Integration> MakeIntegrations(const conf::AlertReceiver& receiver,
                                          const TemplatesPtr& templates, const RoutingDeps& deps) {
  std::vector<Integration> out;
  int index = 0;
  for (const auto& config : receiver.webhooks)
    out.push_back(
        {"webhook", index++, config.send_resolved, MakeWebhook(config, templates, deps.transport)});
  index = 0;
  for (const auto& config : receiver.emails)
    out.push_back({"email", index++, config.send_resolved,
                   MakeEmail(config, templates, deps.transport, deps.clock, deps.host_name)});
  index = 0;
  for (const auto& config : receiver.pagerduties)
    out.push_back({"pagerduty", index++, config.send_resolved,
                   MakePagerduty(config, templates, deps.transport)});
  index = 0;
  for (const auto& config : receiver.slacks)
    out.push_back(
        {"slack", index++, config.send_resolved, MakeSlack(config, templates, deps.transport)});
  return out;
}

}  // namespace

std::vector<std::string> Routing::ActiveIntervals(const std::vector<std::string>& names,
                                                  int64_t now_ns) const {
  std::vector<std::string> active;
  for (const std::string& name : names) {
    const auto found = intervals.find(name);
    if (found == intervals.end()) continue;
    for (const conf::TimeInterval& interval : found->second) {
      if (!interval.Contains(now_ns)) continue;
      active.push_back(name);
      break;
    }
  }
  return active;
}

base::Result<std::shared_ptr<Routing>> MakeRouting(conf::AlertmanagerConfig config,
                                                   const RoutingDeps& deps) {
  auto out = std::make_shared<Routing>();
  PHAROS_TRY(out->templates, Templates::Make(config.templates, deps.external_url, deps.clock));
  out->root = Route::Make(config.route);
  out->groups = std::make_unique<Groups>(*out->root);
  out->inhibitor = Inhibitor(config.inhibit_rules);
  for (const conf::AlertReceiver& receiver : config.receivers)
    out->receivers[receiver.name] = MakeIntegrations(receiver, out->templates, deps);
  for (const auto* list : {&config.mute_time_intervals, &config.time_intervals}) {
    for (const conf::NamedIntervals& named : *list) out->intervals[named.name] = named.intervals;
  }
  out->config = std::move(config);
  return out;
}

}  // namespace pharos::alert
