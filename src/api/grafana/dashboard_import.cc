// Reading a dashboard: is it one, of which schema, and what its inputs stand for.
#include <simdjson.h>

#include <utility>

#include "api/grafana/dashboard.h"
#include "api/grafana/limits.h"
#include "text/json_writer.h"

namespace pharos::api::grafana {
namespace {

using base::ErrorKind;
using base::Fail;
using base::Result;
using simdjson::dom::element;
using simdjson::dom::element_type;
using simdjson::dom::object;

/// `${NAME}` → what stands there instead.
using Inputs = std::vector<std::pair<std::string, std::string>>;

std::string_view StringOf(const object& map, std::string_view key) {
  std::string_view text;
  return map[key].get(text) == simdjson::SUCCESS ? text : std::string_view();
}

int64_t IntOf(const object& map, std::string_view key) {
  int64_t value = 0;
  return map[key].get(value) == simdjson::SUCCESS ? value : 0;
}

bool HasArray(const object& map, std::string_view key) {
  simdjson::dom::array array;
  return map[key].get(array) == simdjson::SUCCESS;
}

bool HasObject(const object& map, std::string_view key) {
  object found;
  return map[key].get(found) == simdjson::SUCCESS;
}

bool Has(const object& map, std::string_view key) {
  element found;
  return map[key].get(found) == simdjson::SUCCESS && !found.is_null();
}

Result<void> RefuseNewerSchema(const object& map) {
  const bool is_resource = Has(map, "apiVersion") && Has(map, "spec");
  if (is_resource || HasObject(map, "elements")) {
    return Fail(ErrorKind::kUnsupported,
                "this dashboard has Grafana's newer schema (v2); Pharos reads the classic JSON: in "
                "Grafana choose Export, then the Classic model");
  }
  return {};
}

Result<void> CheckModel(const object& map) {
  PHAROS_TRY_VOID(RefuseNewerSchema(map));
  if (StringOf(map, "title").empty()) {
    return Fail(ErrorKind::kBadInput, "Dashboard title cannot be empty");
  }
  for (const char* key : {"panels", "rows", "links", "tags", "__inputs"}) {
    if (Has(map, key) && !HasArray(map, key)) {
      return Fail(ErrorKind::kBadInput,
                  std::string("this is no dashboard of Grafana: ") + key + " is not a list");
    }
  }
  if (!Has(map, "panels") && !Has(map, "rows") && !Has(map, "templating") &&
      !Has(map, "schemaVersion")) {
    return Fail(ErrorKind::kBadInput, "this is no dashboard of Grafana: it has no panels");
  }
  return {};
}

Result<Inputs> ReadInputs(const object& model, const std::vector<Datasource>& sources) {
  Inputs inputs;
  simdjson::dom::array list;
  if (model["__inputs"].get(list) != simdjson::SUCCESS) return inputs;
  if (list.size() > kMaxInputs) {
    return Fail(ErrorKind::kTooLarge, "the dashboard declares more than 100 inputs");
  }
  for (const element item : list) {
    object input;
    if (item.get(input) != simdjson::SUCCESS) continue;
    const std::string_view name = StringOf(input, "name");
    if (name.empty()) continue;
    std::string value(StringOf(input, "value"));
    if (StringOf(input, "type") == "datasource") {
      const std::string_view plugin = StringOf(input, "pluginId");
      const Datasource* source = PickDatasource(sources, plugin);
      // A source that Pharos is not keeps its kind as its name, so that the panel can say it.
      value = source != nullptr ? source->uid : std::string(plugin);
    }
    // Without a value its name stays, and says what is missing.
    if (value.empty()) continue;
    inputs.emplace_back("${" + std::string(name) + "}", std::move(value));
  }
  return inputs;
}

/// `text` with every input in it replaced; it stops growing beyond `max_bytes`.
std::string Replaced(const Inputs& inputs, std::string_view text, size_t max_bytes) {
  std::string out;
  size_t at = 0;
  while (at < text.size()) {
    const size_t mark = inputs.empty() ? text.npos : text.find("${", at);
    if (mark == text.npos || out.size() > max_bytes) break;
    out.append(text.substr(at, mark - at));
    at = mark;
    bool is_found = false;
    for (const auto& [name, value] : inputs) {
      if (!text.substr(at).starts_with(name)) continue;
      out += value;
      at += name.size();
      is_found = true;
      break;
    }
    if (!is_found) {
      out += "${";
      at += 2;
    }
  }
  out.append(text.substr(at));
  return out;
}

/// Writes JSON again, with inputs replaced in every string.
class Rewriter {
 public:
  Rewriter(const Inputs& inputs, std::string& out) : inputs_(inputs), out_(out), writer_(out) {}

