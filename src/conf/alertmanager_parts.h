// The readers of alertmanager.yml's parts. Internal to conf/.
#pragma once

#include <string>

#include "conf/alertmanager_config.h"

namespace pharos::conf {

AlertRoute ReadAlertRoute(const Node& node, Faults& faults);
InhibitRule ReadInhibitRule(const Node& node, Faults& faults);
/// `folder` is that of the file. Null items of a list are faults.
AlertReceiver ReadAlertReceiver(const Node& node, const AlertGlobal& global,
                                const std::string& folder, Faults& faults);

std::vector<SlackConfig> ReadSlackConfigs(MapReader& map, const AlertGlobal& global,
                                          const std::string& folder);
std::vector<EmailConfig> ReadEmailConfigs(MapReader& map, const AlertGlobal& global,
                                          const std::string& folder);

/// A Go duration ("1m30s"), as `timeout` of a receiver is one.
void ReadGoDuration(MapReader& map, std::string_view key, int64_t* out_ms);
/// The receiver's own http_config, or else the global one.
HttpClientConfig ReadReceiverHttp(MapReader& map, const AlertGlobal& global,
                                  const std::string& folder, bool* own = nullptr);
/// An http or https URL; "<secret>" passes.
bool ReadHttpUrl(MapReader& map, std::string_view key, std::string* out);
/// "host:port".
void ReadHostPort(MapReader& map, std::string_view key, std::string* host, std::string* port);
SmtpTls ReadSmtpTls(const Node& node, const std::string& folder, Faults& faults);

}  // namespace pharos::conf
