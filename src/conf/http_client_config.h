// `http_config` of Prometheus's family of programs: how a client proves who it is, and what it
// sends along.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "conf/yaml.h"

namespace pharos::conf {

/// Secrets are text or the names of files that are read at each use.
struct HttpClientConfig {
  bool has_basic_auth = false;
  std::string username, username_file;
  std::string password, password_file;
  bool has_authorization = false;
  std::string authorization_type = "Bearer";
  std::string credentials, credentials_file;
  bool follow_redirects = true;
  struct Header {
    std::vector<std::string> values;
    std::vector<std::string> secrets;
    std::vector<std::string> files;
  };
  std::map<std::string, Header> headers;
};

/// Reads the map; faults in Prometheus's words. File names are resolved against `folder`.
HttpClientConfig ReadHttpClientConfig(const Node& node, const std::string& folder, Faults& faults);

/// `name` seen from the folder of the file that gives it; "" and absolute names stay.
std::string ResolvePath(const std::string& folder, const std::string& name);

/// The text without blanks around it, of `text` or of the file. kNotFound, kIo.
base::Result<std::string> SecretText(const std::string& text, const std::string& file);

/// What goes into the request for this configuration: header names and values. Errors name the
/// file that cannot be read.
base::Result<std::vector<std::pair<std::string, std::string>>> AuthHeaders(
    const HttpClientConfig& config);

/// "" or what Alertmanager says about a URL that is none, or neither http nor https.
std::string HttpUrlFault(const std::string& url);

}  // namespace pharos::conf