  /// False once it grew beyond the limit.
  bool Model(const object& model, size_t max_bytes) {
    max_bytes_ = max_bytes;
    writer_.BeginObject();
    for (const auto [key, value] : model) {
      if (key == "id" || key == "uid" || key == "version" || key.starts_with("__")) continue;
      writer_.Key(key);
      if (!Value(value)) return false;
    }
    writer_.EndObject();
    return out_.size() <= max_bytes_;
  }

 private:
  bool Value(element value) {
    if (out_.size() > max_bytes_) return false;
    switch (value.type()) {
      case element_type::OBJECT:
        writer_.BeginObject();
        for (const auto [key, inner] : object(value)) {
          writer_.Key(key);
          if (!Value(inner)) return false;
        }
        writer_.EndObject();
        return true;
      case element_type::ARRAY:
        writer_.BeginArray();
        for (const element inner : simdjson::dom::array(value)) {
          if (!Value(inner)) return false;
        }
        writer_.EndArray();
        return true;
      default: Scalar(value); return true;
    }
  }

  void Scalar(element value) {
    switch (value.type()) {
      case element_type::STRING:
        writer_.String(Replaced(inputs_, std::string_view(value), max_bytes_));
        break;
      case element_type::INT64: writer_.Int(int64_t(value)); break;
      case element_type::UINT64: writer_.Int(uint64_t(value)); break;
      case element_type::DOUBLE: writer_.Double(double(value)); break;
      case element_type::BOOL: writer_.Bool(bool(value)); break;
      default: writer_.Null();
    }
  }

  const Inputs& inputs_;
  std::string& out_;
  text::JsonWriter writer_;
  size_t max_bytes_ = 0;
};

Result<ImportedDashboard> FromModel(const object& model, const std::vector<Datasource>& sources,
                                    size_t bytes) {
  PHAROS_TRY_VOID(CheckModel(model));
  PHAROS_TRY(const Inputs inputs, ReadInputs(model, sources));
  ImportedDashboard made;
  made.title =
      Replaced(inputs, StringOf(model, "title"), kMaxTitleLength).substr(0, kMaxTitleLength);
  made.uid = StringOf(model, "uid");
  made.id = IntOf(model, "id");
  made.version = IntOf(model, "version");
  PHAROS_TRY_VOID(CheckUid(made.uid));
  simdjson::dom::array tags;
  if (model["tags"].get(tags) == simdjson::SUCCESS) {
    for (const element tag : tags) {
      std::string_view text;
      if (tag.get(text) != simdjson::SUCCESS || made.tags.size() >= kMaxTags) continue;
      made.tags.push_back(Replaced(inputs, text, kMaxTitleLength).substr(0, kMaxTitleLength));
    }
  }
  // Escapes that JSON needs may make a string up to six times as long; real growth is small.
  const size_t most = std::min(kMaxDashboardBytes, bytes * kMaxGrowth + 4'096);
  if (!Rewriter(inputs, made.model).Model(model, most)) {
    return Fail(ErrorKind::kTooLarge,
                "the dashboard grows beyond all measure with its inputs put in");
  }
  return made;
}

}  // namespace

Result<ImportedDashboard> ImportDashboard(std::string_view json,
                                          const std::vector<Datasource>& sources) {
  if (json.size() > kMaxDashboardBytes) {
    return Fail(ErrorKind::kTooLarge, "the dashboard is larger than 8 MiB");
  }
  simdjson::dom::parser parser;
  if (parser.allocate(std::max<size_t>(json.size(), 64), kMaxJsonDepth) != simdjson::SUCCESS) {
    return Fail(ErrorKind::kBusy, "no memory to read a dashboard of this size");
  }
  element root;
  if (const auto error = parser.parse(json.data(), json.size()).get(root);
      error != simdjson::SUCCESS) {
    return Fail(ErrorKind::kBadInput,
                std::string("the dashboard is no JSON: ") + simdjson::error_message(error));
  }
  object top;
  if (root.get(top) != simdjson::SUCCESS) {
    return Fail(ErrorKind::kBadInput, "the dashboard is no JSON object");
  }
  PHAROS_TRY_VOID(RefuseNewerSchema(top));
  object inner;
  if (top["dashboard"].get(inner) == simdjson::SUCCESS)
    return FromModel(inner, sources, json.size());
  return FromModel(top, sources, json.size());
}

}  // namespace pharos::api::grafana
