#include "api/alertmanager/decode.h"

#include <simdjson.h>

#include <algorithm>
#include <array>
#include <cctype>

#include "text/rfc3339.h"
#include "text/url.h"

namespace pharos::api::alertmanager {
namespace {

using Json = simdjson::dom::element;

std::unexpected<Refusal> Refuse(int code, std::string message) {
  return std::unexpected(Refusal{code, std::move(message)});
}

std::unexpected<Refusal> Unreadable(std::string_view what, std::string_view why) {
  return Refuse(
      400, "parsing " + std::string(what) + " body from \"\" failed, because " + std::string(why));
}

std::unexpected<Refusal> Required(const std::string& name) {
  return Refuse(602, name + " in body is required");
}

bool Blank(std::string_view body) {
  return body.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

/// A text, "" when it is missing or null; false when it is something else.
bool TextOf(Json object, std::string_view key, std::string* out, bool* there = nullptr) {
  const auto found = object[key];
  if (there != nullptr) *there = found.error() == simdjson::SUCCESS && !found.is_null();
  if (found.error() != simdjson::SUCCESS || found.is_null()) return true;
  std::string_view text;
  if (found.get(text) != simdjson::SUCCESS) return false;
  *out = text;
  return true;
}

/// 0 for a missing time and for Go's zero time. Go reads more spellings than these.
Taken<int64_t> TimeOf(Json object, std::string_view key, std::string_view what,
                      bool* there = nullptr) {
  std::string text;
  if (!TextOf(object, key, &text, there))
    return Unreadable(what, std::string(key) + " must be a time in quotes");
  if (text.empty() || text.starts_with("0001-01-01T00:00:00")) return 0;
  std::replace(text.begin(), text.end(), ' ', 'T');
  const auto parsed = text::ParseRfc3339(text);
  if (!parsed)
    return Unreadable(what, "parsing time \"" + text +
                                "\" as \"2006-01-02 15:04:05\": " + parsed.error().message);
  return *parsed;
}

Taken<std::vector<std::pair<std::string, std::string>>> LabelsOf(Json object, std::string_view key,
                                                                 std::string_view what,
                                                                 bool* there = nullptr) {
  std::vector<std::pair<std::string, std::string>> out;
  const auto found = object[key];
  const bool given = found.error() == simdjson::SUCCESS && !found.is_null();
  if (there != nullptr) *there = given;
  if (!given) return out;
  simdjson::dom::object map;
  if (found.get(map) != simdjson::SUCCESS)
    return Unreadable(what, "json: cannot unmarshal " + std::string(key) +
                                " into Go value of type models.LabelSet");
  for (const auto field : map) {
    std::string_view value;
    if (field.value.get(value) != simdjson::SUCCESS)
      return Unreadable(what, "json: cannot unmarshal " + std::string(key) + "." +
                                  std::string(field.key) + " into Go value of type string");
    out.emplace_back(field.key, value);
  }
  return out;
}

model::Labels Model(const std::vector<std::pair<std::string, std::string>>& pairs) {
  std::vector<model::LabelView> views;
  for (const auto& [name, value] : pairs) views.push_back({name, value});
  return model::Labels::FromPairs(std::move(views));
}

bool IsUri(const std::string& text) {
  return text.find_first_of(" \t\r\n") == std::string::npos && text::ParseUrl(text).has_value();
}

Taken<alert::AlertRecord> AlertOf(Json item, size_t index) {
  const std::string place = std::to_string(index);
  alert::AlertRecord out;
  bool has_labels = false;
  auto labels = LabelsOf(item, "labels", "alerts", &has_labels);
  if (!labels) return std::unexpected(labels.error());
  auto annotations = LabelsOf(item, "annotations", "alerts");
  if (!annotations) return std::unexpected(annotations.error());
  const auto starts = TimeOf(item, "startsAt", "alerts");
  if (!starts) return std::unexpected(starts.error());
  const auto ends = TimeOf(item, "endsAt", "alerts");
  if (!ends) return std::unexpected(ends.error());
  if (!TextOf(item, "generatorURL", &out.generator_url))
    return Unreadable("alerts", "json: cannot unmarshal generatorURL into Go value of type string");
  if (!has_labels) return Required(place + ".labels");
  if (!out.generator_url.empty() && !IsUri(out.generator_url))
    return Refuse(
        601, place + ".generatorURL in body must be of type uri: \"" + out.generator_url + "\"");
  out.labels = Model(*labels);
  out.annotations = Model(*annotations);
  out.starts_at_ns = *starts;
  out.ends_at_ns = *ends;
  return out;
}

Taken<conf::AlertMatcher> MatcherOf(Json item, size_t index) {
  const std::string place = "matchers." + std::to_string(index) + ".";
  std::string name;
  std::string value;
  bool has_name = false;
  bool has_value = false;
  bool regex = false;
  bool equal = true;
  const bool read =
      TextOf(item, "name", &name, &has_name) && TextOf(item, "value", &value, &has_value);
  if (!read) return Unreadable("silence", "json: a matcher's name and value must be text");
  if (item["isRegex"].get(regex) != simdjson::SUCCESS) return Required(place + "isRegex");
  if (!has_name) return Required(place + "name");
  if (!has_value) return Required(place + "value");
  if (item["isEqual"].get(equal) != simdjson::SUCCESS) equal = true;
  const model::MatchOp op = regex ? (equal ? model::MatchOp::kRegex : model::MatchOp::kNotRegex)
                                  : (equal ? model::MatchOp::kEqual : model::MatchOp::kNotEqual);
  auto made = conf::AlertMatcher::Make(op, name, value);
  if (!made)
    return Refuse(0, "invalid silence: invalid label matcher " + std::to_string(index) +
                         ": invalid regular expression " + conf::GoQuoted(value) + ": " +
                         made.error().message);
  return *std::move(made);
}

Taken<void> ReadMatchers(Json item, alert::Silence& out) {
  simdjson::dom::array list;
  if (item["matchers"].get(list) != simdjson::SUCCESS) return Required("matchers");
  if (list.size() == 0) return Refuse(612, "matchers in body should have at least 1 items");
  size_t index = 0;
  for (const Json one : list) {
    auto matcher = MatcherOf(one, index++);
    if (!matcher) return std::unexpected(matcher.error());
    out.matchers.push_back(*std::move(matcher));
  }
  return {};
}

}  // namespace

Taken<std::vector<alert::AlertRecord>> AlertsOf(std::string_view body) {
  if (Blank(body)) return Required("alerts");
  simdjson::dom::parser parser;
  Json root;
  if (const auto error = parser.parse(simdjson::padded_string(body)).get(root))
    return Unreadable("alerts", simdjson::error_message(error));
  simdjson::dom::array list;
  if (root.get(list) != simdjson::SUCCESS)
    return Unreadable("alerts",
                      "json: cannot unmarshal object into Go value of type models.PostableAlerts");
  std::vector<alert::AlertRecord> out;
  for (const Json item : list) {
    if (!item.is_object()) return Unreadable("alerts", "json: an alert must be an object");
    auto alert = AlertOf(item, out.size());
    if (!alert) return std::unexpected(alert.error());
    out.push_back(*std::move(alert));
  }
  return out;
}

Taken<alert::Silence> SilenceOf(std::string_view body) {
  if (Blank(body)) return Required("silence");
  simdjson::dom::parser parser;
  Json root;
  if (const auto error = parser.parse(simdjson::padded_string(body)).get(root))
    return Unreadable("silence", simdjson::error_message(error));
  if (!root.is_object()) return Unreadable("silence", "json: a silence must be an object");
  alert::Silence out;
  bool has_comment = false, has_creator = false, has_start = false, has_end = false;
  if (!TextOf(root, "id", &out.id) || !TextOf(root, "comment", &out.comment, &has_comment) ||
      !TextOf(root, "createdBy", &out.created_by, &has_creator))
    return Unreadable("silence", "json: id, comment and createdBy must be text");
  const auto starts = TimeOf(root, "startsAt", "silence", &has_start);
  if (!starts) return std::unexpected(starts.error());
  const auto ends = TimeOf(root, "endsAt", "silence", &has_end);
  if (!ends) return std::unexpected(ends.error());
  auto annotations = LabelsOf(root, "annotations", "silence");
  if (!annotations) return std::unexpected(annotations.error());
  if (!has_comment) return Required("comment");
  if (!has_creator) return Required("createdBy");
  if (!has_end) return Required("endsAt");
  if (const auto read = ReadMatchers(root, out); !read) return std::unexpected(read.error());
  if (!has_start) return Required("startsAt");
  out.starts_at_ns = *starts;
  out.ends_at_ns = *ends;
  out.annotations.insert(annotations->begin(), annotations->end());
  return out;
}

bool FlagOf(const net::Params& params, std::string_view name) {
  if (!params.Has(name)) return true;
  std::string text(params.Get(name));
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  constexpr std::array<std::string_view, 10> kTrue{"true", "1",        "yes",     "ok", "y",
                                                   "on",   "selected", "checked", "t",  "enabled"};
  return std::find(kTrue.begin(), kTrue.end(), text) != kTrue.end() || text.empty();
}

Taken<conf::AlertMatchers> MatchersOf(const net::Params& params, std::string_view name) {
  conf::AlertMatchers out;
  for (const std::string_view text : params.All(name)) {
    auto matcher = conf::ParseAlertMatcher(text);
    if (!matcher) {
      const bool named = name != "filter";
      return Refuse(400, (named ? "failed to parse " + std::string(name) + " param: " : "") +
                             matcher.error().message);
    }
    out.push_back(*std::move(matcher));
  }
  return out;
}

Taken<alert::AlertFilter> FilterOf(const net::Params& params) {
  alert::AlertFilter out;
  auto matchers = MatchersOf(params, "filter");
  if (!matchers) return std::unexpected(matchers.error());
  out.matchers = *std::move(matchers);
  if (params.Has("receiver")) {
    auto receiver = conf::AlertMatcher::Make(model::MatchOp::kRegex, "receiver",
                                             std::string(params.Get("receiver")));
    if (!receiver)
      return Refuse(400, "failed to parse receiver param: " + receiver.error().message);
    out.receiver = [matcher = *receiver](const std::string& name) { return matcher.Matches(name); };
  }
  auto receiver_matchers = MatchersOf(params, "receiver_matchers");
  if (!receiver_matchers) return std::unexpected(receiver_matchers.error());
  out.receiver_matchers = *std::move(receiver_matchers);
  out.active = FlagOf(params, "active");
  out.silenced = FlagOf(params, "silenced");
  out.inhibited = FlagOf(params, "inhibited");
  out.muted = FlagOf(params, "muted");
  return out;
}

bool IsUuid(std::string_view text) {
  if (text.size() == 32) {  // without dashes, as Go's pattern has it
    return text.find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos;
  }
  if (text.size() != 36) return false;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? text[i] != '-' : std::isxdigit(static_cast<unsigned char>(text[i])) == 0)
      return false;
  }
  return true;
}

}  // namespace pharos::api::alertmanager
