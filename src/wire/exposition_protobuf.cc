#include "wire/exposition_protobuf.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <tuple>

#include "wire/exposition.h"
#include "wire/go_quote.h"
#include "wire/histogram_check.h"
#include "wire/histogram_reduce.h"
#include "wire/limits.h"
#include "wire/utf8.h"

namespace pharos::wire {
namespace {

using model::MetricType;

constexpr uint32_t kCounter = 0, kGauge = 1, kSummary = 2, kUntyped = 3, kHistogram = 4,
                   kGaugeHistogram = 5;
constexpr MetricType kTypes[] = {MetricType::kCounter,   MetricType::kGauge,
                                 MetricType::kSummary,   MetricType::kUnknown,
                                 MetricType::kHistogram, MetricType::kGaugeHistogram};
/// The field of Metric that holds what a family of each type shows.
constexpr uint32_t kValueFields[] = {3, 2, 4, 5, 7, 7};

std::unexpected<base::Error> Bad(std::string what) {
  return base::Fail(base::ErrorKind::kBadInput, std::move(what));
}

struct Timestamp {
  int64_t seconds = 0;
  int32_t nanos = 0;
  /// Saturates where Go's arithmetic wraps; such a time is refused by the engine either way.
  int64_t Millis() const {
    constexpr int64_t kMost = std::numeric_limits<int64_t>::max() / 1000 - 1;
    return std::clamp(seconds, -kMost, kMost) * 1000 + nanos / 1'000'000;
  }
};

base::Result<Timestamp> ReadTimestamp(std::string_view message) {
  Timestamp out;
  PbReader in(message);
  while (in.Next()) {
    if (in.field() == 1) out.seconds = in.Int64();
    if (in.field() == 2) out.nanos = in.Int32();
  }
  PHAROS_TRY_VOID(in.Status());
  return out;
}

base::Result<std::pair<std::string_view, std::string_view>> ReadPair(std::string_view message) {
  std::pair<std::string_view, std::string_view> out;
  PbReader in(message);
  while (in.Next()) {
    if (in.field() == 1) out.first = in.Bytes();
    if (in.field() == 2) out.second = in.Bytes();
  }
  PHAROS_TRY_VOID(in.Status());
  if (out.first.empty() || !IsUtf8(out.first)) {
    return Bad("invalid label name: " + std::string(out.first));
  }
  if (!IsUtf8(out.second)) return Bad("invalid label value: " + std::string(out.second));
  return out;
}

base::Result<model::Exemplar> ReadExemplar(std::string_view message) {
  model::Exemplar out;
  out.has_time = false;
  std::vector<model::LabelView> labels;
  PbReader in(message);
  while (in.Next()) {
    switch (in.field()) {
      case 1: {
        PHAROS_TRY(const auto pair, ReadPair(in.Bytes()));
        labels.push_back({pair.first, pair.second});
        break;
      }
      case 2: out.value = in.Double(); break;
      case 3: {
        PHAROS_TRY(const Timestamp time, ReadTimestamp(in.Bytes()));
        out.time_ms = time.Millis();
        out.has_time = true;
        break;
      }
      default: break;
    }
  }
  PHAROS_TRY_VOID(in.Status());
  out.labels = model::Labels::FromPairs(std::move(labels));
  return out;
}

}  // namespace

/// Sizes are bounded by the page's; kMaxBuckets bounds what a span claims.
struct ProtobufExposition::Counts {
  uint64_t count = 0, zero_count = 0;
  double count_float = 0, zero_count_float = 0, sum = 0, zero_threshold = 0;
  int32_t schema = 0;
  std::vector<Item> buckets;
  std::vector<model::BucketSpan> positive_spans, negative_spans;
  std::vector<double> positive_counts, negative_counts;  ///< of floats
  std::vector<int64_t> positive_deltas, negative_deltas;
  std::vector<std::string_view> exemplars;

