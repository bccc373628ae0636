#include "query/logql/entry.h"

#include <algorithm>
#include <cstring>

#include "match/label_name.h"
#include "query/logql/limits.h"

namespace pharos::query::logql {
namespace {

constexpr size_t kBlockBytes = 4096;
constexpr std::string_view kSuffix = "_extracted";

}  // namespace

std::string_view Scratch::Copy(std::string_view bytes) {
  if (bytes.empty()) return {};
  while (block_ < blocks_.size() && used_ + bytes.size() > blocks_[block_].size) {
    ++block_;
    used_ = 0;
  }
  if (block_ == blocks_.size()) {
    const size_t size = std::max(kBlockBytes, bytes.size());
    blocks_.push_back({std::make_unique_for_overwrite<char[]>(size), size});
  }
  char* to = blocks_[block_].bytes.get() + used_;
  std::memcpy(to, bytes.data(), bytes.size());
  used_ += bytes.size();
  return {to, bytes.size()};
}

void EntryLabels::Reset(const std::vector<model::LabelView>& stream) {
  labels_.clear();
  for (const model::LabelView& label : stream) labels_.push_back({label.name, label.value});
  error_ = details_ = {};
  scratch_.Reset();
}

EntryLabel* EntryLabels::At(std::string_view name) {
  for (EntryLabel& label : labels_) {
    if (label.name == name) return &label;
  }
  return nullptr;
}

void EntryLabels::AddMetadata(std::string_view name, std::string_view value) {
  EntryLabel* there = At(name);
  if (there != nullptr && there->kind == LabelKind::kStream) {
    name = scratch_.Copy(std::string(name) + std::string(kSuffix));
    there = At(name);
  }
  if (there == nullptr) {
    if (labels_.size() < kMaxLabels) labels_.push_back({name, value, LabelKind::kMetadata});
  } else if (there->kind == LabelKind::kMetadata) {
    there->value = value;
  }
}

bool EntryLabels::StreamHas(std::string_view name) const {
  return std::any_of(labels_.begin(), labels_.end(), [&](const EntryLabel& label) {
    return label.kind == LabelKind::kStream && label.name == name;
  });
}

void EntryLabels::Extract(std::string_view name, std::string_view value, bool keep_first) {
  EntryLabel* there = At(name);
  if (there != nullptr && there->kind != LabelKind::kParsed) {
    std::string longer(name);
    longer += kSuffix;
    name = scratch_.Copy(longer);
    there = At(name);
    if (there != nullptr && there->kind != LabelKind::kParsed) {
      there->kind = LabelKind::kParsed;  // here the parser's word counts more
      keep_first = false;
    }
  } else if (there == nullptr) {
    name = scratch_.Copy(name);
  }
  if (there == nullptr) {
    if (labels_.size() < kMaxLabels)
      labels_.push_back({name, scratch_.Copy(value), LabelKind::kParsed});
  } else if (!keep_first) {
    there->value = scratch_.Copy(value);
  }
}

void EntryLabels::Set(std::string_view name, std::string_view value) {
  if (EntryLabel* there = At(name); there != nullptr) {
    there->value = scratch_.Copy(value);
    there->kind = LabelKind::kParsed;
  } else if (labels_.size() < kMaxLabels) {
    labels_.push_back({scratch_.Copy(name), scratch_.Copy(value), LabelKind::kParsed});
  }
}

void EntryLabels::Delete(std::string_view name) {
  std::erase_if(labels_, [&](const EntryLabel& label) { return label.name == name; });
}

const std::string_view* EntryLabels::Find(std::string_view name) const {
  for (const EntryLabel& label : labels_) {
    if (label.name == name) return &label.value;
  }
  if (name == kErrorLabel && !error_.empty()) return &error_;
  if (name == kErrorDetailsLabel && !details_.empty()) return &details_;
  return nullptr;
}

std::string_view EntryLabels::Get(std::string_view name) const {
  const std::string_view* found = Find(name);
  return found != nullptr ? *found : std::string_view();
}

void EntryLabels::SetError(std::string_view error, std::string_view details) {
  error_ = scratch_.Copy(error);
  details_ = scratch_.Copy(details);
}

model::Labels EntryLabels::Merged() const {
  std::vector<model::LabelView> views;
  views.reserve(labels_.size() + 2);
  for (const EntryLabel& label : labels_) views.push_back({label.name, label.value});
  if (!error_.empty()) views.push_back({kErrorLabel, error_});
  if (!details_.empty()) views.push_back({kErrorDetailsLabel, details_});
  return model::Labels::FromPairs(std::move(views));
}

model::Labels EntryLabels::OfKind(LabelKind kind) const {
  std::vector<model::LabelView> views;
  for (const EntryLabel& label : labels_) {
    if (label.kind == kind) views.push_back({label.name, label.value});
  }
  if (kind == LabelKind::kParsed) {
    if (!error_.empty()) views.push_back({kErrorLabel, error_});
    if (!details_.empty()) views.push_back({kErrorDetailsLabel, details_});
  }
  return model::Labels::FromPairs(std::move(views));
}

namespace {

class MetadataWriter {
 public:
  explicit MetadataWriter(EntryLabels* labels) : labels_(labels) {}

