// `pharos serve`: from the command line to a clean exit.
#pragma once

#include "server/options.h"

namespace pharos::server {

/// Runs until SIGTERM or SIGINT. 0 after a clean drain; 1 with a sentence on stderr when it
/// cannot start.
int Serve(const ServeArguments& arguments);

}  // namespace pharos::server
