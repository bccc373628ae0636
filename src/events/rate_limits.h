// How many bytes of log lines a second a tenant may send, and a stream, with a burst on top: Loki's
// limits_config. Buckets of tokens, as Go's rate.Limiter keeps them.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/hash.h"
#include "model/labels.h"

namespace pharos::events {

/// Bytes a second, and bytes at once; 0: no limit.
struct RateLimit {
  uint64_t bytes_a_second = 0;
  uint64_t burst_bytes = 0;

  bool IsSet() const { return bytes_a_second != 0; }
};

/// Owns: a bucket a tenant and stream that wrote lately. Threads: any. Cost: a short lock.
class RateLimits {
 public:
  RateLimits(RateLimit tenant, RateLimit stream) : tenant_(tenant), stream_(stream) {}

  bool limits_streams() const { return stream_.IsSet(); }
  /// "" when the tenant may write these lines now, else Loki's sentence.
  std::string RefuseBatch(std::string_view tenant, uint64_t lines, uint64_t bytes, int64_t now_ns);
  /// Likewise for a stream of a tenant.
  std::string RefuseStream(std::string_view tenant, const model::Labels& stream, uint64_t bytes,
                           int64_t now_ns);

 private:
  struct Bucket {
    double tokens = 0;
    int64_t at_ns = 0;
    /// Takes `bytes` when there are as many.
    bool Take(const RateLimit& limit, uint64_t bytes, int64_t now_ns);
    bool IsFull(const RateLimit& limit, int64_t now_ns) const;
  };
  using Buckets = std::unordered_map<std::string, Bucket, base::StringHasher, std::equal_to<>>;
  static Bucket& Of(Buckets& buckets, const RateLimit& limit, std::string key, int64_t now_ns);

  const RateLimit tenant_;
  const RateLimit stream_;
  std::mutex mutex_;  // guards all below
  Buckets tenants_;
  Buckets streams_;
};

/// As Go's datasize prints it: "3MB", in the largest unit that divides it.
std::string ByteSizeText(uint64_t bytes);

}  // namespace pharos::events
