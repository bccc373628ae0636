#include "api/prometheus/notifications.h"

#include <algorithm>

#include "api/prometheus/limits.h"
#include "text/json_writer.h"
#include "text/rfc3339.h"

namespace pharos::api::prometheus {

std::string Notifications::ToJson(const Note& note, bool active) {
  std::string out;
  text::JsonWriter json(out, true);
  json.BeginObject().Key("text").String(note.text);
  json.Key("date").String(text::Rfc3339Nano(note.time_ns)).Key("active").Bool(active).EndObject();
  return out;
}

void Notifications::Tell(const Note& note, bool active) {
  const std::string event = "data: " + ToJson(note, active) + "\n\n";
  std::erase_if(watchers_, [&](const net::ResponderPtr& to) { return !to->Write(event); });
}

void Notifications::Add(std::string text) {
  std::lock_guard lock(mutex_);
  const auto same = [&](const Note& note) { return note.text == text; };
  auto found = std::find_if(notes_.begin(), notes_.end(), same);
  if (found == notes_.end()) found = notes_.insert(notes_.end(), {std::move(text), 0});
  found->time_ns = clock_->NowNs();
  Tell(*found, true);
}

void Notifications::Remove(std::string_view text) {
  std::lock_guard lock(mutex_);
  const auto found = std::find_if(notes_.begin(), notes_.end(),
                                  [&](const Note& note) { return note.text == text; });
  if (found == notes_.end()) return;
  Tell(*found, false);
  notes_.erase(found);
}

std::string Notifications::Json() const {
  std::lock_guard lock(mutex_);
  std::string out = "[";
  for (const Note& note : notes_) {
    if (out.size() > 1) out += ',';
    out += ToJson(note, true);
  }
  return out + "]";
}

bool Notifications::Watch(const net::ResponderPtr& responder) {
  std::lock_guard lock(mutex_);
  // An empty comment finds out who has gone.
  std::erase_if(watchers_, [](const net::ResponderPtr& to) { return !to->Write(":\n"); });
  if (watchers_.size() >= kMaxWatchers) return false;
  net::Response head;
  head.headers.Set("Content-Type", "text/event-stream");
  head.headers.Set("Cache-Control", "no-cache");
  responder->Begin(std::move(head));
  for (const Note& note : notes_) {
    if (!responder->Write("data: " + ToJson(note, true) + "\n\n")) return true;
  }
  watchers_.push_back(responder);
  return true;
}

void Notifications::EndStreams() {
  std::lock_guard lock(mutex_);
  for (const net::ResponderPtr& watcher : watchers_) watcher->End();
  watchers_.clear();
}

}  // namespace pharos::api::prometheus
