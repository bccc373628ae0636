// Both engines on one MANIFEST and one write-ahead log, as a server has them, killed and starved:
// neither lets go of what the other still needs.
#include <gtest/gtest.h>

#include "events/crash_subject.h"
#include "io/crash_lab_test.h"
#include "samples/crash_subject.h"

namespace pharos::server {
namespace {

std::vector<std::unique_ptr<io::CrashSubject>> Subjects() {
  std::vector<std::unique_ptr<io::CrashSubject>> out;
  out.push_back(std::make_unique<samples::SampleSubject>());
  out.push_back(std::make_unique<events::EventSubject>());
  return out;
}

PHAROS_CRASH_TESTS(Storage, Subjects, 24)

}  // namespace
}  // namespace pharos::server
