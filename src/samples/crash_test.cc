// The sample engine is killed, cut from power and starved of disk at every step of append, seal,
// merge, manifest append and retention: what was acknowledged is there afterwards, once; the
// start succeeds; every part can be read; a later flush works.
#include <gtest/gtest.h>

#include <utility>

#include "io/crash_lab_test.h"
#include "samples/crash_subject.h"
#include "samples/engine_harness.h"

namespace pharos::samples {
namespace {

std::vector<std::unique_ptr<io::CrashSubject>> Subjects() {
  std::vector<std::unique_ptr<io::CrashSubject>> out;
  out.push_back(std::make_unique<SampleSubject>());
  return out;
}

PHAROS_CRASH_TESTS(Samples, Subjects, 100)

TEST_F(SamplesCrash, ASeriesIsDeclaredAgainWhenItsFirstFrameFailed) {
  const model::Labels labels{{"__name__", "m"}};
  Harness harness;
  ASSERT_TRUE(harness.Open());
  const int64_t now = harness.clock().NowMs();
  base::Ack behind;
  bool once = false;
  harness.fs().SetHook([&](const io::SimOp& op) -> base::Result<void> {
    if (op.name != "Append" || std::exchange(once, true)) return {};
    // The series is declared in a frame that is being written, and about to fail.
    auto appender = harness.engine().Begin(store::kDefaultTenant);
    const store::SampleWrite write{*appender->Resolve(labels), now + 1, 2};
    std::vector<store::Refused> refused;
    appender->Append({&write, 1}, &refused);
    behind = appender->Commit();
    return base::Fail(base::ErrorKind::kFull, "No space left on device");
  });
  bool durable = true;
  Put(harness.engine(), labels, now, 1, store::kDefaultTenant, &durable);
  EXPECT_FALSE(durable);
  const bool behind_durable = behind.Wait().has_value();
  bool later_durable = false;
  Put(harness.engine(), labels, now + 2, 3, store::kDefaultTenant, &later_durable);
  EXPECT_TRUE(later_durable);
  ASSERT_TRUE(harness.Restart());
  const Points found = ReadAll(harness.engine(), Everything()).value()[labels];
  EXPECT_TRUE(found.contains(now + 2));
  EXPECT_TRUE(!behind_durable || found.contains(now + 1));
}

TEST_F(SamplesCrash, MetadataIsNotAcknowledgedUnlessItIsLogged) {
  Harness harness;
  ASSERT_TRUE(harness.Open());
  const auto say = [&] {
    auto appender = harness.engine().Begin(store::kDefaultTenant);
    appender->SetMetadata("m", {.type = model::MetricType::kGauge, .help = "what it is"});
    return appender->Commit().Wait().has_value();
  };
  harness.fs().FailOperation(1, base::ErrorKind::kIo);
  EXPECT_FALSE(say());
  EXPECT_TRUE(say());
  ASSERT_TRUE(harness.Restart());
  EXPECT_EQ(harness.engine().MetadataOf(store::kDefaultTenant, "m").size(), 1u);
}

}  // namespace
}  // namespace pharos::samples
