#include "ingest/receive/refusals_v2.h"

#include <algorithm>
#include <utility>

#include "ingest/receive/limits.h"
#include "wire/go_quote.h"

namespace pharos::ingest::receive {
namespace {

bool IsLegacyName(std::string_view name) {
  const auto letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  };
  return !name.empty() && letter(name[0]) && std::all_of(name.begin(), name.end(), [&](char c) {
    return letter(c) || (c >= '0' && c <= '9');
  });
}

}  // namespace

void RefusalsV2::Add(Place place, std::string sentence) {
  ++count_;
  if (kept_.size() == kMaxRemoteWriteSentences || bytes_ > kMaxRemoteWriteSentenceBytes) return;
  bytes_ += sentence.size();
  kept_.push_back({place, std::move(sentence)});
}

bool RefusalsV2::Wants() const {
  return kept_.size() < kMaxRemoteWriteSentences && bytes_ <= kMaxRemoteWriteSentenceBytes;
}

std::string RefusalsV2::Text() {
  std::stable_sort(kept_.begin(), kept_.end(),
                   [](const Refusal& a, const Refusal& b) { return a.place < b.place; });
  std::string text;
  for (const Refusal& refusal : kept_) {
    if (!text.empty()) text += '\n';
    text += refusal.sentence;
  }
  if (count_ > kept_.size()) {
    text += "\nand " + std::to_string(count_ - kept_.size()) + " more were refused";
  }
  return text;
}

std::string LabelsText(std::span<const model::LabelView> labels) {
  std::string out = "{";
  for (const model::LabelView& label : labels) {
    if (out.size() > 1) out += ", ";
    out += IsLegacyName(label.name) ? std::string(label.name) : wire::GoQuote(label.name);
    (out += '=') += wire::GoQuote(label.value);
  }
  return out += '}';
}

std::string RefsText(std::span<const uint32_t> refs) {
  std::string out = "[";
  for (const uint32_t ref : refs) {
    if (out.size() > 1) out += ' ';
    out += std::to_string(ref);
  }
  return out += ']';
}

}  // namespace pharos::ingest::receive
