#include "events/part_builder.h"

#include <algorithm>
#include <array>
#include <limits>
#include <set>
#include <unordered_map>
#include <utility>

#include "events/coding.h"
#include "events/dates.h"
#include "events/duplicates.h"
#include "events/limits.h"
#include "events/record_codec.h"
#include "events/zstd_levels.h"

namespace pharos::events {
namespace {

using base::Result;
using model::Event;

/// Each origin once, in pages.
class OriginTable {
 public:
  explicit OriginTable(io::PartWriter& writer, int level) : writer_(writer), level_(level) {}

  Result<int64_t> NumberOf(const model::Origin* origin) {
    if (origin == last_) return last_number_;
    scratch_.clear();
    PHAROS_CHECK(PutOrigin(scratch_, *origin), "an origin that was stored once is too deep");
    const base::Hash128 hash = base::HashBytes128(scratch_);
    const auto [it, is_new] = numbers_.try_emplace(hash, static_cast<int64_t>(numbers_.size()) + 1);
    if (is_new) {
      if (in_page_ == 0) first_.push_back(it->second);
      page_ += scratch_;
      ++in_page_;
      if (page_.size() >= kOriginPageBytes) PHAROS_TRY_VOID(Flush());
    }
    last_ = origin;
    return last_number_ = it->second;
  }
  /// Pointers may be used again for other origins from here on.
  void ForgetPointers() { last_ = nullptr; }

  Result<void> Flush() {
    if (in_page_ == 0) return {};
    std::string bytes;
    PutVarint(bytes, in_page_);
    bytes += page_;
    PHAROS_TRY([[maybe_unused]] const uint32_t number,
               writer_.AddPage("origins", bytes, io::kPageZstd, level_));
    page_.clear();
    in_page_ = 0;
    return {};
  }
  const std::vector<int64_t>& first() const { return first_; }

 private:
  io::PartWriter& writer_;
  const int level_;
  std::unordered_map<base::Hash128, int64_t, base::Hash128Hasher> numbers_;
  std::vector<int64_t> first_;
  std::string page_;
  std::string scratch_;
  size_t in_page_ = 0;
  const model::Origin* last_ = nullptr;
  int64_t last_number_ = 0;
};

size_t RoughBytes(std::span<const model::KeyValue> attributes) {
  size_t bytes = 0;
  for (const model::KeyValue& kv : attributes) bytes += 16 + kv.value.text.size();
  return bytes;
}

/// Of a span, without its attributes.
size_t RoughBytes(const model::SpanPart& span) {
  size_t bytes = 0;
  for (const model::SpanEvent& e : span.events) bytes += RoughBytes(e.attributes);
  for (const model::SpanLink& l : span.links) bytes += RoughBytes(l.attributes);
  return bytes;
}

class PartBuilder {
 public:
  PartBuilder(io::PartWriter& writer, const PartPlan& plan, RowInput& input, BodyWriter& bodies)
      : writer_(writer),
        plan_(plan),
        input_(input),
        origins_(writer, plan.zstd_level),
        bodies_(bodies) {
    for (const model::Labels& labels : input.streams()) {
      streams_.push_back(
          {labels, 0, std::numeric_limits<int64_t>::max(), std::numeric_limits<int64_t>::min()});
    }
  }

  Result<void> Write() {
    PHAROS_TRY_VOID(input_.VisitIds([&](const auto& trace, const auto& span, const auto& parent,
                                        int64_t time) { ids_.Add(trace, span, parent, time); }));
    ids_.Build();
    std::array<InputRow, kRowsAtOnce> rows;
    while (true) {
      PHAROS_TRY(const size_t count, input_.Next(rows));
      if (count == 0) break;
      PHAROS_TRY_VOID(AddRows({rows.data(), count}));
      carried_ = rows[count - 1];
      last_ = &carried_;
    }
    PHAROS_TRY_VOID(FlushGranule());
    if (granules_.empty()) return {};
    return WriteDirectory();
  }

  uint64_t rows() const { return total_rows_; }
  int64_t min_time() const { return min_time_; }
  int64_t max_time() const { return max_time_; }

 private:
  static constexpr size_t kRowsAtOnce = 32;

  Result<void> AddRows(std::span<const InputRow> rows) {
    for (const InputRow& row : rows) {
      const InputRow* before = std::exchange(last_, &row);
      if (before == nullptr || row.stream != before->stream || row.time_ns != before->time_ns) {
        in_run_ = false;
      } else {
        PHAROS_TRY(const bool again, Again(*before, row));
        if (again) continue;
      }
      PHAROS_TRY_VOID(Add(row));
    }
    return {};
  }

  /// True for an event that is the same as one before it, of which `before` is the last. Contents
  /// are looked at only where two have one stream and time.
  Result<bool> Again(const InputRow& before, const InputRow& row) {
    PHAROS_TRY_VOID(OpenRun(before));
    PHAROS_TRY(const Event* event, WholeEvent(row, filled_));
    return duplicates_.Seen(*event, true);
  }

