#include "rules/manager.h"

#include <algorithm>
#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>
#include <utility>

namespace pharos::rules {
namespace {

using base::Result;

/// A group and its turns.
struct Entry {
  std::unique_ptr<Group> group;
  std::mutex run_mutex;    ///< held while the group is evaluated or taken over
  bool gone = false;       // run_mutex; a reload took its place
  bool restore = false;    // run_mutex; `for` state is still to be taken up
  int64_t iterations = 0;  // run_mutex
  int64_t next_ms = 0;     // Impl::mutex
  bool running = false;    // Impl::mutex
};
using EntryPtr = std::shared_ptr<Entry>;

/// A group that a reload took away, until its stale markers are written.
struct Retired {
  EntryPtr entry;
  int64_t gone_at_ms = 0;
  int64_t due_ms = 0;
};

}  // namespace

struct Manager::Impl {
  explicit Impl(Environment e) : environment(std::move(e)) {}

  void Work();
  EntryPtr TakeDue(int64_t now_ms, int64_t* slot_ms, uint64_t* missed);
  void Run(Entry& entry, int64_t slot_ms, uint64_t missed);
  void WriteRetired(int64_t now_ms);
  int64_t WaitMs(int64_t now_ms) const;

  const Environment environment;
  std::mutex apply_mutex;  ///< one reload at a time
  bool restored = false;   // apply_mutex; the first set is in
  mutable std::mutex mutex;
  std::condition_variable changed;                                  // mutex
  std::map<std::pair<std::string, std::string>, EntryPtr> entries;  // mutex; by file, name
  std::vector<Retired> retired;                                     // mutex
  std::vector<std::thread> workers;                                 // mutex
  bool stopping = false;                                            // mutex
};

Manager::Manager(Environment environment) : impl_(std::make_unique<Impl>(std::move(environment))) {}

Manager::~Manager() { Stop(); }

/// An entry whose turn it is, marked as running; null when there is none. `slot_ms` is the last
/// turn that is not in the future; those between it and the one that was planned are missed.
EntryPtr Manager::Impl::TakeDue(int64_t now_ms, int64_t* slot_ms, uint64_t* missed) {
  std::lock_guard lock(mutex);
  for (auto& [key, entry] : entries) {
    const int64_t interval = entry->group->interval_ms();
    if (entry->next_ms > now_ms + 2 * interval)  // the clock was set back
      entry->next_ms = entry->group->SlotBefore(now_ms) + interval;
    if (entry->running || entry->next_ms > now_ms) continue;
    const int64_t skipped = (now_ms - entry->next_ms) / interval;
    *slot_ms = entry->next_ms + skipped * interval;
    *missed = static_cast<uint64_t>(skipped);
    entry->next_ms = *slot_ms + interval;
    entry->running = true;
    return entry;
  }
  return nullptr;
}

void Manager::Impl::Run(Entry& entry, int64_t slot_ms, uint64_t missed) {
  {
    std::lock_guard run_lock(entry.run_mutex);
    if (!entry.gone) {
      if (missed > 0 && entry.iterations > 0) entry.group->CountMissed(missed);
      entry.group->Evaluate(slot_ms);
      // Not after the first iteration: by the second one, targets were scraped and the recording
      // rules, on which alerts may depend, have written.
      if (++entry.iterations >= 2 && std::exchange(entry.restore, false))
        entry.group->Restore(environment.clock->NowMs());
    }
  }
  std::lock_guard lock(mutex);
  entry.running = false;
}

void Manager::Impl::WriteRetired(int64_t now_ms) {
  std::vector<Retired> due;
  {
    std::lock_guard lock(mutex);
    const auto later = std::stable_partition(retired.begin(), retired.end(),
                                             [&](const auto& one) { return one.due_ms <= now_ms; });
    due.assign(std::make_move_iterator(retired.begin()), std::make_move_iterator(later));
    retired.erase(retired.begin(), later);
  }
  for (const Retired& one : due) {
    std::lock_guard run_lock(one.entry->run_mutex);
    one.entry->group->WriteStale(one.gone_at_ms);
  }
}

int64_t Manager::Impl::WaitMs(int64_t now_ms) const {
  int64_t wait = kMaxWaitMs;
  for (const auto& [key, entry] : entries) {
    if (!entry->running) wait = std::min(wait, entry->next_ms - now_ms);
  }
  return std::max<int64_t>(wait, 1);
}

void Manager::Impl::Work() {
  while (true) {
    const int64_t now_ms = environment.clock->NowMs();
    int64_t slot_ms = 0;
    uint64_t missed = 0;
    if (const EntryPtr entry = TakeDue(now_ms, &slot_ms, &missed)) {
      Run(*entry, slot_ms, missed);
      std::lock_guard lock(mutex);
      if (stopping) return;
      continue;
    }
    WriteRetired(now_ms);
    std::unique_lock lock(mutex);
    if (stopping) return;
    changed.wait_for(lock, std::chrono::milliseconds(WaitMs(now_ms)));
    if (stopping) return;
  }
}

void Manager::Start() {
  std::lock_guard lock(impl_->mutex);
  if (impl_->stopping || !impl_->workers.empty()) return;
  for (size_t i = 0; i < kWorkers; ++i)
    impl_->workers.emplace_back([impl = impl_.get()] { impl->Work(); });
}

void Manager::Stop() {
  std::vector<std::thread> workers;
  {
    std::lock_guard lock(impl_->mutex);
    impl_->stopping = true;
    workers.swap(impl_->workers);
  }
  impl_->changed.notify_all();
  for (std::thread& worker : workers) worker.join();
}

Result<void> Manager::Apply(const RuleSet& set) {
  std::lock_guard apply_lock(impl_->apply_mutex);
  std::map<std::pair<std::string, std::string>, EntryPtr> entries;
  for (const GroupSpec& spec : set.groups) {
    auto entry = std::make_shared<Entry>();
    entry->restore = !impl_->restored;
    PHAROS_TRY(entry->group, Group::Make(spec, set.defaults, entry->restore, impl_->environment));
    entries[{spec.file, spec.group.name}] = std::move(entry);
  }
  impl_->restored = true;

  std::map<std::pair<std::string, std::string>, EntryPtr> before;
  {
    std::lock_guard lock(impl_->mutex);
    before = impl_->entries;
  }
  const int64_t now_ms = impl_->environment.clock->NowMs();
  for (auto& [key, entry] : entries) {
    entry->next_ms = entry->group->SlotBefore(now_ms) + entry->group->interval_ms();
    const auto old = before.find(key);
    if (old == before.end()) continue;
    if (old->second->group->Equals(*entry->group)) {
      entry = old->second;
    } else {
      std::lock_guard run_lock(old->second->run_mutex);  // waits for a running evaluation
      old->second->gone = true;
      entry->group->CopyState(*old->second->group);
    }
    before.erase(old);
  }
  {
    std::lock_guard lock(impl_->mutex);
    impl_->entries = std::move(entries);
    for (auto& [key, entry] : before)
      impl_->retired.push_back({entry, now_ms, now_ms + 2 * entry->group->interval_ms()});
  }
  for (auto& [key, entry] : before) {
    std::lock_guard run_lock(entry->run_mutex);
    entry->gone = true;
  }
  impl_->changed.notify_all();
  return {};
}

size_t Manager::Tick(int64_t now_ms) {
  size_t evaluated = 0;
  int64_t slot_ms = 0;
  uint64_t missed = 0;
  while (const EntryPtr entry = impl_->TakeDue(now_ms, &slot_ms, &missed)) {
    impl_->Run(*entry, slot_ms, missed);
    ++evaluated;
  }
  impl_->WriteRetired(now_ms);
  return evaluated;
}

void Manager::EvaluateAt(int64_t time_ms) {
  std::map<std::pair<std::string, std::string>, EntryPtr> entries;
  {
    std::lock_guard lock(impl_->mutex);
    entries = impl_->entries;
  }
  for (const auto& [key, entry] : entries) impl_->Run(*entry, time_ms, 0);
}

std::vector<GroupStatus> Manager::Status() const {
  std::map<std::pair<std::string, std::string>, EntryPtr> entries;
  {
    std::lock_guard lock(impl_->mutex);
    entries = impl_->entries;
  }
  std::vector<GroupStatus> out;
  for (const auto& [key, entry] : entries) out.push_back(entry->group->Status());
  return out;
}

}  // namespace pharos::rules
