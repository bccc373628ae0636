// Answers as Alertmanager's generated server writes them.
#pragma once

#include <string>

#include "alert/alertmanager.h"
#include "net/http.h"

namespace pharos::api::alertmanager {

/// A JSON text with a line end, `Cache-Control: no-store`.
net::Response Json(int status, std::string json);
/// A sentence as a JSON string: what handlers say of bad requests.
net::Response Sentence(int status, const std::string& text);
/// `{"code":602,"message":"…"}`: what the generated code says; codes from 600 on are 422.
net::Response Problem(int code, const std::string& message);
net::Response Empty(int status);

/// Milliseconds, as strfmt.DateTime.
std::string DateTime(int64_t ns);

std::string AlertJson(const alert::AlertView& view);
std::string GroupJson(const alert::GroupView& view);
std::string SilenceJson(const alert::Silence& silence, int64_t now_ns);
std::string LabelsJson(const std::map<std::string, std::string>& labels);

}  // namespace pharos::api::alertmanager
