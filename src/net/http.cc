#include "net/http.h"

#include <strings.h>

#include <atomic>

#include "net/limits.h"
#include "net/percent.h"

namespace pharos::net {
namespace {

bool SameName(std::string_view a, std::string_view b) {
  return a.size() == b.size() && strncasecmp(a.data(), b.data(), a.size()) == 0;
}

void ParseInto(Params& params, std::string_view encoded) {
  while (!encoded.empty() && params.size() < kMaxParams) {
    const size_t end = std::min(encoded.find('&'), encoded.size());
    const std::string_view pair = encoded.substr(0, end);
    encoded.remove_prefix(std::min(end + 1, encoded.size()));
    if (pair.empty()) continue;
    const size_t equals = std::min(pair.find('='), pair.size());
    params.Add(PercentDecode(pair.substr(0, equals), true),
               PercentDecode(pair.substr(std::min(equals + 1, pair.size())), true));
  }
}

bool IsForm(std::string_view content_type) {
  constexpr std::string_view kForm = "application/x-www-form-urlencoded";
  const std::string_view type = content_type.substr(0, content_type.find(';'));
  const size_t end = type.find_last_not_of(" \t");
  return end != std::string_view::npos && SameName(type.substr(0, end + 1), kForm);
}

Response Make(int status, std::string_view type, std::string body) {
  Response response;
  response.status = status;
  response.headers.Add("Content-Type", type);
  response.body = std::move(body);
  return response;
}

}  // namespace

void Headers::Add(std::string_view name, std::string_view value) {
  items_.emplace_back(name, value);
}

void Headers::Set(std::string_view name, std::string_view value) {
  Remove(name);
  Add(name, value);
}

void Headers::Remove(std::string_view name) {
  std::erase_if(items_, [&](const auto& item) { return SameName(item.first, name); });
}

std::string_view Headers::Get(std::string_view name) const {
  for (const auto& [key, value] : items_) {
    if (SameName(key, name)) return value;
  }
  return {};
}

bool Headers::Has(std::string_view name) const {
  for (const auto& [key, value] : items_) {
    if (SameName(key, name)) return true;
  }
  return false;
}

Params Params::Parse(std::string_view encoded) {
  Params params;
  ParseInto(params, encoded);
  return params;
}

void Params::Add(std::string name, std::string value) {
  items_.emplace_back(std::move(name), std::move(value));
}

std::string_view Params::Get(std::string_view name) const {
  for (const auto& [key, value] : items_) {
    if (key == name) return value;
  }
  return {};
}

bool Params::Has(std::string_view name) const {
  for (const auto& [key, value] : items_) {
    if (key == name) return true;
  }
  return false;
}

std::vector<std::string_view> Params::All(std::string_view name) const {
  std::vector<std::string_view> values;
  for (const auto& [key, value] : items_) {
    if (key == name) values.push_back(value);
  }
  return values;
}

struct CancellationState {
  std::atomic<bool> cancelled{false};
};

Cancellation::Cancellation() : state_(std::make_shared<CancellationState>()) {}
void Cancellation::Cancel() const { state_->cancelled.store(true, std::memory_order_relaxed); }
bool Cancellation::Cancelled() const { return state_->cancelled.load(std::memory_order_relaxed); }

Params Request::AllParams() const {
  Params params;
  const bool has_form = method == "POST" || method == "PUT" || method == "PATCH";
  if (has_form && IsForm(headers.Get("Content-Type"))) ParseInto(params, body);
  ParseInto(params, query);
  return params;
}

std::string_view Request::PathParam(std::string_view name) const {
  for (const auto& [key, value] : path_params) {
    if (key == name) return value;
  }
  return {};
}

Response Response::Text(int status, std::string body) {
  return Make(status, "text/plain; charset=utf-8", std::move(body));
}

Response Response::Json(int status, std::string body) {
  return Make(status, "application/json", std::move(body));
}

base::Result<void> Response::Complete() {
  const auto source = std::exchange(rest, nullptr);
  for (bool more = source != nullptr; more;) {
    PHAROS_TRY(more, source->Next(body));
  }
  return {};
}

}  // namespace pharos::net