  /// Has the row noted for those of its stream and time to come.
  Result<void> OpenRun(const InputRow& row) {
    if (in_run_) return {};
    in_run_ = true;
    PHAROS_TRY(const Event* event, WholeEvent(row, filled_));
    duplicates_.Seen(*event, false);
    return {};
  }

  Result<void> Add(const InputRow& row) {
    const Event& event = *row.event;
    int64_t origin = 0;
    if (event.origin != nullptr) {
      PHAROS_TRY(origin, origins_.NumberOf(event.origin));
    }
    GranuleRow& out = rows_.emplace_back();  // field by field: a copy would wait for them
    out.stream = row.stream;
    out.ids = ids_.Of(row.visit);
    out.origin = origin;
    out.time_ns = row.time_ns;
    out.attributes = row.attributes;
    out.event = row.event;
    if (row.bodies == nullptr) {
      bodies_.Add(row.body, row.time_ns);
      bytes_ += row.body.text.size();
    } else {
      bytes_ += bodies_.AddCopy(*row.bodies, row.row, row.source, row.time_ns);
    }
    if (row.attributes.data() != last_attributes_.data() ||
        row.attributes.size() != last_attributes_.size()) {
      NoteKeys(row.attributes);
      attribute_bytes_ = RoughBytes(row.attributes);
      last_attributes_ = row.attributes;
    }
    PartStream& known = streams_[row.stream];
    ++known.rows;
    known.min_time = std::min(known.min_time, row.time_ns);
    known.max_time = std::max(known.max_time, row.time_ns);
    min_time_ = std::min(min_time_, row.time_ns);
    max_time_ = std::max(max_time_, row.time_ns);
    ++total_rows_;
    bytes_ += 64 + attribute_bytes_;
    if (event.span != nullptr) bytes_ += RoughBytes(*event.span);
    const size_t most = event.span != nullptr ? kSpanGranuleRows : kGranuleRows;
    if (rows_.size() >= most || bytes_ >= kGranuleBytes) return FlushGranule();
    return {};
  }

  /// Most rows have the keys of the row before, in the same order.
  void NoteKeys(std::span<const model::KeyValue> attributes) {
    if (last_keys_.size() < attributes.size()) last_keys_.resize(attributes.size());
    if (given_keys_.size() < attributes.size()) given_keys_.resize(attributes.size());
    for (size_t i = 0; i < attributes.size(); ++i) {
      if (attributes[i].key.data() == given_keys_[i].data() &&
          attributes[i].key.size() == given_keys_[i].size() && !attributes[i].key.empty()) {
        continue;
      }
      given_keys_[i] = attributes[i].key;
      if (last_keys_[i].data() == nullptr || !SameText(attributes[i].key, last_keys_[i])) {
        last_keys_[i] = NoteKey(attributes[i].key);
      }
    }
  }

  /// The key as it is kept; nothing when it is not.
  std::string_view NoteKey(std::string_view key) {
    const auto it = keys_.find(key);
    if (it != keys_.end()) return *it;
    if (keys_.size() == kMaxNamedKeys) {
      many_keys_ = true;
      return {};
    }
    return *keys_.emplace(key).first;
  }

  Result<void> FlushGranule() {
    if (!rows_.empty()) {
      const GranulePages pages = EncodeGranule(rows_);
      granules_.push_back(pages.meta);
      PHAROS_TRY_VOID(AddPage("key", pages.key, kKeyLevel));
      PHAROS_TRY_VOID(AddPage("ids", pages.ids, kIdsLevel));
      PHAROS_TRY(const std::string body, bodies_.FinishGranule(writer_, plan_.zstd_level));
      PHAROS_TRY_VOID(AddPage("body", body, kBodyLevel));
      PHAROS_TRY_VOID(AddPage("rest", pages.rest, kRestLevel));
    }
    rows_.clear();
    bytes_ = 0;
    last_attributes_ = {};
    given_keys_.clear();
    if (last_ != nullptr) {  // the next granule may begin with what it is equal to
      PHAROS_TRY_VOID(OpenRun(*last_));
      duplicates_.Settle();
    }
    filled_.Clear();
    origins_.ForgetPointers();
    input_.Release();
    return {};
  }

  Result<void> WriteDirectory() {
    PHAROS_TRY_VOID(origins_.Flush());
    PHAROS_TRY_VOID(bodies_.Finish(writer_, plan_.zstd_level));
    PartMeta meta;
    meta.kind = plan_.kind;
    meta.rows = total_rows_;
    meta.min_sequence = plan_.min_sequence;
    meta.origin_first = origins_.first();
    meta.run_first = {0};
    meta.attribute_keys.assign(keys_.begin(), keys_.end());
    meta.many_keys = many_keys_;
    PHAROS_TRY(meta.traces, ids_.Write(writer_));
    PHAROS_TRY_VOID(AddPage("streams", EncodeStreams(streams_)));
    PHAROS_TRY_VOID(AddPage("granules", EncodeGranuleMetas(granules_)));
    return AddPage("meta", meta.Encode());
  }

