// Batches as requests that came compressed, for tests.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "base/compress.h"
#include "model/event.h"

namespace pharos::events {

/// The batch as a request whose lines lie in one text, which was sent compressed.
inline model::EventBatch AsSent(model::EventBatch batch) {
  std::string text = "head";
  for (const model::StreamEvents& stream : batch.streams) {
    for (const model::Event& event : stream.events) text += event.body.text;
  }
  const auto shared = std::make_shared<const std::string>(std::move(text));
  size_t at = 4;
  for (model::StreamEvents& stream : batch.streams) {
    for (model::Event& event : stream.events) {
      if (event.body.type != model::Value::Type::kString) continue;
      const size_t length = event.body.text.size();
      event.body = model::Value::String(std::string_view(*shared).substr(at, length));
      at += length;
    }
  }
  batch.sent = model::SentBody{base::SnappyCompress(*shared), shared};
  return batch;
}

}  // namespace pharos::events
