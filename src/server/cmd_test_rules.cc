#include <cstdio>

#include "rules/unit_test_file.h"
#include "server/commands.h"

namespace pharos::server {

int TestRules(const std::vector<std::string>& files) {
  bool fine = true;
  for (const std::string& file : files) {
    std::printf("Unit Testing:  %s\n", file.c_str());
    std::vector<std::string> warnings;
    const auto failures = rules::RunUnitTests(file, &warnings);
    for (const std::string& warning : warnings)
      std::fprintf(stderr, "  WARNING: %s\n", warning.c_str());
    if (failures && failures->empty()) {
      std::printf("  SUCCESS\n\n");
      continue;
    }
    fine = false;
    std::printf("  FAILED:\n");
    if (!failures) {
      std::printf("%s\n", failures.error().message.c_str());
    } else {
      for (const std::string& failure : *failures) std::printf("%s\n\n", failure.c_str());
    }
    std::printf("\n");
  }
  return fine ? 0 : 1;
}

}  // namespace pharos::server
