#include "ingest/process/rewrite.h"

#include "wire/limits.h"
#include "wire/otlp_encode.h"
#include "wire/otlp_value.h"
#include "wire/protobuf.h"

namespace pharos::ingest::process {
namespace {

using base::ErrorKind;
using wire::PbReader;
using wire::WireType;

void AppendVarint(std::string& out, uint64_t v) {
  while (v >= 0x80) {
    out += static_cast<char>(v | 0x80);
    v >>= 7;
  }
  out += static_cast<char>(v);
}
void AppendMessage(std::string& out, uint32_t field, std::string_view bytes) {
  AppendVarint(out, (uint64_t{field} << 3) | static_cast<uint64_t>(WireType::kBytes));
  AppendVarint(out, bytes.size());
  out += bytes;
}

/// A request is a tree: resource, scope, item, and for metrics: data, point.
enum Level : uint8_t { kRequest, kResource, kScope, kMetric, kData };

bool IsChild(OtlpSignal, Level level, const PbReader& in) {
  if (in.type() != WireType::kBytes) return false;
  switch (level) {
    case kRequest: return in.field() == 1;
    case kResource: return in.field() == 2;
    case kScope: return in.field() == 2;
    case kMetric: return IsMetricData(in.field());
    case kData: return in.field() == 1;
  }
  return false;
}
/// True where the children of the level are what is counted.
bool IsLeaf(OtlpSignal signal, Level level) {
  return signal == OtlpSignal::kMetrics ? level == kData : level == kScope;
}
Level Below(Level level) { return static_cast<Level>(level + 1); }

base::Result<size_t> Count(OtlpSignal signal, Level level, std::string_view message) {
  size_t items = 0;
  PbReader in(message);
  while (in.Next()) {
    if (!IsChild(signal, level, in)) continue;
    if (IsLeaf(signal, level)) {
      ++items;
    } else {
      PHAROS_TRY(const size_t below, Count(signal, Below(level), in.Bytes()));
      items += below;
    }
  }
  if (!in.ok()) return base::Fail(ErrorKind::kBadInput, in.error());
  return items;
}

/// One request being rewritten: reads lists, writes them back.
class Rewriter {
 public:
  Rewriter(OtlpSignal signal, const ItemEdit* edit) : signal_(signal), edit_(edit) {}

  base::Result<std::string> Resources(std::string_view body, const ResourceEdit& edit) {
    std::string out;
    out.reserve(body.size() + body.size() / 8);
    PbReader in(body);
    while (in.Next()) {
      if (IsChild(signal_, kRequest, in)) {
        AppendMessage(out, 1, ResourceChanged(in.Bytes(), edit));
      } else {
        out += in.raw_field();
      }
    }
    return Finish(std::move(out), in);
  }

  base::Result<std::string> Items(std::string_view body) {
    std::string out;
    out.reserve(body.size() + body.size() / 8);
    PbReader in(body);
    while (in.Next()) {
      if (IsChild(signal_, kRequest, in)) {
        AppendMessage(out, 1, ResourceGroup(in.Bytes()));
      } else {
        out += in.raw_field();
      }
    }
    return Finish(std::move(out), in);
  }

 private:
  base::Result<std::string> Finish(std::string out, const PbReader& in) {
    if (!in.ok()) Fail(in.error());
    if (error_ != nullptr) {
      return base::Fail(reader_.too_many() ? ErrorKind::kTooLarge : ErrorKind::kBadInput, error_);
    }
    return out;
  }
  void Fail(const char* why) {
    if (error_ == nullptr) error_ = why;
  }
  void Check(const PbReader& in) {
    if (!in.ok()) Fail(in.error());
  }

  /// The attributes (repeated, in `field`) of a message; the other fields go to `rest`.
  AttributeList Read(std::string_view message, uint32_t field, std::string* rest) {
    const size_t mark = reader_.Mark();
    PbReader in(message);
    while (in.Next()) {
      if (in.field() == field) {
        if (!reader_.Add(in.Bytes())) Fail(reader_.error());
      } else {
        rest->append(in.raw_field());
      }
    }
    Check(in);
    const auto list = reader_.Take(mark);
    return {list.begin(), list.end()};
  }

  std::string ResourceChanged(std::string_view message, const ResourceEdit& edit) {
    std::string resource, rest;
    PbReader in(message);
    while (in.Next()) {
      if (in.field() == 1) {
        resource += in.Bytes();  // a message that comes twice is merged, as protobuf has it
      } else {
        rest += in.raw_field();
      }
    }
    Check(in);
    std::string others;
    AttributeList list = Read(resource, 1, &others);
    edit(list, arena_);
    std::string changed;
    wire::AppendOtlpAttributes(changed, 1, list);
    changed += others;
    std::string out;
    AppendMessage(out, 1, changed);
    return out += rest;
  }

