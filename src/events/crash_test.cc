// The event engine is killed, cut from power and starved of disk at every step of append, seal,
// merge, manifest append and retention: what was acknowledged is there afterwards, once; the
// start succeeds; every part can be read; a later flush works.
#include <gtest/gtest.h>

#include "events/crash_subject.h"
#include "io/crash_lab_test.h"

namespace pharos::events {
namespace {

std::vector<std::unique_ptr<io::CrashSubject>> Subjects() {
  std::vector<std::unique_ptr<io::CrashSubject>> out;
  out.push_back(std::make_unique<EventSubject>());
  return out;
}

PHAROS_CRASH_TESTS(Events, Subjects, 100)

}  // namespace
}  // namespace pharos::events
