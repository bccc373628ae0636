// Answers as Prometheus writes them, byte for byte: field order, numbers, timestamps.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "net/http.h"
#include "model/labels.h"

namespace pharos::api::prometheus {

/// {"status":"success","data":…,"warnings":[…],"infos":[…]}
net::Response Success(std::string_view data, const std::vector<std::string>& warnings = {},
                      const std::vector<std::string>& infos = {});
/// `,"warnings":[…],"infos":[…]`, those that there are.
void AppendRemarks(std::string& out, const std::vector<std::string>& warnings,
                   const std::vector<std::string>& infos);
/// {"status":"error","errorType":…,"error":…} with the status code of the kind.
net::Response Failure(const base::Error& error);
/// What the operator has not enabled: "unavailable", with Prometheus's status 500.
net::Response Disabled(std::string_view text);

/// Seconds with three digits of fraction, or none: 1435781430, 1435781430.781.
void AppendTimestamp(std::string& out, int64_t time_ms);
void AppendLabels(std::string& out, const model::Labels& labels);
/// ["a","b"]
std::string StringList(const std::vector<std::string>& items);

}  // namespace pharos::api::prometheus