  std::string ResourceGroup(std::string_view message) {
    PbReader first(message);
    std::string ignored;
    resource_.clear();
    while (first.Next()) {
      if (first.field() != 1) continue;
      const AttributeList list = Read(first.Bytes(), 1, &ignored);
      resource_.insert(resource_.end(), list.begin(), list.end());
    }
    std::string out;
    PbReader in(message);
    while (in.Next()) {
      if (IsChild(signal_, kResource, in)) {
        AppendMessage(out, in.field(), ScopeGroup(in.Bytes()));
      } else {
        out += in.raw_field();
      }
    }
    Check(in);
    return out;
  }

  std::string ScopeGroup(std::string_view message) {
    context_ = {.resource = resource_, .scope_name = {}, .scope_version = {}, .message = {}};
    PbReader first(message);
    while (first.Next()) {
      if (first.field() != 1) continue;
      PbReader scope(first.Bytes());
      while (scope.Next()) {
        if (scope.field() == 1) context_.scope_name = scope.Bytes();
        if (scope.field() == 2) context_.scope_version = scope.Bytes();
      }
    }
    std::string out;
    PbReader in(message);
    while (in.Next()) {
      if (!IsChild(signal_, kScope, in)) {
        out += in.raw_field();
        continue;
      }
      context_.message = in.Bytes();
      const bool metric = signal_ == OtlpSignal::kMetrics;
      AppendMessage(out, 2,
                    metric ? Metric(in.Bytes()) : Item(in.Bytes(), AttributesField(signal_, 0)));
    }
    Check(in);
    return out;
  }

  std::string Metric(std::string_view message) {
    std::string out;
    PbReader in(message);
    while (in.Next()) {
      if (!IsChild(signal_, kMetric, in)) {
        out += in.raw_field();
        continue;
      }
      const uint32_t attributes = AttributesField(signal_, in.field());
      std::string data;
      PbReader points(in.Bytes());
      while (points.Next()) {
        if (IsChild(signal_, kData, points)) {
          AppendMessage(data, 1, Item(points.Bytes(), attributes));
        } else {
          data += points.raw_field();
        }
      }
      Check(points);
      AppendMessage(out, in.field(), data);
    }
    Check(in);
    return out;
  }

  std::string Item(std::string_view message, uint32_t field) {
    std::string out;
    AttributeList list = Read(message, field, &out);
    if (!(*edit_)(context_, list, arena_)) return std::string(message);
    wire::AppendOtlpAttributes(out, field, list);
    return out;
  }

  const OtlpSignal signal_;
  const ItemEdit* edit_;
  base::Arena arena_;
  wire::AttributeReader reader_{&arena_};
  AttributeList resource_;
  ItemContext context_;
  const char* error_ = nullptr;
};

struct Halves {
  size_t first = 0, rest = 0;  ///< items
};

/// Fields that are not children stand in both halves.
Halves Split(OtlpSignal signal, Level level, std::string_view message, size_t& left,
             std::string& first, std::string& rest) {
  Halves halves;
  PbReader in(message);
  while (in.Next()) {
    if (!IsChild(signal, level, in)) {
      first += in.raw_field();
      rest += in.raw_field();
    } else if (IsLeaf(signal, level)) {
      const bool fits = left > 0;
      (fits ? first : rest) += in.raw_field();
      ++(fits ? halves.first : halves.rest);
      if (fits) --left;
    } else {
      std::string child_first, child_rest;
      const Halves child = Split(signal, Below(level), in.Bytes(), left, child_first, child_rest);
      halves.first += child.first;
      halves.rest += child.rest;
      if (child.first > 0 || child.rest == 0) AppendMessage(first, in.field(), child_first);
      if (child.rest > 0) AppendMessage(rest, in.field(), child_rest);
    }
  }
  return halves;
}

}  // namespace

bool IsMetricData(uint32_t field) {
  return field == 5 || field == 7 || field == 9 || field == 10 || field == 11;
}

uint32_t AttributesField(OtlpSignal signal, uint32_t data_field) {
  if (signal == OtlpSignal::kTraces) return 9;
  if (signal == OtlpSignal::kLogs) return 6;
  if (data_field == 9) return 9;
  return data_field == 10 ? 1 : 7;
}

base::Result<size_t> CountItems(OtlpSignal signal, std::string_view body) {
  PHAROS_TRY(const size_t items, Count(signal, kRequest, body));
  if (items > wire::kMaxRecords) {
    return base::Fail(ErrorKind::kTooLarge,
                      "request has more than 1000000 items; send smaller "
                      "batches");
  }
  return items;
}

base::Result<std::string> RewriteResources(std::string_view body, const ResourceEdit& edit) {
  return Rewriter(OtlpSignal::kTraces, nullptr).Resources(body, edit);
}

base::Result<std::string> RewriteItems(OtlpSignal signal, std::string_view body,
                                       const ItemEdit& edit) {
  return Rewriter(signal, &edit).Items(body);
}

std::pair<std::string, std::string> SplitItems(OtlpSignal signal, std::string_view body,
                                               size_t items) {
  std::pair<std::string, std::string> halves;
  Split(signal, kRequest, body, items, halves.first, halves.second);
  return halves;
}

}  // namespace pharos::ingest::process