  /// Resource attributes that became stream labels are not said twice.
  void SkipStreamLabels(bool skip) { skip_ = skip; }

  void Text(std::string_view name, std::string_view value) {
    if (value.empty()) return;
    name_.clear();
    match::AppendLabelName(name_, name, true);
    if (skip_ && labels_->StreamHas(name_)) return;
    // A name that needs no change is borrowed from the event, which outlives the entry.
    labels_->AddMetadata(name_ == name ? name : labels_->Keep(name_), value);
  }

  void Value(std::string_view name, const model::Value& value) {
    switch (value.type) {
      case model::Value::Type::kString: Text(name, value.text); break;
      case model::Value::Type::kMap:  // Loki flattens maps with '_'
        for (const model::KeyValue& item : value.map()) {
          Value(labels_->Keep(std::string(name) + "_" + std::string(item.key)), item.value);
        }
        break;
      default: Text(name, labels_->Keep(model::ValueToString(value)));
    }
  }

  void All(std::span<const model::KeyValue> attributes) {
    for (const model::KeyValue& attribute : attributes) Value(attribute.key, attribute.value);
  }

  void Number(std::string_view name, int64_t value) {
    if (value != 0) Text(name, labels_->Keep(std::to_string(value)));
  }

 private:
  EntryLabels* labels_;
  std::string name_;
  bool skip_ = false;
};

/// What Loki's OTLP endpoint turns into structured metadata besides the attributes.
void OtlpFields(const model::Event& event, MetadataWriter* out, EntryLabels* labels) {
  const model::Origin& origin = *event.origin;
  out->SkipStreamLabels(true);
  out->All(origin.resource);
  out->SkipStreamLabels(false);
  out->All(origin.scope_attributes);
  out->Text("scope_name", origin.scope_name);
  out->Text("scope_version", origin.scope_version);
  if (origin.scope_dropped != 0)
    out->Number("scope_dropped_attributes_count", origin.scope_dropped);
  out->All(event.attributes);
  out->Number("observed_timestamp", event.observed_ns);
  out->Number("severity_number", event.severity_number);
  out->Text("severity_text", event.severity_text);
  out->Number("dropped_attributes_count", event.dropped_attributes);
  out->Number("flags", event.flags);
  if (!event.trace_id.IsZero()) out->Text("trace_id", labels->Keep(model::ToHex(event.trace_id)));
  if (!event.span_id.IsZero()) out->Text("span_id", labels->Keep(model::ToHex(event.span_id)));
}

}  // namespace

void FillEntry(const model::Event& event, const std::vector<model::LabelView>& stream,
               std::string* line, Entry* entry) {
  entry->time_ns = event.time_ns;
  if (event.body.type == model::Value::Type::kString) {
    entry->line = event.body.text;
  } else {
    *line = model::ValueToString(event.body);
    entry->line = *line;
  }
  entry->labels.Reset(stream);
  MetadataWriter writer(&entry->labels);
  if (event.origin != nullptr) {
    OtlpFields(event, &writer, &entry->labels);
  } else {
    writer.All(event.attributes);
  }
}

}  // namespace pharos::query::logql
