// The pages of the UI, which are part of the binary.
#pragma once

#include "net/router.h"

namespace pharos::server {

/// Answers GET for every file of the UI, with caching by name for hashed assets, and
/// index.html for paths that no API owns (deep links), but 404 for unknown API paths.
net::Response ServeAsset(const net::Request& request);

}  // namespace pharos::server
