#include <simdjson.h>

#include <charconv>
#include <span>

#include "model/labels.h"
#include "text/rfc3339.h"
#include "wire/limits.h"
#include "wire/loki_push.h"

namespace pharos::wire {
namespace {

namespace dom = simdjson::dom;

std::unexpected<base::Error> Bad(std::string what) {
  return base::Fail(base::ErrorKind::kBadInput, std::move(what));
}

/// Walks the parsed document. Strings of the document live as long as its parser.
class JsonPush {
 public:
  explicit JsonPush(LokiPush* out) : out_(out) {}

  base::Result<void> Decode(dom::element root) {
    dom::object object;
    if (root.get(object)) return Bad("loghttp.PushRequest: expects an object");
    dom::element streams;
    if (object["streams"].get(streams) || streams.is_null()) return {};
    dom::array array;
    if (streams.get(array)) return Bad("loghttp.PushRequest.Streams: expects an array");
    for (const dom::element stream : array) PHAROS_TRY_VOID(Stream(stream));
    return {};
  }

 private:
  base::Result<void> Stream(dom::element element) {
    dom::object object;
    if (element.get(object)) return Bad("loghttp.PushRequest.Streams: stream is not an object");
    LokiStream& stream = out_->streams.emplace_back();
    stream.labels = "{}";
    for (const auto [key, value] : object) {
      if (key == "stream") {
        PHAROS_TRY(stream.labels, LabelText(value));
      } else if (key == "labels") {
        if (value.get(stream.labels)) return Bad("stream labels: expects a string");
      } else if (key == "values") {
        PHAROS_TRY_VOID(Values(value, &stream));
      } else if (key == "entries") {
        PHAROS_TRY_VOID(LegacyEntries(value, &stream));
      }
    }
    return {};
  }

  /// The stream object as label text, so that it is checked like text that was sent.
  base::Result<std::string_view> LabelText(dom::element element) {
    dom::object object;
    if (element.get(object))
      return Bad("Value looks like object, but can't find closing '}' symbol");
    std::string text = "{";
    for (const auto [key, value] : object) {
      std::string_view label;
      if (value.get(label)) return Bad("stream label '" + std::string(key) + "' is not a string");
      if (text.size() > 1) text += ", ";
      text += key;
      text += '=';
      const std::string quoted = model::ToString(model::Labels{{"x", label}});  // {x="…"}
      if (label.empty()) {
        text += "\"\"";
      } else {
        text.append(quoted, 3, quoted.size() - 4);
      }
    }
    return out_->arena.Copy(text += '}');
  }

  base::Result<void> Values(dom::element element, LokiStream* stream) {
    dom::array values;
    if (element.get(values)) {
      if (element.is_null()) return {};
      return Bad("values of a stream are not an array");
    }
    for (const dom::element item : values) {
      PHAROS_TRY_VOID(Count());
      PHAROS_TRY_VOID(Entry(item, &stream->events.emplace_back()));
    }
    return {};
  }

  base::Result<void> Entry(dom::element item, model::Event* event) {
    dom::array parts;
    if (item.get(parts)) return Bad("Value is array, but can't find closing ']' symbol");
    size_t i = 0;
    event->body = model::Value::String({});
    for (const dom::element part : parts) {
      if (i < 2 && !part.is_string()) {
        return Bad("Value is string, but can't find closing '\"' symbol");
      }
      if (i == 0) {
        const std::string_view text = part.get_string().value_unsafe();
        const auto read = std::from_chars(text.data(), text.data() + text.size(), event->time_ns);
        if (read.ec != std::errc() || read.ptr != text.data() + text.size()) {
          return Bad(
              "Value looks like Number/Boolean/None, but can't find its end: ',' or '}' "
              "symbol");
        }
      } else if (i == 1) {
        event->body = model::Value::String(part.get_string().value_unsafe());
      } else if (i == 2) {
        PHAROS_TRY(event->attributes, Metadata(part));
      }
      ++i;
    }
    if (i < 2) return Bad("error reading entry: array must have at least 2 and up to 3 values");
    return {};
  }

  base::Result<std::span<const model::KeyValue>> Metadata(dom::element element) {
    dom::object object;
    if (element.get(object)) {
      return Bad("Value looks like object, but can't find closing '}' symbol");
    }
    pairs_.clear();
    PHAROS_TRY_VOID(AddPairs(object));
    return out_->arena.CopySpan(std::span<const model::KeyValue>(pairs_));
  }

  base::Result<void> AddPairs(dom::object object) {
    for (const auto [key, value] : object) {
      if (++children_ > kMaxChildren) return TooMany();
      dom::object nested;
      std::string_view text;
      if (!value.get(nested)) {
        // The form of query answers: {"structuredMetadata":{…},"parsed":{…}}.
        if (key == "structuredMetadata") PHAROS_TRY_VOID(AddPairs(nested));
        continue;
      }
      if (value.get(text)) text = out_->arena.Copy(simdjson::minify(value));
      pairs_.push_back({key, model::Value::String(text)});
    }
    return {};
  }

  base::Result<void> LegacyEntries(dom::element element, LokiStream* stream) {
    dom::array entries;
    if (element.get(entries)) return Bad("entries of a stream are not an array");
    for (const dom::element item : entries) {
      PHAROS_TRY_VOID(Count());
      model::Event& event = stream->events.emplace_back();
      event.body = model::Value::String({});
      std::string_view time, line;
      if (item["ts"].get(time)) return Bad("entry without a ts");
      PHAROS_TRY(event.time_ns, text::ParseRfc3339(time));
      if (!item["line"].get(line)) event.body = model::Value::String(line);
    }
    return {};
  }

  base::Result<void> Count() {
    if (++records_ > kMaxRecords) return TooMany();
    return {};
  }
  static std::unexpected<base::Error> TooMany() {
    return base::Fail(base::ErrorKind::kTooLarge,
                      "push request has more than " + std::to_string(kMaxRecords) +
                          " entries or too much structured metadata; send smaller batches");
  }

  LokiPush* out_;
  size_t records_ = 0, children_ = 0;
  std::vector<model::KeyValue> pairs_;
};

}  // namespace

base::Result<LokiPush> DecodeLokiPushJson(std::string_view body) {
  if (body.empty()) return Bad("EOF");
  LokiPush out;
  auto parser = std::make_shared<dom::parser>();
  if (parser->allocate(body.size(), kMaxJsonDepth)) return Bad("body is too large to be parsed");
  dom::element root;
  if (const auto error = parser->parse(body.data(), body.size(), true).get(root)) {
    return Bad(std::string("invalid JSON: ") + simdjson::error_message(error));
  }
  PHAROS_TRY_VOID(JsonPush(&out).Decode(root));
  out.keep_alive = std::move(parser);
  return out;
}

}  // namespace pharos::wire
