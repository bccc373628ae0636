#include "api/jaeger/search.h"

#include <charconv>

#include "api/spans/limits.h"
#include "match/json_fields.h"
#include "match/quantity.h"

namespace pharos::api::jaeger {
namespace {

using base::ErrorKind;
using base::Fail;
using base::Result;

constexpr int64_t kDefaultLookbackNs = int64_t{2} * 24 * 3600 * 1'000'000'000;

std::unexpected<base::Error> Unreadable(std::string_view name, std::string_view why) {
  return Fail(ErrorKind::kBadInput,
              "unable to parse param '" + std::string(name) + "': " + std::string(why));
}

Result<std::optional<int64_t>> ReadInt(const net::Params& params, std::string_view name) {
  const std::string_view text = params.Get(name);
  if (text.empty()) return std::nullopt;
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) {
    return Unreadable(name,
                      "strconv.ParseInt: parsing " + match::GoQuote(text) + ": invalid syntax");
  }
  return value;
}

Result<int64_t> ReadMicros(const net::Params& params, std::string_view name, int64_t fallback_ns) {
  PHAROS_TRY(const auto micros, ReadInt(params, name));
  if (!micros) return fallback_ns;
  if (*micros > INT64_MAX / 1000 || *micros < INT64_MIN / 1000)
    return Unreadable(name, "the time is out of range");
  return *micros * 1000;
}

Result<std::optional<int64_t>> ReadDuration(const net::Params& params, std::string_view name) {
  const std::string_view text = params.Get(name);
  if (text.empty()) return std::nullopt;
  const auto duration = match::ParseGoDuration(text);
  if (!duration) return Unreadable(name, duration.error().message);
  return *duration;
}

Result<void> ReadTags(const net::Params& params, std::map<std::string, std::string>* tags) {
  for (const std::string_view tag : params.All("tag")) {
    const size_t colon = tag.find(':');
    if (colon == std::string_view::npos) {
      return Fail(ErrorKind::kBadInput,
                  "malformed 'tag' parameter, expecting key:value, received: " + std::string(tag));
    }
    tags->insert_or_assign(std::string(tag.substr(0, colon)), std::string(tag.substr(colon + 1)));
  }
  for (const std::string_view text : params.All("tags")) {
    std::string scratch;
    const std::string error =
        match::EachMember(text, [&](std::string_view key, match::JsonSlice value) -> std::string {
          if (value.type != match::JsonType::kString)
            return "the value of " + std::string(key) + " is not a string";
          std::string name;
          if (!match::UnescapeJson(key, &name)) return "bad escape";
          tags->insert_or_assign(std::move(name), std::string(match::JsonText(value, &scratch)));
          return {};
        });
    if (!error.empty()) {
      return Fail(ErrorKind::kBadInput,
                  "malformed 'tags' parameter, cannot unmarshal JSON: " + error);
    }
  }
  return {};
}

bool Has(std::span<const model::KeyValue> attributes, const std::string& key,
         const std::string& value) {
  for (const model::KeyValue& attribute : attributes) {
    if (attribute.key == key && model::ValueToString(attribute.value) == value) return true;
  }
  return false;
}

bool HasTag(const model::Event& event, const std::string& key, const std::string& value) {
  const model::SpanPart& span = *event.span;
  if (Has(event.attributes, key, value)) return true;
  if (event.origin != nullptr) {
    if (Has(event.origin->resource, key, value)) return true;
    if (key == "otel.scope.name" && event.origin->scope_name == value) return true;
    if (key == "otel.scope.version" && event.origin->scope_version == value) return true;
  }
  for (const model::SpanEvent& log : span.events) {
    if (Has(log.attributes, key, value) || (key == "event" && log.name == value)) return true;
  }
  if (key == "error") return (span.status_code == 2) == (value == "true");
  if (key == "span.kind") return spans::KindName(span.kind) == value;
  if (key == "otel.status_code")
    return (span.status_code == 2 && value == "ERROR") || (span.status_code == 1 && value == "OK");
  if (key == "otel.status_description") return span.status_message == value;
  if (key == "w3c.tracestate") return span.trace_state == value;
  return false;
}

}  // namespace

Result<Search> ReadSearch(const net::Params& params, int64_t now_ns) {
  Search search;
  search.service = params.Get("service");
  if (search.service.empty()) return Fail(ErrorKind::kBadInput, "parameter 'service' is required");
  search.operation = params.Get("operation");
  if (search.operation == "all") search.operation.clear();  // what old UIs send
  int64_t lookback = kDefaultLookbackNs;
  if (const auto given = match::ParseLogqlDuration(params.Get("lookback")); given && *given > 0)
    lookback = *given;
  PHAROS_TRY(search.end_ns, ReadMicros(params, "end", now_ns));
  PHAROS_TRY(search.start_ns, ReadMicros(params, "start", now_ns - lookback));
  PHAROS_TRY(search.min_duration_ns, ReadDuration(params, "minDuration"));
  PHAROS_TRY(search.max_duration_ns, ReadDuration(params, "maxDuration"));
  if (search.max_duration_ns && search.min_duration_ns &&
      *search.max_duration_ns < *search.min_duration_ns) {
    return Fail(ErrorKind::kBadInput, "'maxDuration' should be greater than 'minDuration'");
  }
  PHAROS_TRY(const auto limit, ReadInt(params, "limit"));
  if (limit && *limit > 0) search.limit = std::min(static_cast<size_t>(*limit), spans::kMaxTraces);
  PHAROS_TRY_VOID(ReadTags(params, &search.tags));
  return search;
}

spans::Scan ScanOf(const Search& search) {
  using Op = store::Predicate::Op;
  spans::Scan scan;
  scan.start_ns = search.start_ns;
  scan.end_ns = search.end_ns == INT64_MAX ? search.end_ns : search.end_ns + 1;
  scan.streams.push_back(model::Matcher::Equal("service_name", search.service));
  const auto add = [&](Op op, std::string text, int64_t number) {
    store::Predicate predicate;
    predicate.op = op;
    predicate.text = std::move(text);
    predicate.number = number;
    scan.predicate.children.push_back(std::move(predicate));
  };
  if (!search.operation.empty()) add(Op::kNameEquals, search.operation, 0);
  if (search.min_duration_ns) add(Op::kDurationAtLeast, "", *search.min_duration_ns);
  if (search.max_duration_ns) add(Op::kDurationAtMost, "", *search.max_duration_ns);
  const auto error = search.tags.find("error");
  if (error != search.tags.end() && error->second == "true" && search.tags.size() == 1) {
    store::Predicate either;
    either.op = Op::kOr;
    store::Predicate status;
    status.op = Op::kStatusEquals;
    status.number = 2;
    store::Predicate attribute;
    attribute.op = Op::kAttributeEquals;
    attribute.name = "error";
    attribute.text = "true";
    either.children = {status, attribute};
    scan.predicate.children.push_back(std::move(either));
  }
  return scan;
}

bool HasTags(const Search& search, const model::Event& span) {
  for (const auto& [key, value] : search.tags) {
    if (!HasTag(span, key, value)) return false;
  }
  return true;
}

}  // namespace pharos::api::jaeger
