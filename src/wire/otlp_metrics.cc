#include "wire/otlp_metrics.h"

#include <bit>
#include <cstring>
#include <utility>

#include "wire/limits.h"
#include "wire/otlp_value.h"
#include "wire/protobuf.h"

namespace pharos::wire {
namespace {

/// Field numbers that the kinds of data points give to what they share.
struct PointFields {
  uint32_t attributes, exemplars, flags, start = 2, time = 3, count = 4, sum = 5;
};
constexpr PointFields kNumber{7, 5, 8};
constexpr PointFields kHistogram{9, 8, 10};
constexpr PointFields kExponential{1, 11, 10};
constexpr PointFields kSummary{7, 0, 8};

std::unexpected<base::Error> Refusal(bool too_many, const char* error) {
  if (!too_many) return base::Fail(base::ErrorKind::kBadInput, error);
  return base::Fail(base::ErrorKind::kTooLarge,
                    "request has more data points or attributes than are allowed at once; "
                    "send smaller batches");
}

class Decoder {
 public:
  Decoder(OtlpMetrics* out, OtlpAttributes attributes)
      : out_(out),
        read_attributes_(attributes == OtlpAttributes::kRead),
        attributes_(&out->arena) {}

  base::Result<void> Decode(std::string_view body) {
    PbReader in(body);
    bool good = true;
    while (good && in.Next()) {
      if (in.field() == 1) good = Resource(in.Bytes());
    }
    if (good && !in.ok()) good = Fail(in.error());
    if (good) return {};
    return Refusal(too_many_ || attributes_.too_many(), error_);
  }

 private:
  bool Resource(std::string_view message) {
    OtlpResourceMetrics& resource = out_->resources.emplace_back();
    PbReader first(message);
    while (first.Next()) {
      if (first.field() != 1) continue;
      resource.raw_resource = first.Bytes();
      if (!attributes_.ReadResource(first.Bytes(), &resource.origin)) {
        return Fail(attributes_.error());
      }
    }
    if (!first.ok()) return Fail(first.error());
    PbReader in(message);
    while (in.Next()) {
      if (in.field() == 2 && !Scope(in.Bytes(), &resource)) return false;
    }
    return in.ok() || Fail(in.error());
  }

  bool Scope(std::string_view message, OtlpResourceMetrics* resource) {
    OtlpScopeMetrics& scope = resource->scopes.emplace_back();
    scope.origin = resource->origin;
    PbReader in(message);
    while (in.Next()) {
      switch (in.field()) {
        case 1:
          if (!attributes_.ReadScope(in.Bytes(), &scope.origin)) return Fail(attributes_.error());
          break;
        case 2:
          if (!Metric(in.Bytes(), &scope.metrics.emplace_back())) return false;
          break;
        case 3: scope.origin.scope_schema_url = in.Bytes(); break;
        default: break;
      }
    }
    return in.ok() || Fail(in.error());
  }

  bool Metric(std::string_view message, OtlpMetric* metric) {
    PbReader in(message);
    while (in.Next()) {
      switch (in.field()) {
        case 1: metric->name = in.Bytes(); break;
        case 2: metric->description = in.Bytes(); break;
        case 3: metric->unit = in.Bytes(); break;
        case 5: metric->type = OtlpMetricType::kGauge; break;
        case 7: metric->type = OtlpMetricType::kSum; break;
        case 9: metric->type = OtlpMetricType::kHistogram; break;
        case 10: metric->type = OtlpMetricType::kExponentialHistogram; break;
        case 11: metric->type = OtlpMetricType::kSummary; break;
        default: break;
      }
      const uint32_t field = in.field();
      const bool data = field == 5 || field == 7 || (field >= 9 && field <= 11);
      if (data && !Data(in.Bytes(), metric)) return false;
    }
    return in.ok() || Fail(in.error());
  }

