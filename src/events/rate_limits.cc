#include "events/rate_limits.h"

#include <algorithm>
#include <array>

#include "events/limits.h"

namespace pharos::events {
namespace {

double TokensAt(double tokens, int64_t at_ns, const RateLimit& limit, int64_t now_ns) {
  const double seconds = static_cast<double>(std::max<int64_t>(0, now_ns - at_ns)) / 1e9;
  return std::min(static_cast<double>(limit.burst_bytes),
                  tokens + seconds * static_cast<double>(limit.bytes_a_second));
}

}  // namespace

std::string ByteSizeText(uint64_t bytes) {
  constexpr std::array<const char*, 7> kUnits = {"B", "KB", "MB", "GB", "TB", "PB", "EB"};
  size_t unit = 0;
  while (bytes != 0 && bytes % 1024 == 0) {
    bytes /= 1024;
    ++unit;
  }
  return std::to_string(bytes) + kUnits[unit];
}

bool RateLimits::Bucket::Take(const RateLimit& limit, uint64_t bytes, int64_t now_ns) {
  const double there = TokensAt(tokens, at_ns, limit, now_ns);
  if (there < static_cast<double>(bytes)) return false;
  tokens = there - static_cast<double>(bytes);
  at_ns = std::max(at_ns, now_ns);
  return true;
}

bool RateLimits::Bucket::IsFull(const RateLimit& limit, int64_t now_ns) const {
  return TokensAt(tokens, at_ns, limit, now_ns) >= static_cast<double>(limit.burst_bytes);
}

RateLimits::Bucket& RateLimits::Of(Buckets& buckets, const RateLimit& limit, std::string key,
                                   int64_t now_ns) {
  if (buckets.size() >= kMaxRateBuckets) {  // a full bucket is as good as none
    std::erase_if(buckets, [&](const auto& entry) { return entry.second.IsFull(limit, now_ns); });
    if (buckets.size() >= kMaxRateBuckets) buckets.clear();
  }
  const Bucket full{static_cast<double>(limit.burst_bytes), now_ns};
  return buckets.try_emplace(std::move(key), full).first->second;
}

std::string RateLimits::RefuseBatch(std::string_view tenant, uint64_t lines, uint64_t bytes,
                                    int64_t now_ns) {
  if (!tenant_.IsSet() || lines == 0) return {};
  std::lock_guard lock(mutex_);
  if (Of(tenants_, tenant_, std::string(tenant), now_ns).Take(tenant_, bytes, now_ns)) return {};
  return "ingestion rate limit exceeded for user " + std::string(tenant) +
         " (limit: " + std::to_string(tenant_.bytes_a_second) +
         " bytes/sec) while attempting to ingest '" + std::to_string(lines) + "' lines totaling '" +
         std::to_string(bytes) +
         "' bytes, reduce log volume or contact your Loki administrator to see if the limit can be "
         "increased";
}

std::string RateLimits::RefuseStream(std::string_view tenant, const model::Labels& stream,
                                     uint64_t bytes, int64_t now_ns) {
  if (!stream_.IsSet()) return {};
  std::string key(tenant);
  key += '\0';
  key += stream.bytes();
  std::lock_guard lock(mutex_);
  if (Of(streams_, stream_, std::move(key), now_ns).Take(stream_, bytes, now_ns)) return {};
  return "Per stream rate limit exceeded (limit: " + ByteSizeText(stream_.bytes_a_second) +
         "/sec) while attempting to ingest for stream '" + model::ToString(stream) + "' totaling " +
         ByteSizeText(bytes) +
         ", consider splitting a stream via additional labels or contact your Loki administrator "
         "to see if the limit can be increased";
}

}  // namespace pharos::events
