// `labels`, `structured_metadata`, `static_labels`, `labeldrop`, `labelallow`, `tenant`: what
// names an entry.
#include <algorithm>

#include "ingest/tail/stages.h"

namespace pharos::ingest::tail {
namespace {

using Names = std::map<std::string, std::string>;

/// name → source, the name itself where no source is given. Faults as Promtail words them.
Names ReadNames(const conf::Node& node, std::string_view stage, conf::Faults& faults) {
  Names names;
  const std::string start = "invalid " + std::string(stage) + " stage config: ";
  if (node.kind != conf::Node::Kind::kMap) {
    faults.Add(node.line, start + "label stage config cannot be empty");
    return names;
  }
  for (const auto& [name, source, line] : node.fields) {
    if (!IsLabelName(name)) faults.Add(line, start + "invalid label name: " + name);
    if (source.kind == conf::Node::Kind::kMap || source.kind == conf::Node::Kind::kSequence) {
      faults.Add(line, start + name + ": must be the name of an extracted value");
    }
    names[name] = source.scalar.empty() ? name : source.scalar;
  }
  return names;
}

class LabelsStage final : public OneStage {
 public:
  Names names;

 protected:
  void Change(Entry& entry) override {
    for (const auto& [name, source] : names) {
      auto text = ExtractedText(entry, source);
      if (text && IsUtf8(*text)) entry.labels.insert_or_assign(name, *std::move(text));
    }
  }
};

class MetadataStage final : public OneStage {
 public:
  Names names;

 protected:
  void Change(Entry& entry) override {
    Names used;  // source → value
    for (const auto& [name, source] : names) {
      auto text = ExtractedText(entry, source);
      if (!text || !IsUtf8(*text)) continue;
      entry.metadata.emplace_back(name, *text);
      used[source] = *std::move(text);
    }
    for (const auto& [name, source] : names) {
      if (used.contains(source)) continue;
      const auto label = entry.labels.find(source);
      if (label == entry.labels.end()) continue;
      entry.metadata.emplace_back(name, label->second);
      used[source] = label->second;
    }
    for (const auto& [source, value] : used) {
      const auto label = entry.labels.find(source);
      if (label != entry.labels.end() && label->second == value) entry.labels.erase(label);
    }
  }
};

class StaticLabelsStage final : public OneStage {
 public:
  Names labels;

 protected:
  void Change(Entry& entry) override {
    for (const auto& [name, value] : labels) entry.labels.insert_or_assign(name, value);
  }
};

class LabelSetStage final : public OneStage {
 public:
  std::vector<std::string> names;
  bool keep = false;  ///< labelallow

 protected:
  void Change(Entry& entry) override {
    std::erase_if(entry.labels, [&](const auto& label) {
      return (std::find(names.begin(), names.end(), label.first) != names.end()) != keep;
    });
  }
};

class TenantStage final : public OneStage {
 public:
  std::string label, source, value;

 protected:
  void Change(Entry& entry) override {
    std::string tenant = value;
    if (!source.empty()) {
      tenant = ExtractedText(entry, source).value_or("");
    } else if (!label.empty()) {
      const auto found = entry.labels.find(label);
      tenant = found == entry.labels.end() ? "" : found->second;
    }
    if (!tenant.empty()) entry.labels.insert_or_assign(std::string(kTenantLabel), tenant);
  }
};

StagePtr MakeSetStage(const conf::Node& node, std::string_view name, bool keep,
                      conf::Faults& faults) {
  auto stage = std::make_unique<LabelSetStage>();
  stage->keep = keep;
  if (node.kind == conf::Node::Kind::kScalar) stage->names.push_back(node.scalar);
  for (const conf::Node& item : node.items) stage->names.push_back(item.scalar);
  if (stage->names.empty()) {
    faults.Add(node.line, "invalid " + std::string(name) + " stage config: " + std::string(name) +
                              " stage config cannot be empty");
  }
  return stage;
}

}  // namespace

StagePtr MakeLabelsStage(const conf::Node& node, conf::Faults& faults, int) {
  auto stage = std::make_unique<LabelsStage>();
  stage->names = ReadNames(node, "labels", faults);
  return stage;
}

StagePtr MakeStructuredMetadataStage(const conf::Node& node, conf::Faults& faults, int) {
  auto stage = std::make_unique<MetadataStage>();
  stage->names = ReadNames(node, "structured_metadata", faults);
  return stage;
}

StagePtr MakeStaticLabelsStage(const conf::Node& node, conf::Faults& faults, int) {
  auto stage = std::make_unique<StaticLabelsStage>();
  if (node.kind != conf::Node::Kind::kMap) {
    faults.Add(node.line,
               "invalid static_labels stage config: static_labels stage config cannot be empty");
    return nullptr;
  }
  for (const auto& [name, value, line] : node.fields) {
    if (!IsLabelName(name)) {
      faults.Add(line, "invalid static_labels stage config: invalid label name: " + name);
    }
    if (!value.scalar.empty()) stage->labels[name] = value.scalar;
  }
  return stage;
}

StagePtr MakeLabelDropStage(const conf::Node& node, conf::Faults& faults, int) {
  return MakeSetStage(node, "labeldrop", false, faults);
}

StagePtr MakeLabelAllowStage(const conf::Node& node, conf::Faults& faults, int) {
  return MakeSetStage(node, "labelallow", true, faults);
}

StagePtr MakeTenantStage(const conf::Node& node, conf::Faults& faults, int) {
  auto stage = std::make_unique<TenantStage>();
  conf::MapReader map(node, "stages.TenantConfig", faults);
  map.String("label", &stage->label);
  map.String("source", &stage->source);
  map.String("value", &stage->value);
  map.Done();
  const int given = !stage->label.empty() + !stage->source.empty() + !stage->value.empty();
  if (given == 0) {
    faults.Add(node.line,
               "invalid tenant stage config: label, source or value config are required");
  } else if (given > 1) {
    faults.Add(node.line,
               "invalid tenant stage config: label, source and value are mutually exclusive: you "
               "should set source, value or label but not all");
  }
  return stage;
}

}  // namespace pharos::ingest::tail
