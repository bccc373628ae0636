// The route tree: which receivers an alert goes to, and how it is grouped on the way.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "conf/alertmanager_config.h"
#include "model/labels.h"

namespace pharos::alert {

/// One node, with everything that it inherits filled in.
///
/// Owns: its children; points at its parent. Threads: immutable once made. Errors: none.
/// Cost: Match walks the tree.
class Route {
 public:
  static std::unique_ptr<const Route> Make(const conf::AlertRoute& root);

  std::string receiver;
  std::set<std::string, std::less<>> group_by;
  bool group_by_all = false;
  int64_t group_wait_ns = 30'000'000'000;
  int64_t group_interval_ns = 300'000'000'000;
  int64_t repeat_interval_ns = 14'400'000'000'000;
  conf::AlertMatchers matchers;
  bool continues = false;
  std::vector<std::string> mute_time_intervals;
  std::vector<std::string> active_time_intervals;
  std::map<std::string, std::string> labels;
  std::vector<std::unique_ptr<Route>> children;
  const Route* parent = nullptr;
  int index = 0;  ///< in the tree: children before their parent

  /// The deepest nodes that match, from the left; empty when this one does not.
  std::vector<const Route*> Match(const model::Labels& alert) const;
  /// `{}/{team="a"}`: the first part of a group key.
  std::string Key() const;
  /// As Key, with the position among its siblings behind each: names the node.
  std::string Id() const;
  /// The labels by which the alert is grouped here.
  model::Labels GroupLabels(const model::Labels& alert) const;
  void Walk(const std::function<void(const Route&)>& visit) const;
};

}  // namespace pharos::alert
