// All rule groups: evaluates each at its turn, and keeps their state over reloads.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "rules/group.h"
#include "rules/status.h"

namespace pharos::rules {

/// All that one configuration asks for. Groups of equal file and name are one (the last counts).
struct RuleSet {
  std::vector<GroupSpec> groups;
  GroupDefaults defaults;
};

/// Owns: the groups and its threads. Threads: any call from any thread. Errors: Apply says which
/// rule does not parse, and then changes nothing; a rule that fails later is its own health.
/// Cost: kWorkers threads after Start; a group is evaluated on one of them.
class Manager {
 public:
  /// `environment` is copied; what it points to is borrowed until the end.
  explicit Manager(Environment environment);
  /// Stops.
  ~Manager();

  /// Takes these groups from now on. Those that stay the same go on undisturbed; changed ones keep
  /// the alerts and series of rules with equal name and labels; those that are gone write stale
  /// markers two intervals later. With the first call the `for` state is taken up from the store.
  base::Result<void> Apply(const RuleSet& set);
  /// From now on groups are evaluated as the clock says.
  void Start();
  /// Ends all evaluations; no stale markers are written (a restart is not the end of a rule).
  void Stop();

  /// Evaluates on the caller's thread whatever is due at `now_ms` (for tests and tools; together
  /// with Start it would only be a further worker). How many groups were.
  size_t Tick(int64_t now_ms);
  /// Evaluates every group at `time_ms`, due or not.
  void EvaluateAt(int64_t time_ms);

  /// Sorted by file, then name.
  std::vector<GroupStatus> Status() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace pharos::rules
