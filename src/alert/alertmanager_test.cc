// The whole machine: restarts in the middle, reloads, time intervals, retries.
#include "alert/alertmanager.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "alert/world_test.h"

namespace pharos::alert {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

const char* const kYaml = R"(
route:
  receiver: hook
  group_by: [alertname]
  group_wait: 30s
  group_interval: 5m
  repeat_interval: 4h
receivers:
- name: hook
  webhook_configs: [{url: 'http://h/x'}]
)";

TEST(Alertmanager, GroupsWaitsRepeatsResolves) {
  World world(kYaml);
  ASSERT_TRUE(world.Push({{"alertname", "A"}, {"i", "1"}}, kHour));
  world.Run(29 * kSecond, kSecond);
  ASSERT_TRUE(world.Push({{"alertname", "A"}, {"i", "2"}}, 10 * kHour));
  EXPECT_THAT(world.Bodies(), IsEmpty());
  world.Run(kSecond, kSecond);
  auto bodies = world.Bodies();
  ASSERT_THAT(bodies, SizeIs(1));
  EXPECT_THAT(bodies[0], AllOf(HasSubstr(R"("receiver":"hook","status":"firing","alerts":[{)"),
                               HasSubstr(R"("i":"1")"), HasSubstr(R"("i":"2")"),
                               HasSubstr(R"("notification_reason":"first notification")"),
                               HasSubstr(R"("groupKey":"{}:{alertname=\"A\"}")")));
  world.Run(50 * kMinute, kSecond);
  EXPECT_THAT(world.Bodies(), IsEmpty());
  world.Run(10 * kMinute, kSecond);  // the first has ended, the group's next turn says so
  bodies = world.Bodies();
  ASSERT_THAT(bodies, SizeIs(1));
  EXPECT_THAT(bodies[0], HasSubstr(R"("notification_reason":"some alerts resolved")"));
  world.Run(5 * kHour, kSecond);
  bodies = world.Bodies();
  ASSERT_THAT(bodies, SizeIs(1));
  EXPECT_THAT(bodies[0], AllOf(HasSubstr("repeat interval elapsed"), Not(HasSubstr(R"("i":"1")"))));
  world.Run(5 * kHour, kSecond);
  bodies = world.Bodies();
  ASSERT_FALSE(bodies.empty());
  EXPECT_THAT(bodies.back(),
              AllOf(HasSubstr(R"("status":"resolved")"), HasSubstr("all alerts resolved")));
  world.Run(20 * kHour, kMinute);
  EXPECT_THAT(world.Bodies(), IsEmpty());
}

/// Alerts, silences and log come back; nothing is told twice, nothing is forgotten.
TEST(Alertmanager, KilledAtAnyPoint) {
  for (const uint64_t seed : {uint64_t{0}, uint64_t{1}, uint64_t{2}, uint64_t{3}}) {
    World world(kYaml);
    ASSERT_TRUE(world.Push({{"alertname", "A"}}, kHour));
    world.Crash(seed);  // before it was told
    world.Run(31 * kSecond, kSecond);
    ASSERT_THAT(world.Bodies(), SizeIs(1));
    world.Crash(seed);  // after
    world.Run(10 * kMinute, kSecond);
    EXPECT_THAT(world.Bodies(), IsEmpty());
    // Silenced while it resolves.
    Silence silence;
    silence.matchers = *conf::ParseAlertMatchers("alertname=B");
    silence.starts_at_ns = world.clock.NowNs();
    silence.ends_at_ns = world.clock.NowNs() + 2 * kHour;
    const auto id = world.am->SetSilence(silence);
    ASSERT_TRUE(id);
    ASSERT_TRUE(world.Push({{"alertname", "B"}}, 3 * kHour));
    world.Crash(seed);
    EXPECT_TRUE(world.am->FindSilence(*id));
    world.Run(48 * kMinute, kSecond);
    EXPECT_THAT(world.Bodies(), IsEmpty());
    world.Crash(seed);  // the end of A is due while it is down
    world.clock.Advance(std::chrono::minutes(10));
    world.Run(6 * kMinute, kSecond);
    const auto bodies = world.Bodies();
    ASSERT_THAT(bodies, SizeIs(1)) << seed;
    EXPECT_THAT(bodies[0], HasSubstr(R"("status":"resolved")"));
    world.Crash(seed);  // the end was told: never again
    world.Run(20 * kMinute, kSecond);
    EXPECT_THAT(world.Bodies(), IsEmpty());
    world.Run(50 * kMinute, kSecond);  // the silence is over, B still fires
    EXPECT_THAT(world.Bodies(), SizeIs(1));
  }
}

/// A kill before each file operation in turn: at least one delivery, two only when the kill
/// fell between the receiver's answer and the log.
TEST(Alertmanager, KilledBeforeEachWrite) {
  size_t doubled = 0;
  bool reached = true;
  for (uint64_t wanted = 1; reached; ++wanted) {
    World world(kYaml);
    uint64_t steps = 0;
    reached = false;
    world.fs.SetHook([&](const io::SimOp&) -> base::Result<void> {
      if (++steps == wanted) {
        reached = true;
        world.fs.Halt();
      }
      return {};
    });
    const bool acknowledged = world.Push({{"alertname", "A"}}, 10 * kHour).has_value();
    world.Run(40 * kSecond, kSecond);
    const size_t before = world.transport.requests.size();
    world.fs.SetHook({});
    world.Crash(wanted);
    world.Run(10 * kMinute, kSecond);
    const size_t all = world.transport.requests.size();
    if (acknowledged) {
      EXPECT_GE(all, 1u) << wanted;
    }
    EXPECT_LE(all, 2u) << wanted;
    if (all == 2) {
      EXPECT_EQ(before, 1u);
      ++doubled;
    }
  }
  EXPECT_GE(doubled, 1u);  // the edge that the header names
  EXPECT_LE(doubled, 2u);  // the write and the sync of one record
}

/// The test above must notice a disk that only says that it has written.
TEST(Alertmanager, PowerCutTestHasTeeth) {
  io::SimFs lying({.ignore_sync = true});
  base::FakeClock clock{kStartNs};
  FakeTransport transport;
  size_t lost = 0;
  for (uint64_t seed = 1; seed <= 8; ++seed) {
    const std::string dir = "d" + std::to_string(seed);
    const AlertmanagerOptions options{
        .fs = &lying, .dir = dir, .clock = &clock, .transport = &transport, .external_url = "u"};
    const auto config = *conf::ParseAlertmanagerConfig(kYaml, "am.yml");
    auto am = *Alertmanager::Open(options, config);
    AlertRecord alert;
    alert.labels = {{"alertname", "A"}};
    ASSERT_TRUE(am->Post({alert}));
    lying.Halt();
    am.reset();
    lying.CutPower(seed);
    const auto again = Alertmanager::Open(options, config);
    lost += !again || (*again)->ListAlerts({}).empty() ? 1 : 0;
  }
  EXPECT_GT(lost, 0u);
}

TEST(Alertmanager, ReloadKeepsWhatWasTold) {
  World world(kYaml);
  ASSERT_TRUE(world.Push({{"alertname", "A"}}, 10 * kHour));
  world.Run(kMinute, kSecond);
  EXPECT_THAT(world.Bodies(), SizeIs(1));
  std::string yaml = kYaml;
  yaml.replace(yaml.find("h/x"), 3, "h/y");
  ASSERT_TRUE(world.am->Reload(*conf::ParseAlertmanagerConfig(yaml, "am.yml")));
  world.Run(10 * kMinute, kSecond);
  EXPECT_THAT(world.Bodies(), IsEmpty());
  ASSERT_TRUE(world.Push({{"alertname", "A"}, {"i", "2"}}, 10 * kHour));
  world.Run(5 * kMinute, kSecond);
  ASSERT_THAT(world.transport.requests, SizeIs(1));
  EXPECT_EQ(world.transport.requests[0].url, "http://h/y");
}

TEST(Alertmanager, RetriesUntilTheNextTurnAndThenAgain) {
  World world(kYaml);
  int status = 500;
  world.transport.answer = [&](const net::ClientRequest&) {
    return net::Response::Text(status, "sorry");
  };
  ASSERT_TRUE(world.Push({{"alertname", "A"}}, 10 * kHour));
  world.Run(30 * kSecond + 4 * kMinute, 100 * kMillisecond);
  const size_t attempts = world.Bodies().size();
  EXPECT_GE(attempts, 12u);
  EXPECT_LE(attempts, 16u);  // 0.5 s, 0.75 s … a minute at most
  status = 200;
  world.Run(7 * kMinute, 100 * kMillisecond);
  EXPECT_THAT(world.Bodies(), SizeIs(1));
  // What no retry mends is tried once a turn.
  status = 400;
  ASSERT_TRUE(world.Push({{"alertname", "B"}}, 10 * kHour));
  world.Run(30 * kSecond + 4 * kMinute, kSecond);
  EXPECT_THAT(world.Bodies(), SizeIs(1));
  world.Run(5 * kMinute, kSecond);
  EXPECT_THAT(world.Bodies(), SizeIs(1));
}

TEST(Alertmanager, TimeIntervalsAndTimeouts) {
  World world(R"(
global: {resolve_timeout: 2m}
route:
  receiver: hook
  group_wait: 1s
  group_interval: 1m
  routes:
  - matchers: [team="night"]
    active_time_intervals: [nights]
  - matchers: [team="day"]
    mute_time_intervals: [nights]
receivers:
- name: hook
  webhook_configs: [{url: 'http://h/x'}]
time_intervals:
- name: nights  # the test begins on a Tuesday at 22:13:20
  time_intervals:
  - times: [{start_time: '23:00', end_time: '24:00'}]
)");
  ASSERT_TRUE(world.Push({{"team", "night"}}, 5 * kHour));
  world.Run(46 * kMinute, kSecond);
  EXPECT_THAT(world.Bodies(), IsEmpty());
  const auto groups = world.am->ListGroups({});
  ASSERT_THAT(groups, SizeIs(1));
  EXPECT_THAT(groups[0].alerts[0].muted_by, testing::ElementsAre("nights"));
  AlertFilter unmuted;
  unmuted.muted = false;
  EXPECT_THAT(world.am->ListGroups(unmuted), IsEmpty());
  world.Run(3 * kMinute, kSecond);
  EXPECT_THAT(world.Bodies(), SizeIs(1));
  ASSERT_TRUE(world.Push({{"team", "day"}}, 5 * kHour));
  world.Run(10 * kMinute, kSecond);
  EXPECT_THAT(world.Bodies(), IsEmpty());
  // Without an end it is over after resolve_timeout.
  ASSERT_TRUE(world.Push({{"team", "x"}}));
  world.Run(5 * kMinute, kSecond);
  const auto bodies = world.Bodies();
  ASSERT_THAT(bodies, SizeIs(2));
  EXPECT_THAT(bodies[1], HasSubstr(R"("status":"resolved")"));
}

TEST(Alertmanager, SinkForRules) {
  World world(kYaml);
  model::Alert good{.labels = {{"alertname", "A"}}, .starts_at_ms = kStartNs / kMillisecond};
  const model::Alert bad{.labels = {}, .starts_at_ms = 1};
  const model::Alert both[] = {bad, good};
  const auto sent = world.am->Send("default", both);
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().kind, base::ErrorKind::kBadInput);
  EXPECT_THAT(world.am->ListAlerts({}), SizeIs(1));
  world.fs.SetCapacity(0);
  EXPECT_EQ(world.am->Send("default", {&good, 1}).error().kind, base::ErrorKind::kFull);
}

TEST(Alertmanager, ThreadsSendAndStop) {
  World world(kYaml);
  // On the machine's own clock, with a receiver that answers at once.
  std::string yaml = kYaml;
  yaml.replace(yaml.find("group_wait: 30s"), 15, "group_wait: 1ms");
  auto am = *Alertmanager::Open({.fs = &world.fs,
                                 .dir = "threads",
                                 .clock = &base::Clock::System(),
                                 .transport = &world.transport,
                                 .external_url = "u"},
                                *conf::ParseAlertmanagerConfig(yaml, "am.yml"));
  std::atomic<int> calls = 0;
  world.transport.answer = [&](const net::ClientRequest&) {
    ++calls;
    return net::Response::Text(200, "");
  };
  am->Start();
  AlertRecord alert;
  alert.labels = {{"alertname", "A"}};
  ASSERT_TRUE(am->Post({alert}));
  for (int i = 0; i < 5000 && calls == 0; ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  EXPECT_EQ(calls, 1);
  am->Stop();
}

}  // namespace
}  // namespace pharos::alert
