// What an HTTP client shows to be let in: basic_auth, authorization, bearer_token, each as text
// or as a file that holds it.
#pragma once

#include <string>

#include "conf/yaml.h"

namespace pharos::conf {

struct HttpCredentials {
  std::string basic_user, basic_password;
  std::string type, credentials;  ///< of `Authorization: type credentials`

  /// The value of the Authorization header, "" for none.
  std::string Header() const;
  bool operator==(const HttpCredentials&) const = default;
};

/// Takes the three keys from `map`; what is wrong goes into its faults.
HttpCredentials ReadCredentials(MapReader& map);

}  // namespace pharos::conf
