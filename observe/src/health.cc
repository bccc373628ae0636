#include "observe/health.h"

#include "state.h"

namespace observe {

void Health::Add(std::string name, std::function<std::string()> check) {
  std::lock_guard lock(mutex_);
  checks_.emplace_back(std::move(name), std::move(check));
}

Health::Answer Health::Live() const { return {200, R"({"status":"healthy"})"}; }

Health::Answer Health::Ready() const {
  decltype(checks_) checks;
  {
    std::lock_guard lock(mutex_);
    checks = checks_;
  }
  bool all_well = true;
  std::string details;
  for (const auto& [name, check] : checks) {
    std::string wrong;
    try {
      wrong = check();
    } catch (const std::exception& error) {
      wrong = error.what();
    }
    all_well = all_well && wrong.empty();
    if (!details.empty()) details += ',';
    AppendJsonString(details, name);
    details += ':';
    AppendJsonString(details, wrong.empty() ? "ok" : "error: " + wrong);
  }
  return {all_well ? 200 : 503, std::string(R"({"status":")") + (all_well ? "ready" : "not_ready") +
                                    R"(","checks":{)" + details + "}}"};
}

}  // namespace observe