  bool Data(std::string_view message, OtlpMetric* metric) {
    PbReader in(message);
    while (in.Next()) {
      if (in.field() == 1) {
        if (++out_->points > kMaxPoints) return too_many_ = true, false;
        if (!Point(in.Bytes(), metric->type, &metric->points.emplace_back())) return false;
      } else if (in.field() == 2) {
        const uint64_t kind = in.Varint();
        metric->temporality =
            kind <= 2 ? static_cast<OtlpTemporality>(kind) : OtlpTemporality::kUnspecified;
      } else if (in.field() == 3) {
        metric->monotonic = in.Bool();
      }
    }
    return in.ok() || Fail(in.error());
  }

  static const PointFields& FieldsOf(OtlpMetricType type) {
    switch (type) {
      case OtlpMetricType::kHistogram: return kHistogram;
      case OtlpMetricType::kExponentialHistogram: return kExponential;
      case OtlpMetricType::kSummary: return kSummary;
      default: return kNumber;
    }
  }

  bool Point(std::string_view message, OtlpMetricType type, OtlpPoint* point) {
    const PointFields& fields = FieldsOf(type);
    const size_t mark = attributes_.Mark();
    raw_ = {};
    gathered_.clear();
    counts_.clear();
    bounds_.clear();
    quantiles_.clear();
    exemplars_.clear();
    PbReader in(message);
    while (in.Next()) {
      const uint32_t field = in.field();
      if (field == fields.attributes) {
        if (!Attribute(in)) return false;
      } else if (field == fields.exemplars) {
        if (!Exemplar(in.Bytes())) return false;
      } else if (field == fields.flags) {
        point->no_recorded_value = (in.Varint() & 1) != 0;
      } else if (field == fields.start) {
        point->start_ns = Time(in.Fixed64(), point);
      } else if (field == fields.time) {
        point->time_ns = Time(in.Fixed64(), point);
      } else if (!Own(in, type, point)) {
        return false;
      }
    }
    if (!in.ok()) return Fail(in.error());
    point->attributes = attributes_.Take(mark);
    point->raw_attributes = gathered_.empty() ? raw_ : out_->arena.Copy(gathered_);
    point->bucket_counts = Keep(counts_);
    point->bounds = Keep(bounds_);
    point->quantiles = Keep(quantiles_);
    point->exemplars = Keep(exemplars_);
    return true;
  }

  bool Attribute(PbReader& in) {
    const std::string_view field = in.raw_field();
    if (gathered_.empty() && (raw_.empty() || raw_.data() + raw_.size() == field.data())) {
      raw_ = {raw_.empty() ? field.data() : raw_.data(), raw_.size() + field.size()};
    } else {  // something lies between them
      if (gathered_.empty()) gathered_ = raw_;
      gathered_ += field;
    }
    const std::string_view message = in.Bytes();
    if (!in.ok()) return Fail(in.error());
    return !read_attributes_ || attributes_.Add(message) || Fail(attributes_.error());
  }

  /// The fields that only one kind has.
  bool Own(PbReader& in, OtlpMetricType type, OtlpPoint* point) {
    const uint32_t field = in.field();
    if (type == OtlpMetricType::kGauge || type == OtlpMetricType::kSum) {
      if (field == 4) point->value = in.Double();
      if (field == 6) point->value = static_cast<double>(static_cast<int64_t>(in.Fixed64()));
      return true;
    }
    if (field == 4) point->count = in.Fixed64();
    if (field == 5) {
      point->sum = in.Double();
      point->has_sum = true;
    }
    if (type == OtlpMetricType::kHistogram) {
      if (field == 6) in.EachFixed64([&](uint64_t v) { Bucket(v, &counts_); });
      if (field == 7) {
        in.EachFixed64([&](uint64_t v) { Bucket(std::bit_cast<double>(v), &bounds_); });
      }
    } else if (type == OtlpMetricType::kExponentialHistogram) {
      if (field == 6) point->scale = static_cast<int32_t>(in.Sint64());
      if (field == 7) point->zero_count = in.Fixed64();
      if (field == 8 && !Side(in.Bytes(), &point->positive)) return false;
      if (field == 9 && !Side(in.Bytes(), &point->negative)) return false;
      if (field == 14) point->zero_threshold = in.Double();
    } else if (field == 6) {
      return Quantile(in.Bytes());
    }
    return !too_many_;
  }

