// Bodies and parameters of Alertmanager's API.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "alert/alertmanager.h"
#include "net/http.h"

namespace pharos::api::alertmanager {

/// What is wrong with a request: the code of the generated server's answer and its words.
struct Refusal {
  int code = 400;
  std::string message;
};
template <class T>
using Taken = std::expected<T, Refusal>;

Taken<std::vector<alert::AlertRecord>> AlertsOf(std::string_view body);
Taken<alert::Silence> SilenceOf(std::string_view body);

/// filter, receiver, receiver_matchers, active, silenced, inhibited, muted. The refusal's
/// message is a sentence of the handler.
Taken<alert::AlertFilter> FilterOf(const net::Params& params);
Taken<conf::AlertMatchers> MatchersOf(const net::Params& params, std::string_view name);
/// Default true; what is not "true", "1", "yes" … is false, as there.
bool FlagOf(const net::Params& params, std::string_view name);
bool IsUuid(std::string_view text);

}  // namespace pharos::api::alertmanager
