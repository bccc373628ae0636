// Aggregation groups: alerts that are told together, and when their next telling is due.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "alert/alert_record.h"
#include "alert/route.h"

namespace pharos::alert {

/// The alerts of one route with equal group labels.
struct Group {
  const Route* route = nullptr;
  model::Labels labels;
  std::string key;  ///< `{}/{team="a"}:{alertname="x"}`: receivers see it
  std::map<uint64_t, AlertPtr> alerts;
  int64_t next_flush_ns = 0;
  bool flushing = false;              ///< notifications of the last flush are still going out
  std::vector<std::string> muted_by;  ///< time intervals that kept the last flush quiet
};
using GroupPtr = std::shared_ptr<Group>;

/// Sorts alerts into groups and says which are due. Knows nothing of receivers.
///
/// Owns: the groups; borrows the route tree. Threads: one at a time. Errors: alerts beyond
/// kMaxGroups groups are left out and logged. Cost: Insert walks the route tree; Due looks at
/// all groups.
class Groups {
 public:
  explicit Groups(const Route& root) : root_(root) {}

  /// A new group waits group_wait, unless the alert is older than that: then it is due now.
  void Insert(const AlertPtr& alert, int64_t now_ns);
  /// Groups to flush now; each is marked and its next flush set one interval later.
  std::vector<GroupPtr> TakeDue(int64_t now_ns);
  /// The next moment at which one is due; INT64_MAX when none is.
  int64_t NextDue() const;
  /// The alerts of a group as a flush sees them: sorted; what fires has no end.
  static std::vector<AlertPtr> Snapshot(const Group& group, int64_t now_ns);
  /// The flush is over. When all went well, the resolved alerts that did not change
  /// meanwhile leave the group, and an empty group goes away. Gives out those that left.
  std::vector<AlertPtr> Finish(const GroupPtr& group, const std::vector<AlertPtr>& flushed, bool ok,
                               int64_t now_ns);
  /// True when no group holds the alert.
  bool Forgotten(const AlertRecord& alert) const;

  const std::map<std::pair<int, std::string>, GroupPtr>& all() const { return groups_; }

 private:
  const Route& root_;
  /// By the route's index and the bytes of the group labels.
  std::map<std::pair<int, std::string>, GroupPtr> groups_;
};

}  // namespace pharos::alert