  bool Side(std::string_view message, OtlpBuckets* side) {
    std::vector<uint64_t> counts;
    PbReader in(message);
    while (in.Next()) {
      if (in.field() == 1) {
        side->offset = static_cast<int32_t>(in.Sint64());
      } else if (in.field() == 2) {
        in.EachVarint([&](uint64_t v) { Bucket(v, &counts); });
      }
    }
    side->counts = Keep(counts);
    return !too_many_ && (in.ok() || Fail(in.error()));
  }

  bool Quantile(std::string_view message) {
    OtlpQuantile quantile;
    PbReader in(message);
    while (in.Next()) {
      if (in.field() == 1) {
        quantile.quantile = in.Double();
      } else if (in.field() == 2) {
        quantile.value = in.Double();
      }
    }
    Bucket(quantile, &quantiles_);
    return !too_many_ && (in.ok() || Fail(in.error()));
  }

  bool Exemplar(std::string_view message) {
    const size_t mark = attributes_.Mark();
    OtlpExemplar exemplar;
    OtlpPoint time_check;
    PbReader in(message);
    while (in.Next()) {
      switch (in.field()) {
        case 2: exemplar.time_ns = Time(in.Fixed64(), &time_check); break;
        case 3: exemplar.value = in.Double(); break;
        case 4: TakeId(in.Bytes(), &exemplar.span_id); break;
        case 5: TakeId(in.Bytes(), &exemplar.trace_id); break;
        case 6: exemplar.value = static_cast<double>(static_cast<int64_t>(in.Fixed64())); break;
        case 7:
          if (!attributes_.Add(in.Bytes())) return Fail(attributes_.error());
          break;
        default: break;
      }
    }
    exemplar.attributes = attributes_.Take(mark);
    Bucket(exemplar, &exemplars_);
    return !too_many_ && (in.ok() || Fail(in.error()));
  }

  template <class Id>
  static void TakeId(std::string_view bytes, Id* id) {
    if (bytes.size() == id->bytes.size()) {
      std::memcpy(id->bytes.data(), bytes.data(), bytes.size());
    }
  }
  template <class T>
  void Bucket(const T& item, std::vector<T>* list) {
    if (list->size() >= kMaxBuckets) {
      too_many_ = true;
    } else {
      list->push_back(item);
    }
  }
  template <class T>
  std::span<const T> Keep(const std::vector<T>& list) {
    return out_->arena.CopySpan(std::span<const T>(list));
  }
  static int64_t Time(uint64_t ns, OtlpPoint* point) {
    if (ns > static_cast<uint64_t>(INT64_MAX)) point->time_out_of_range = true;
    return static_cast<int64_t>(ns);
  }
  bool Fail(const char* why) {
    error_ = why;
    return false;
  }

  OtlpMetrics* out_;
  const bool read_attributes_;
  AttributeReader attributes_;
  std::string_view raw_;  ///< attributes of the point at hand
  std::string gathered_;  ///< the same where they do not lie together
  std::vector<uint64_t> counts_;
  std::vector<double> bounds_;
  std::vector<OtlpQuantile> quantiles_;
  std::vector<OtlpExemplar> exemplars_;
  bool too_many_ = false;
  const char* error_ = "";
};

}  // namespace

base::Result<OtlpMetrics> DecodeOtlpMetrics(std::string_view body, OtlpAttributes attributes) {
  OtlpMetrics out;
  PHAROS_TRY_VOID(Decoder(&out, attributes).Decode(body));
  return out;
}

base::Result<std::span<const model::KeyValue>> ReadOtlpAttributes(std::string_view raw,
                                                                  AttributeReader& reader) {
  const size_t mark = reader.Mark();
  PbReader in(raw);
  while (in.Next()) {
    if (!reader.Add(in.Bytes())) return Refusal(reader.too_many(), reader.error());
  }
  if (!in.ok()) return Refusal(false, in.error());
  return reader.Take(mark);
}

}  // namespace pharos::wire
