// Any bytes as the files of a stack (parted by NUL; JSON where a brace comes first): a report,
// never a crash. Patterns of rule_files are left out: they would search the machine's disk.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "server/check/report.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  if (rest.find("rule_files") != std::string_view::npos) return 0;
  std::vector<std::unique_ptr<pharos::server::check::File>> files;
  while (!rest.empty() && files.size() < 4) {
    const size_t end = std::min(rest.find('\0'), rest.size());
    const std::string name = std::to_string(files.size()) + (rest[0] == '{' ? ".json" : ".yml");
    files.push_back(pharos::server::check::MakeFile(name, std::string(rest.substr(0, end))));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  (void)ReportText(pharos::server::check::CheckFiles(std::move(files)), true);
  return 0;
}
