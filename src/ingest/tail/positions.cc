#include "ingest/tail/positions.h"

#include "conf/yaml.h"
#include "ingest/tail/limits.h"
#include "text/json_writer.h"

namespace pharos::ingest::tail {

using base::ErrorKind;
using base::Fail;
using base::Result;

Result<PositionMap> ParsePositions(std::string_view text, const std::string& file) {
  PHAROS_TRY(const conf::Node root, conf::ParseYaml(text, file));
  conf::Faults faults(file);
  PositionMap out;
  conf::MapReader map(root, "positions.File", faults);
  if (const conf::Node* positions = map.Take("positions"); positions != nullptr) {
    if (positions->kind != conf::Node::Kind::kMap) {
      faults.Add(positions->line, "positions: must be a map of paths to offsets");
    }
    for (const auto& [path, value, line] : positions->fields) {
      if (value.kind == conf::Node::Kind::kMap || value.kind == conf::Node::Kind::kSequence) {
        faults.Add(line, "positions: " + path + ": must be an offset");
      }
      out[path] = value.scalar;
    }
  }
  map.Done();
  if (!faults.empty()) return Fail(ErrorKind::kBadInput, faults.Text());
  return out;
}

std::string PositionsText(const PositionMap& positions) {
  if (positions.empty()) return "positions: {}\n";
  std::string out = "positions:\n";
  for (const auto& [path, value] : positions) {
    out += "  ";
    text::AppendJsonString(out, path);  // JSON's strings are YAML's
    out += ": \"" + value + "\"\n";
  }
  return out;
}

Result<PositionMap> ReadPositions(io::Fs& fs, const std::string& file, bool* existed) {
  *existed = fs.Exists(file);
  if (!*existed) return PositionMap{};
  PHAROS_TRY(const auto opened, fs.OpenRead(file));
  PHAROS_TRY(const uint64_t size, opened->Size());
  if (size > kMaxPositionsBytes) {
    return Fail(ErrorKind::kTooLarge, file + " is too large to be a positions file");
  }
  PHAROS_TRY(const std::string text, opened->ReadAt(0, size));
  return ParsePositions(text, file);
}

}  // namespace pharos::ingest::tail
