#include "alert/route.h"

#include "alert/limits.h"

namespace pharos::alert {
namespace {

void Fill(const conf::AlertRoute& from, Route& to, int* counter) {
  to.matchers = from.all_matchers;
  to.continues = from.continues;
  to.mute_time_intervals = from.mute_time_intervals;
  to.active_time_intervals = from.active_time_intervals;
  if (!from.receiver.empty()) to.receiver = from.receiver;
  if (from.group_by) {
    to.group_by = {from.group_by->begin(), from.group_by->end()};
    to.group_by_all = false;
  } else if (from.group_by_all) {
    to.group_by_all = true;
  }
  if (from.group_wait_ms) to.group_wait_ns = *from.group_wait_ms * kMillisecond;
  if (from.group_interval_ms) to.group_interval_ns = *from.group_interval_ms * kMillisecond;
  if (from.repeat_interval_ms) to.repeat_interval_ns = *from.repeat_interval_ms * kMillisecond;
  for (const auto& [name, value] : from.labels) to.labels[name] = value;
  for (const conf::AlertRoute& child : from.routes) {
    auto made = std::make_unique<Route>();
    made->parent = &to;
    made->receiver = to.receiver;
    made->group_by = to.group_by;
    made->group_by_all = to.group_by_all;
    made->group_wait_ns = to.group_wait_ns;
    made->group_interval_ns = to.group_interval_ns;
    made->repeat_interval_ns = to.repeat_interval_ns;
    made->labels = to.labels;
    Fill(child, *made, counter);
    to.children.push_back(std::move(made));
  }
  to.index = (*counter)++;
}

}  // namespace

std::unique_ptr<const Route> Route::Make(const conf::AlertRoute& root) {
  auto made = std::make_unique<Route>();
  int counter = 0;
  Fill(root, *made, &counter);
  return made;
}

std::vector<const Route*> Route::Match(const model::Labels& alert) const {
  if (!conf::MatchesAll(matchers, alert)) return {};
  std::vector<const Route*> all;
  for (const auto& child : children) {
    const auto deeper = child->Match(alert);
    all.insert(all.end(), deeper.begin(), deeper.end());
    if (!deeper.empty() && !child->continues) break;
  }
  if (all.empty()) all.push_back(this);
  return all;
}

std::string Route::Key() const {
  const std::string own = conf::ToString(matchers);
  return parent != nullptr ? parent->Key() + "/" + own : own;
}

std::string Route::Id() const {
  std::string out = conf::ToString(matchers);
  if (parent == nullptr) return out;
  for (size_t i = 0; i < parent->children.size(); ++i) {
    if (parent->children[i].get() == this) out += "/" + std::to_string(i);
  }
  return parent->Id() + "/" + out;
}

model::Labels Route::GroupLabels(const model::Labels& alert) const {
  if (group_by_all) return alert;
  std::vector<model::LabelView> kept;
  for (const auto label : alert) {
    if (group_by.contains(label.name)) kept.push_back(label);
  }
  return model::Labels::FromPairs(std::move(kept));
}

void Route::Walk(const std::function<void(const Route&)>& visit) const {
  visit(*this);
  for (const auto& child : children) child->Walk(visit);
}

}  // namespace pharos::alert
