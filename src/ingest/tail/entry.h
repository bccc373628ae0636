// One line on its way through a pipeline: what Promtail's stages read and change.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace pharos::ingest::tail {

/// A value in the extracted map: nil, bool, number or text.
using Extracted = std::variant<std::monostate, bool, double, std::string>;
using LabelMap = std::map<std::string, std::string, std::less<>>;

/// The label by which the tenant stage names a tenant; taken off before delivery.
inline constexpr std::string_view kTenantLabel = "__tenant_id__";

struct Entry {
  LabelMap labels;
  std::map<std::string, Extracted, std::less<>> extracted;
  std::vector<std::pair<std::string, std::string>> metadata;  ///< structured metadata
  int64_t time_ns = 0;
  /// When the line was read: what stages take for now, so that they can be run again.
  int64_t read_ns = 0;
  std::string line;
  /// Where the line began in its source: a file's offset, a container's time. What a stage
  /// holds back keeps the source's position here.
  uint64_t begin = 0;
};

/// As Promtail turns a value into text; nothing for nil.
std::optional<std::string> TextOf(const Extracted& value);
/// The value of `name` as text; nothing when it is missing or nil.
std::optional<std::string> ExtractedText(const Entry& entry, std::string_view name);

}  // namespace pharos::ingest::tail