  Result<void> AddPage(std::string_view section, std::string_view bytes, int level = kAnyLevel) {
    PHAROS_TRY([[maybe_unused]] const uint32_t number,
               writer_.AddPage(section, bytes, io::kPageZstd, std::min(level, plan_.zstd_level)));
    return {};
  }

  io::PartWriter& writer_;
  const PartPlan& plan_;
  RowInput& input_;
  OriginTable origins_;
  BodyWriter& bodies_;
  TraceTableBuilder ids_;
  DuplicateFilter duplicates_;
  std::vector<PartStream> streams_;
  std::vector<GranuleMeta> granules_;
  std::vector<GranuleRow> rows_;  // of the open granule
  std::set<std::string, std::less<>> keys_;
  std::vector<std::string_view> last_keys_;   // by place, each one of keys_
  std::vector<std::string_view> given_keys_;  // the same, as rows of the open granule had them
  bool many_keys_ = false;
  std::span<const model::KeyValue> last_attributes_;  // of the open granule
  size_t attribute_bytes_ = 0;                        // of these
  size_t bytes_ = 0;
  const InputRow* last_ = nullptr;
  InputRow carried_;          // the last one of those before; once it has been in a granule, only
                              // its stream and time
  bool in_run_ = false;       // it is in duplicates_
  base::Arena filled_{4096};  // events that had to be compared
  uint64_t total_rows_ = 0;
  int64_t min_time_ = std::numeric_limits<int64_t>::max();
  int64_t max_time_ = std::numeric_limits<int64_t>::min();
};

/// Letters, digits, `_`, `-` and inner dots stay; the names of other things in the data
/// directory, too, are escaped.
std::string SafeName(std::string_view tenant) {
  constexpr char kHex[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : tenant) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '_' || c == '-' || (c == '.' && !out.empty());
    if (plain) {
      out += c;
    } else {
      const auto byte = static_cast<uint8_t>(c);
      ((out += '%') += kHex[byte >> 4]) += kHex[byte & 15];
    }
  }
  if (out.empty() || out == "tmp" || out == "wal") out += '%';
  return out;
}

}  // namespace

std::string PartPath(const PartPlan& plan, uint64_t id) {
  return SafeName(plan.tenant) + (plan.kind == model::EventKind::kSpan ? "/spans/" : "/logs/") +
         DateOf(plan.day) + "/part-" + std::to_string(id);
}

Result<std::shared_ptr<Part>> WritePart(io::Manifest& manifest, const PartPlan& plan,
                                        RowInput& input, io::ManifestEdit edit,
                                        std::shared_ptr<SharedPages> pages, BodyWriter& bodies) {
  return MakePart(manifest, plan, std::move(edit), std::move(pages),
                  [&](io::PartWriter& writer) -> Result<PartTotals> {
                    PartBuilder builder(writer, plan, input, bodies);
                    PHAROS_TRY_VOID(builder.Write());
                    return PartTotals{builder.rows(), builder.min_time(), builder.max_time()};
                  });
}

Result<std::shared_ptr<Part>> MakePart(
    io::Manifest& manifest, const PartPlan& plan, io::ManifestEdit edit,
    std::shared_ptr<SharedPages> pages,
    const std::function<Result<PartTotals>(io::PartWriter&)>& fill) {
  const uint64_t id = manifest.NextPartId();
  PHAROS_TRY(const std::string tmp, io::MakeTmpDir(manifest, "events-" + std::to_string(id)));
  const std::string path = tmp + "/" + std::string(kPartFile);
  const auto write = [&]() -> Result<std::shared_ptr<Part>> {
    PHAROS_TRY(auto writer, io::PartWriter::Create(manifest.fs(), path, kPartKind, kPartVersion));
    PHAROS_TRY(const PartTotals totals, fill(*writer));
    if (totals.rows == 0) {
      writer.reset();
      (void)manifest.fs().RemoveAll(tmp);
      return nullptr;
    }
    PHAROS_TRY(const uint64_t bytes, writer->Finish());
    writer.reset();
    io::PartEntry entry{io::Signal::kEvents, plan.tenant,     id,    PartPath(plan, id),
                        totals.min_time,     totals.max_time, bytes, totals.rows};
    edit.add.push_back(entry);
    PHAROS_TRY_VOID(io::PublishPart(manifest, tmp, edit));
    return Part::Open(manifest.fs(), manifest.data_dir(), entry, std::move(pages));
  };
  auto part = write();
  if (!part) (void)manifest.fs().RemoveAll(tmp);
  return part;
}

}  // namespace pharos::events
