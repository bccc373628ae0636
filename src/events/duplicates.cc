#include "events/duplicates.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <string>
#include <utility>

#include "events/record_codec.h"

namespace pharos::events {
namespace {

/// So few are looked through.
constexpr size_t kFew = 16;

/// The same for events that are equal; seldom for others.
uint64_t KeyOf(const model::Event& event) {
  char ids[sizeof event.trace_id.bytes + sizeof event.span_id.bytes];
  std::memcpy(ids, event.trace_id.bytes.data(), sizeof event.trace_id.bytes);
  std::memcpy(ids + sizeof event.trace_id.bytes, event.span_id.bytes.data(),
              sizeof event.span_id.bytes);
  const uint64_t of_ids = base::HashBytes64({ids, sizeof ids});
  if (event.kind == model::EventKind::kSpan) return of_ids;
  return of_ids ^ std::rotl(base::HashBytes64(event.body.text), 1);
}

}  // namespace

base::Hash128 ContentHash(const model::Event& event) {
  thread_local std::string bytes;
  bytes.clear();
  model::Event content = event;
  content.observed_ns = 0;
  bool whole = true;
  if (content.origin != nullptr) whole = PutOrigin(bytes, *content.origin);
  content.origin = nullptr;
  whole = PutRecord(bytes, content, event.origin != nullptr ? 1 : 0) && whole;
  PHAROS_CHECK(whole, "an event that was stored once is too deep");
  return base::HashBytes128(bytes);
}

const base::Hash128& DuplicateFilter::Known::Content() {
  if (const model::Event* of = std::exchange(event, nullptr)) content = ContentHash(*of);
  return content;
}

void DuplicateFilter::Clear() {
  seen_.clear();
  by_key_.clear();
  others_.clear();
}

DuplicateFilter::Known* DuplicateFilter::Find(uint64_t key) {
  if (by_key_.empty()) {
    const auto known = std::ranges::find(seen_, key, &Known::key);
    return known == seen_.end() ? nullptr : &*known;
  }
  const auto known = by_key_.find(key);
  return known == by_key_.end() ? nullptr : &seen_[known->second];
}

void DuplicateFilter::Keep(uint64_t key, const model::Event& event) {
  seen_.push_back({.key = key, .event = &event});
  if (seen_.size() <= kFew) return;
  for (size_t i = by_key_.size(); i < seen_.size(); ++i) {
    by_key_.emplace(seen_[i].key, static_cast<uint32_t>(i));
  }
}

void DuplicateFilter::KeepFirst() {
  if (const model::Event* first = std::exchange(first_, nullptr)) Keep(KeyOf(*first), *first);
}

bool DuplicateFilter::SeenInRun(const model::Event& event) {
  KeepFirst();
  const uint64_t key = KeyOf(event);
  Known* known = Find(key);
  if (known == nullptr) {
    Keep(key, event);
    return false;
  }
  const base::Hash128 content = ContentHash(event);
  return known->Content() == content || !others_.insert(content).second;
}

void DuplicateFilter::Settle() {
  KeepFirst();
  for (Known& known : seen_) known.Content();
}

}  // namespace pharos::events
