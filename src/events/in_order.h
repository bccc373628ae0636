// Work on several threads whose results are taken in order by one.
#pragma once

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>
#include <vector>

#include "base/result.h"

namespace pharos::events {

/// Calls make(i) for each i below `count` on the calling thread and `helpers` others, and
/// take(i, result) on the calling thread, for rising i, until it fails. At most `lead` results wait
/// to be taken. `make` is called by several threads at once and must not throw.
template <class T, class Make, class Take>
base::Result<void> InOrder(size_t count, size_t helpers, size_t lead, Make make, Take take) {
  std::vector<std::optional<T>> results(count);
  std::mutex mutex;  // guards all below
  std::condition_variable changed;
  size_t next = 0, taken = 0;
  bool stop = false;
  const auto help = [&] {
    std::unique_lock lock(mutex);
    while (true) {
      changed.wait(lock, [&] { return stop || next >= count || next < taken + lead; });
      if (stop || next >= count) return;
      const size_t i = next++;
      lock.unlock();
      T made = make(i);
      lock.lock();
      results[i] = std::move(made);
      changed.notify_all();
    }
  };
  std::vector<std::jthread> threads;
  try {
    for (size_t i = 0; i < helpers && i + 1 < count; ++i) threads.emplace_back(help);
  } catch (const std::system_error&) {  // the system has no more threads; it goes without them
  }
  base::Result<void> done;
  std::unique_lock lock(mutex);
  for (size_t i = 0; i < count && done; ++i) {
    while (!results[i]) {
      if (next >= count || next >= taken + lead) {  // another is at it
        changed.wait(lock, [&] { return results[i].has_value(); });
        break;
      }
      const size_t number = next++;  // this one, or one of those behind it
      lock.unlock();
      T made = make(number);
      lock.lock();
      results[number] = std::move(made);
    }
    T result = *std::move(results[i]);
    results[i].reset();
    taken = i + 1;
    changed.notify_all();
    lock.unlock();
    done = take(i, result);
    lock.lock();
  }
  stop = true;
  changed.notify_all();
  lock.unlock();
  return done;  // the threads are waited for
}

}  // namespace pharos::events
