// `| level="error" and (status >= 500 or duration > 1s)`.
#include "match/ip_filter.h"
#include "match/quantity.h"
#include "query/logql/pipeline.h"

namespace pharos::query::logql {
namespace {

constexpr std::string_view kFilterError = "LabelFilterErr";

template <class T>
bool Holds(CompareOp op, T left, T right) {
  switch (op) {
    case CompareOp::kEqual: return left == right;
    case CompareOp::kNotEqual: return left != right;
    case CompareOp::kGreater: return left > right;
    case CompareOp::kGreaterEqual: return left >= right;
    case CompareOp::kLess: return left < right;
    case CompareOp::kLessEqual: return left <= right;
  }
  return false;
}

class LabelFilterRun final : public PipelineStage {
 public:
  explicit LabelFilterRun(LabelFilter filter) : filter_(std::move(filter)) {}
  base::Result<void> Prepare() { return Prepare(filter_); }
  bool Process(Entry* entry) override { return Test(filter_, &entry->labels); }

 private:
  using Kind = LabelFilter::Kind;

  base::Result<void> Prepare(const LabelFilter& filter) {
    for (const LabelFilter& child : filter.children) PHAROS_TRY_VOID(Prepare(child));
    if (filter.kind != Kind::kIp) return {};
    PHAROS_TRY(auto ip, match::IpFilter::Make(filter.ip));
    ips_.emplace_back(&filter, ip);
    return {};
  }

  bool Test(const LabelFilter& f, EntryLabels* labels) {
    switch (f.kind) {
      case Kind::kAnd: return Test(f.children[0], labels) && Test(f.children[1], labels);
      case Kind::kOr: return Test(f.children[0], labels) || Test(f.children[1], labels);
      case Kind::kString: return f.matcher->Matches(labels->Get(f.matcher->name()));
      case Kind::kIp: return TestIp(f, labels);
      case Kind::kNumber:
        return TestQuantity(
            f, labels, [](std::string_view t) { return match::ParseNumber(t); }, f.number);
      case Kind::kDuration:
        return TestQuantity(
            f, labels, [](std::string_view t) { return match::ParseGoDuration(t); }, f.duration_ns);
      case Kind::kBytes:
        return TestQuantity(
            f, labels, [](std::string_view t) { return match::ParseHumanBytes(t); }, f.bytes);
    }
    return false;
  }

  /// Without its label a filter drops the entry; what cannot be converted passes with an error.
  template <class Parse, class T>
  static bool TestQuantity(const LabelFilter& f, EntryLabels* labels, Parse parse, T want) {
    const std::string_view* value = labels->Find(f.name);
    if (value == nullptr || f.name == kErrorLabel || f.name == kErrorDetailsLabel) return false;
    const auto parsed = parse(*value);
    if (!parsed) {
      if (labels->HasError()) return true;
      labels->SetError(kFilterError, parsed.error().message);
      return true;
    }
    return Holds(f.op, *parsed, want);
  }

  bool TestIp(const LabelFilter& f, EntryLabels* labels) const {
    if (labels->HasError()) return true;
    const std::string_view* value = labels->Find(f.name);
    if (value == nullptr) return false;
    for (const auto& [of, ip] : ips_) {
      if (of == &f) return ip.FoundIn(*value) == (f.op == CompareOp::kEqual);
    }
    return false;
  }

  const LabelFilter filter_;
  std::vector<std::pair<const LabelFilter*, match::IpFilter>> ips_;
};

}  // namespace

base::Result<PipelineStagePtr> CompileLabelFilter(const LabelFilter& filter) {
  auto run = std::make_unique<LabelFilterRun>(filter);
  PHAROS_TRY_VOID(run->Prepare());
  return run;
}

}  // namespace pharos::query::logql
