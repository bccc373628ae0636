// Sends one mail over SMTP, on libcurl: STARTTLS or TLS from the start, with a log-in or without.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "base/result.h"
#include "net/http.h"

namespace pharos::net {

struct Mail {
  std::string host, port;
  std::string hello = "localhost";  ///< the name given in EHLO
  enum class Tls : uint8_t {
    kNone,      ///< never
    kStartTls,  ///< must be offered, else an error
    kImplicit,  ///< from the first byte
  };
  Tls tls = Tls::kStartTls;
  bool verify = true;  ///< the server's certificate
  std::string ca_file, cert_file, key_file;
  /// No log-in with an empty user, or where the server offers none.
  std::string user, password, identity;
  /// "PLAIN", "LOGIN", "CRAM-MD5": those that may be used.
  std::vector<std::string> mechanisms;
  std::string from;  ///< addresses alone, without names and brackets
  std::vector<std::string> to;
  std::string message;  ///< headers, an empty line, the body; CRLF line ends
  std::chrono::milliseconds timeout{10'000};
  Cancellation cancelled;
};

/// Blocks. kTimeout, kCancelled, kIo with the server and what it said, kForbidden when it
/// refuses the log-in, kBadInput for line breaks in addresses and names.
base::Result<void> SendMail(const Mail& mail);

}  // namespace pharos::net