  bool IsNative() const {
    return !positive_spans.empty() || !negative_spans.empty() || zero_threshold > 0 ||
           zero_count > 0;
  }
  double Count() const { return count_float != 0 ? count_float : static_cast<double>(count); }
};

base::Result<ProtobufExposition::Entry> ProtobufExposition::Next() {
  while (true) {
    if (next_item_ < items_.size()) {
      item_ = &items_[next_item_++];
      return item_->role == Role::kNative ? Entry::kHistogram : Entry::kSample;
    }
    if (in_family_) {
      if (metrics_.Next()) {
        if (metrics_.field() == 4) PHAROS_TRY_VOID(ReadMetric(metrics_.Bytes()));
        continue;
      }
      PHAROS_TRY_VOID(metrics_.Status());
      in_family_ = false;
    }
    if (rest_.empty()) return Entry::kEnd;
    std::string_view message;
    if (!NextFamily(&message)) return Bad("protobuf: unexpected end of page");
    PHAROS_TRY_VOID(ReadFamily(message));
    if (in_family_) return Entry::kFamily;
  }
}

/// A length and so many bytes.
bool ProtobufExposition::NextFamily(std::string_view* message) {
  uint64_t length = 0;
  for (int shift = 0; shift < 64; shift += 7) {
    if (rest_.empty()) return false;
    const auto byte = static_cast<uint8_t>(rest_.front());
    rest_.remove_prefix(1);
    length |= static_cast<uint64_t>(byte & 0x7F) << shift;
    if (byte >= 0x80) continue;
    if (length > rest_.size()) return false;
    *message = rest_.substr(0, length);
    rest_.remove_prefix(length);
    return true;
  }
  return false;
}

/// Families without metrics are passed over, as if they were not there.
base::Result<void> ProtobufExposition::ReadFamily(std::string_view message) {
  name_ = help_ = unit_ = {};
  uint64_t type = 0;
  bool metrics = false;
  PbReader in(message);
  while (in.Next()) {
    switch (in.field()) {
      case 1: name_ = in.Bytes(); break;
      case 2: help_ = in.Bytes(); break;
      case 3: type = in.Varint(); break;
      case 4: metrics = true; break;
      case 5: unit_ = in.Bytes(); break;
      default: break;
    }
  }
  PHAROS_TRY_VOID(in.Status());
  if (!metrics) return {};
  PHAROS_TRY_VOID(CheckFamily(type));
  scratch_.assign(name_);
  scratch_ += static_cast<char>(type);
  family_hash_ = base::HashBytes128(scratch_);
  metrics_ = PbReader(message);
  in_family_ = true;
  return {};
}

base::Result<void> ProtobufExposition::CheckFamily(uint64_t type) {
  const std::string name(name_);
  if (name.empty() || !IsUtf8(name)) return Bad("invalid metric name: " + name);
  if (!IsUtf8(help_))
    return Bad("invalid help for metric " + GoQuote(name) + ": " + std::string(help_));
  if (type >= std::size(kTypes)) {
    return Bad("unknown metric type for metric " + GoQuote(name) + ": " + std::to_string(type));
  }
  type_number_ = static_cast<uint32_t>(type);
  type_ = kTypes[type];
  if (unit_.empty()) return {};
  const bool total = type == kCounter && name.ends_with("_total");
  const std::string_view stem = std::string_view(name).substr(0, name.size() - (total ? 6 : 0));
  if (!stem.ends_with(unit_) || stem.size() < unit_.size() + 1 ||
      stem[stem.size() - unit_.size() - 1] != '_') {
    return Bad("unit " + GoQuote(unit_) + " not a suffix of " + (total ? "counter " : "metric ") +
               GoQuote(name));
  }
  return {};
}

base::Result<void> ProtobufExposition::ReadMetric(std::string_view message) {
  labels_.clear();
  items_.clear();
  next_item_ = 0;
  scratch_.clear();
  time_ms_ = start_ms_ = 0;
  std::string_view value;
  PbReader in(message);
  while (in.Next()) {
    if (in.field() == 1) {
      scratch_ += in.raw_field();
      labels_.push_back(in.Bytes());
    } else if (in.field() == 6) {
      time_ms_ = in.Int64();
    } else if (in.field() == kValueFields[type_number_]) {
      value = in.Bytes();
    }
  }
  PHAROS_TRY_VOID(in.Status());
  labels_hash_ = base::HashBytes128(scratch_);
  switch (type_number_) {
    case kSummary: return ReadSummary(value);
    case kHistogram:
    case kGaugeHistogram: return ReadHistogram(value);
    default: return ReadValue(value);
  }
}

base::Result<void> ProtobufExposition::ReadStart(std::string_view message) {
  PHAROS_TRY(const Timestamp start, ReadTimestamp(message));
  start_ms_ = start.Millis();
  return {};
}

base::Result<void> ProtobufExposition::ReadValue(std::string_view message) {
  Item item;
  const bool counter = type_number_ == kCounter;
  PbReader in(message);
  while (in.Next()) {
    if (in.field() == 1) {
      item.value = in.Double();
    } else if (counter && in.field() == 2) {
      item.exemplars.assign(1, in.Bytes());
    } else if (counter && in.field() == 3) {
      PHAROS_TRY_VOID(ReadStart(in.Bytes()));
    }
  }
  PHAROS_TRY_VOID(in.Status());
  items_.push_back(std::move(item));
  return {};
}

base::Result<void> ProtobufExposition::ReadSummary(std::string_view message) {
  items_.resize(2);
  items_[0].role = Role::kCount;
  items_[1].role = Role::kSum;
  PbReader in(message);
  while (in.Next()) {
    switch (in.field()) {
      case 1: items_[0].value = static_cast<double>(in.Varint()); break;
      case 2: items_[1].value = in.Double(); break;
      case 3: {
        Item item{.role = Role::kQuantile};
        PbReader quantile(in.Bytes());
        while (quantile.Next()) {
          if (quantile.field() == 1) item.bound = quantile.Double();
          if (quantile.field() == 2) item.value = quantile.Double();
        }
        PHAROS_TRY_VOID(quantile.Status());
        if (items_.size() > kMaxBuckets) return Bad("summary has too many quantiles");
        items_.push_back(std::move(item));
        break;
      }
      case 4: PHAROS_TRY_VOID(ReadStart(in.Bytes())); break;
      default: break;
    }
  }
  return in.Status();
}

base::Result<void> ProtobufExposition::ReadHistogram(std::string_view message) {
  Counts counts;
  PbReader in(message);
  while (in.Next()) {
    switch (in.field()) {
      case 1: counts.count = in.Varint(); break;
      case 2: counts.sum = in.Double(); break;
      case 3: PHAROS_TRY_VOID(ReadBucket(in.Bytes(), &counts)); break;
      case 4: counts.count_float = in.Double(); break;
      case 5: counts.schema = static_cast<int32_t>(in.Sint64()); break;
      case 6: counts.zero_threshold = in.Double(); break;
      case 7: counts.zero_count = in.Varint(); break;
      case 8: counts.zero_count_float = in.Double(); break;
      case 9: PHAROS_TRY_VOID(ReadSpan(in.Bytes(), &counts.negative_spans)); break;
      case 12: PHAROS_TRY_VOID(ReadSpan(in.Bytes(), &counts.positive_spans)); break;
      case 10:
      case 13:
        in.EachVarint([&, positive = in.field() == 13](uint64_t v) {
          (positive ? counts.positive_deltas : counts.negative_deltas)
              .push_back(static_cast<int64_t>(v >> 1) ^ -static_cast<int64_t>(v & 1));
        });
        break;
      case 11:
      case 14:
        in.EachFixed64([&, positive = in.field() == 14](uint64_t v) {
          (positive ? counts.positive_counts : counts.negative_counts)
              .push_back(std::bit_cast<double>(v));
        });
        break;
      case 15: PHAROS_TRY_VOID(ReadStart(in.Bytes())); break;
      case 16: counts.exemplars.push_back(in.Bytes()); break;
      default: break;
    }
  }
  PHAROS_TRY_VOID(in.Status());
  const bool native = histograms_.native && counts.IsNative();
  if (native) PHAROS_TRY_VOID(AddNative(counts));
  if (!native || (histograms_.classic && !counts.buckets.empty())) AddClassic(counts);
  return {};
}

base::Result<void> ProtobufExposition::ReadBucket(std::string_view message, Counts* counts) {
  if (counts->buckets.size() >= kMaxBuckets) return Bad("histogram has too many buckets");
  Item& bucket = counts->buckets.emplace_back();
  bucket.role = Role::kBucket;
  uint64_t count = 0;
  double count_float = 0;
  PbReader in(message);
  while (in.Next()) {
    switch (in.field()) {
      case 1: count = in.Varint(); break;
      case 2: bucket.bound = in.Double(); break;
      case 3: bucket.exemplars.assign(1, in.Bytes()); break;
      case 4: count_float = in.Double(); break;
      default: break;
    }
  }
  bucket.value = count_float != 0 ? count_float : static_cast<double>(count);
  return in.Status();
}

base::Result<void> ProtobufExposition::ReadSpan(std::string_view message,
                                                std::vector<model::BucketSpan>* spans) {
  if (spans->size() >= kMaxBuckets) return Bad("histogram has too many spans");
  model::BucketSpan& span = spans->emplace_back();
  PbReader in(message);
  while (in.Next()) {
    if (in.field() == 1) span.offset = static_cast<int32_t>(in.Sint64());
    if (in.field() == 2) span.length = in.Uint32();
  }
  return in.Status();
}

base::Result<void> ProtobufExposition::AddNative(Counts& counts) {
  auto histogram = std::make_shared<model::Histogram>();
  model::Histogram& h = *histogram;
  h.schema = counts.schema;
  h.float_counts = counts.count_float > 0 || counts.zero_count_float > 0;
  if (type_number_ == kGaugeHistogram) h.reset = model::Histogram::Reset::kGauge;
  h.zero_threshold = counts.zero_threshold;
  h.zero_count = h.float_counts ? counts.zero_count_float : static_cast<double>(counts.zero_count);
  h.count = h.float_counts ? counts.count_float : static_cast<double>(counts.count);
  h.sum = counts.sum;
  h.positive_spans = std::move(counts.positive_spans);
  h.negative_spans = std::move(counts.negative_spans);
  if (h.float_counts) {
    h.positive_counts = std::move(counts.positive_counts);
    h.negative_counts = std::move(counts.negative_counts);
  } else {
    const auto absolute = [](const std::vector<int64_t>& deltas, std::vector<double>& out) {
      uint64_t sum = 0;  // wraps where a hostile page wants it to
      for (const int64_t delta : deltas) {
        sum += static_cast<uint64_t>(delta);
        out.push_back(static_cast<double>(static_cast<int64_t>(sum)));
      }
    };
    absolute(counts.positive_deltas, h.positive_counts);
    absolute(counts.negative_deltas, h.negative_counts);
  }
  if (h.positive_counts.size() > kMaxBuckets || h.negative_counts.size() > kMaxBuckets) {
    return Bad("histogram has too many buckets");
  }
  ReduceToMaxSchema(&h);
  if (auto good = CheckHistogram(h); !good) return Bad(good.error().message);
  Item item{.role = Role::kNative};
  item.exemplars = std::move(counts.exemplars);
  if (item.exemplars.empty()) {
    for (const Item& bucket : counts.buckets) {
      item.exemplars.insert(item.exemplars.end(), bucket.exemplars.begin(), bucket.exemplars.end());
    }
  }
  items_.push_back(std::move(item));
  histogram_ = std::move(histogram);
  return {};
}

void ProtobufExposition::AddClassic(const Counts& counts) {
  items_.push_back({.role = Role::kCount, .value = counts.Count()});
  items_.push_back({.role = Role::kSum, .value = counts.sum});
  constexpr double kInf = std::numeric_limits<double>::infinity();
  for (const Item& bucket : counts.buckets) {
    items_.push_back(bucket);
    if (bucket.bound == kInf) return;
  }
  items_.push_back({.role = Role::kBucket, .bound = kInf, .value = counts.Count()});
}

base::Hash128 ProtobufExposition::key() const {
  struct Key {
    base::Hash128 family, labels;
    uint64_t role, bound;
  } key{family_hash_, labels_hash_, static_cast<uint64_t>(item_->role),
        std::bit_cast<uint64_t>(item_->bound)};
  static_assert(sizeof(Key) == 48);
  return base::HashBytes128({reinterpret_cast<const char*>(&key), sizeof(key)});
}

base::Result<std::vector<std::pair<std::string, std::string>>> ProtobufExposition::Labels() const {
  std::vector<std::pair<std::string, std::string>> out;
  out.reserve(labels_.size() + 2);
  std::string name(name_);
  const Role role = item_->role;
  if (role == Role::kSum) name += "_sum";
  if (role == Role::kCount) name += "_count";
  if (role == Role::kBucket) name += "_bucket";
  out.emplace_back(model::kMetricName, std::move(name));
  for (const std::string_view message : labels_) {
    PHAROS_TRY(const auto pair, ReadPair(message));
    out.emplace_back(pair);
  }
  if (role == Role::kBucket) out.emplace_back("le", OpenMetricsFloat(item_->bound));
  if (role == Role::kQuantile) out.emplace_back("quantile", OpenMetricsFloat(item_->bound));
  return out;
}

base::Result<std::vector<model::Exemplar>> ProtobufExposition::Exemplars() const {
  std::vector<model::Exemplar> out;
  const bool native = item_->role == Role::kNative;
  for (const std::string_view message : item_->exemplars) {
    PHAROS_TRY(model::Exemplar exemplar, ReadExemplar(message));
    if (native && !exemplar.has_time) continue;  // nothing tells which one is the newest
    out.push_back(std::move(exemplar));
  }
  std::stable_sort(out.begin(), out.end(), [](const model::Exemplar& a, const model::Exemplar& b) {
    return std::tie(a.time_ms, a.value) < std::tie(b.time_ms, b.value);
  });
  return out;
}

}  // namespace pharos::wire
