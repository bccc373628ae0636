// What /api/traces asks for, read from its parameters.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "api/spans/span_scan.h"
#include "net/http.h"

namespace pharos::api::jaeger {

struct Search {
  std::string service;
  std::string operation;
  std::map<std::string, std::string> tags;
  int64_t start_ns = 0;
  int64_t end_ns = 0;
  std::optional<int64_t> min_duration_ns;
  std::optional<int64_t> max_duration_ns;
  size_t limit = 100;
};

/// kBadInput with Jaeger's words.
base::Result<Search> ReadSearch(const net::Params& params, int64_t now_ns);

/// What the store can test of it.
spans::Scan ScanOf(const Search& search);
/// The tags: of the span, its events, its process, and those that Jaeger makes
/// (`error`, `span.kind`, `otel.status_code`, …).
bool HasTags(const Search& search, const model::Event& span);

}  // namespace pharos::api::jaeger
