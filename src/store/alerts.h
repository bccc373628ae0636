// The door between rules and notifications: rules (and anyone who posts alerts) write, routing
// reads.
#pragma once

#include <span>
#include <string_view>

#include "base/result.h"
#include "model/alert.h"

namespace pharos::store {

/// Threads: any. Errors: kBadInput names the first alert that is not one (the others are
/// taken); kBusy when none was taken and the sender should try again.
class AlertSink {
 public:
  virtual ~AlertSink() = default;
  virtual base::Result<void> Send(std::string_view tenant,
                                  std::span<const model::Alert> alerts) = 0;
};

}  // namespace pharos::store
