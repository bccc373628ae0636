// All deletions of an engine: kept in a file, given to readers as long as they hide something.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "events/deletion.h"
#include "io/manifest.h"

namespace pharos::events {

/// Owns: the file; borrows the manifest. Threads: any. Errors: kIo, kFull; then nothing changed.
/// Cost: a reader takes one lock; a change writes the file anew.
class Deletions {
 public:
  explicit Deletions(io::Manifest& manifest) : manifest_(manifest) {}

  /// At the start. A damaged file is put aside: what it hid is shown again, and the log says so.
  base::Result<void> Load();
  /// Those that hide events of a tenant and kind. Never null.
  std::shared_ptr<const DeletionList> Active(std::string_view tenant, model::EventKind kind) const;
  /// Of all tenants: those that were asked for at `created_ns` or before and are not done.
  DeletionList Due(int64_t created_ns) const;
  std::vector<store::EventDeletion> OfTenant(std::string_view tenant) const;
  base::Result<std::string> Add(std::string_view tenant, store::EventDeletion deletion,
                                int64_t now_ns);
  base::Result<void> Cancel(std::string_view tenant, std::string_view id, int64_t due_ns);
  /// Their events are gone.
  base::Result<void> Finish(const DeletionList& done);

 private:
  using Key = std::pair<std::string, model::EventKind>;
  base::Result<void> Change(DeletionList all);
  void Index();

  io::Manifest& manifest_;
  mutable std::mutex mutex_;  // guards all below
  DeletionList all_;          // in the order in which they came
  std::map<Key, std::shared_ptr<const DeletionList>> active_;
};

}  // namespace pharos::events
