// pharos_promqltest [--native] FILE…: runs Prometheus's script tests and closes with
// "N passed, N failed". --native asks for native histograms, as older versions of Prometheus had
// to be asked; here scripts have them in any case.
#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>

#include "query/promql/script.h"

int main(int argc, char** argv) {
  int passed = 0;
  int failed = 0;
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    if (argument == "--native") continue;
    std::ifstream file(argument);
    if (!file) {
      std::printf("%s: cannot be read\n", argv[i]);
      ++failed;
      continue;
    }
    const std::string script((std::istreambuf_iterator<char>(file)),
                             std::istreambuf_iterator<char>());
    const auto report = pharos::query::promql::RunScript(script);
    for (const std::string& failure : report.failures)
      std::printf("%s: %s\n", argv[i], failure.c_str());
    std::printf("%s: %d passed, %d failed\n", argv[i], report.passed, report.failed);
    passed += report.passed;
    failed += report.failed;
  }
  std::printf("%d passed, %d failed\n", passed, failed);
  return failed == 0 ? 0 : 1;
}
