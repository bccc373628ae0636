// The seam between notifiers and the network, where tests listen.
#pragma once

#include "net/client.h"
#include "net/smtp.h"

namespace pharos::alert {

/// Threads: calls may overlap. Errors: as net::Fetch and net::SendMail.
class Transport {
 public:
  virtual ~Transport() = default;
  virtual base::Result<net::Response> Fetch(const net::ClientRequest& request) = 0;
  virtual base::Result<void> SendMail(const net::Mail& mail) = 0;
  /// The real network; lives for ever.
  static Transport& Network();
};

}  // namespace pharos::alert
