#include "api/prometheus/encode.h"

#include <charconv>

#include "text/json_writer.h"

namespace pharos::api::prometheus {
namespace {

using base::ErrorKind;

constexpr std::string_view kSuccess = "{\"status\":\"success\"";
struct ErrorName {
  int status;
  std::string_view type;
};

ErrorName NameOf(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kBadInput:
    case ErrorKind::kTooLarge:
    case ErrorKind::kUnsupported: return {400, "bad_data"};
    case ErrorKind::kNotFound: return {404, "not_found"};
    case ErrorKind::kTimeout: return {503, "timeout"};
    case ErrorKind::kCancelled: return {499, "canceled"};
    case ErrorKind::kBusy: return {503, "unavailable"};
    case ErrorKind::kIo:
    case ErrorKind::kFull:
    case ErrorKind::kCorrupt: return {500, "internal"};
    default: return {422, "execution"};
  }
}

}  // namespace

net::Response Success(std::string_view data, const std::vector<std::string>& warnings,
                      const std::vector<std::string>& infos) {
  std::string body;
  body.reserve(data.size() + 64);
  body.append(kSuccess);
  if (!data.empty()) body.append(",\"data\":").append(data);
  AppendRemarks(body, warnings, infos);
  body += '}';
  return net::Response::Json(200, std::move(body));
}

void AppendRemarks(std::string& out, const std::vector<std::string>& warnings,
                   const std::vector<std::string>& infos) {
  if (!warnings.empty()) out.append(",\"warnings\":").append(StringList(warnings));
  if (!infos.empty()) out.append(",\"infos\":").append(StringList(infos));
}

net::Response Failure(const base::Error& error) {
  const ErrorName name = NameOf(error.kind);
  std::string body =
      "{\"status\":\"error\",\"errorType\":\"" + std::string(name.type) + "\",\"error\":";
  text::AppendJsonString(body, error.message, true);
  body += '}';
  return net::Response::Json(name.status, std::move(body));
}

net::Response Disabled(std::string_view text) {
  net::Response response = Failure({ErrorKind::kBusy, std::string(text)});
  response.status = 500;
  return response;
}

void AppendTimestamp(std::string& out, int64_t time_ms) {
  uint64_t t = static_cast<uint64_t>(time_ms);
  if (time_ms < 0) {
    out += '-';
    t = 0 - t;
  }
  char buffer[24];
  out.append(buffer, std::to_chars(buffer, buffer + sizeof buffer, t / 1000).ptr);
  if (const auto fraction = static_cast<int>(t % 1000); fraction != 0) {
    out += '.';
    out += static_cast<char>('0' + fraction / 100);
    out += static_cast<char>('0' + fraction / 10 % 10);
    out += static_cast<char>('0' + fraction % 10);
  }
}

void AppendLabels(std::string& out, const model::Labels& labels) {
  out += '{';
  bool first = true;
  for (const model::LabelView label : labels) {
    if (!first) out += ',';
    first = false;
    text::AppendJsonString(out, label.name);
    out += ':';
    text::AppendJsonString(out, label.value);
  }
  out += '}';
}

std::string StringList(const std::vector<std::string>& items) {
  std::string out = "[";
  for (const std::string& item : items) {
    if (out.size() > 1) out += ',';
    text::AppendJsonString(out, item, true);
  }
  return out + "]";
}

}  // namespace pharos::api::prometheus
