#include "events/trace_filter.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace pharos::events {
namespace {

constexpr size_t kBitsATrace = 10;
constexpr size_t kWords = 8;  // of a block; a trace has one bit in each
constexpr size_t kBlockBytes = kWords * sizeof(uint32_t);
// The split block Bloom filter of Parquet's format, whose factors these are.
constexpr std::array<uint32_t, kWords> kFactors = {0x47B6137Bu, 0x44974D91u, 0x8824AD5Bu,
                                                   0xA2B7289Du, 0x705495C7u, 0x2DF1424Bu,
                                                   0x9EFC4947u, 0x5C6BFB31u};

size_t BlockAt(uint32_t fingerprint, size_t page_bytes) {
  return (uint64_t{fingerprint} * (page_bytes / kBlockBytes) >> 32) * kBlockBytes;
}

uint32_t BitIn(size_t word, uint32_t fingerprint) {
  return uint32_t{1} << (fingerprint * kFactors[word] >> 27);
}

}  // namespace

std::string MakeTraceFilter(std::span<const TraceIndexEntry> entries) {
  const size_t bytes = (entries.size() * kBitsATrace + 7) / 8;
  std::string page((bytes + kBlockBytes - 1) / kBlockBytes * kBlockBytes, '\0');
  for (const TraceIndexEntry& entry : entries) {
    char* block = page.data() + BlockAt(entry.fingerprint, page.size());
    std::array<uint32_t, kWords> words;
    std::memcpy(words.data(), block, kBlockBytes);
    for (size_t i = 0; i < kWords; ++i) words[i] |= BitIn(i, entry.fingerprint);
    std::memcpy(block, words.data(), kBlockBytes);
  }
  return page;
}

base::Result<TraceFilter> TraceFilter::Decode(std::string page) {
  if (page.empty() || page.size() % kBlockBytes != 0) {
    return base::Fail(base::ErrorKind::kCorrupt, "the filter of trace ids cannot be read");
  }
  page.shrink_to_fit();
  return TraceFilter(std::move(page));
}

bool TraceFilter::MayHave(uint32_t fingerprint) const {
  if (page_.empty()) return true;
  std::array<uint32_t, kWords> words;
  std::memcpy(words.data(), page_.data() + BlockAt(fingerprint, page_.size()), kBlockBytes);
  uint32_t missing = 0;
  for (size_t i = 0; i < kWords; ++i) missing |= ~words[i] & BitIn(i, fingerprint);
  return missing == 0;
}

}  // namespace pharos::events
