// Label sets: the identity of a series or a stream. Kept as one canonical byte string,
// so that hashing, comparing and copying never touch a single label.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/hash.h"
#include "base/result.h"

namespace pharos::model {

struct LabelView {
  std::string_view name;
  std::string_view value;
  auto operator<=>(const LabelView&) const = default;
};

inline constexpr std::string_view kMetricName = "__name__";

/// An immutable set of labels, sorted by name (bytewise), names unique, no empty value.
///
/// Owns: its bytes: for each label varint(name length) name varint(value length) value
/// (LEB128). Threads: immutable. Errors: see Decode. Cost: iteration is a walk over the
/// bytes; Get is linear.
class Labels {
 public:
  class Iterator {
   public:
    explicit Iterator(const char* at) : at_(at) {}
    LabelView operator*() const;
    Iterator& operator++();
    bool operator==(const Iterator&) const = default;

   private:
    const char* at_;
  };

  Labels() = default;
  /// Sorts; drops empty values; the last of equal names wins.
  Labels(std::initializer_list<LabelView> labels);
  static Labels FromPairs(std::vector<LabelView> labels);
  /// Takes bytes that are known to be canonical.
  static Labels FromCanonical(std::string bytes) {
    Labels labels;
    labels.bytes_ = std::move(bytes);
    return labels;
  }
  /// Takes canonical bytes as they were given out by bytes(); kCorrupt if they are not.
  static base::Result<Labels> Decode(std::string_view bytes);

  Iterator begin() const { return Iterator(bytes_.data()); }
  Iterator end() const { return Iterator(bytes_.data() + bytes_.size()); }
  bool empty() const { return bytes_.empty(); }
  size_t size() const;
  const std::string& bytes() const { return bytes_; }
  base::Hash128 Hash() const { return base::HashBytes128(bytes_); }

  /// The value, or "" when the label is not there (as PromQL sees it).
  std::string_view Get(std::string_view name) const;
  bool Has(std::string_view name) const;
  std::string_view Name() const { return Get(kMetricName); }

  /// The labels as views, for building another set.
  std::vector<LabelView> ToVector() const;

  bool operator==(const Labels&) const = default;
  /// Prometheus's order: label by label, name then value; a prefix comes first.
  std::strong_ordering operator<=>(const Labels& other) const;

 private:
  std::string bytes_;
};

/// Changes a set step by step. Views given to it must live until Build.
class LabelsBuilder {
 public:
  LabelsBuilder() = default;
  explicit LabelsBuilder(const Labels& base) : labels_(base.ToVector()) {}
  /// An empty value deletes.
  LabelsBuilder& Set(std::string_view name, std::string_view value);
  LabelsBuilder& Delete(std::string_view name);
  std::string_view Get(std::string_view name) const;
  Labels Build() const { return Labels::FromPairs(labels_); }

 private:
  std::vector<LabelView> labels_;
};

/// `{__name__="up", job="x"}` as Prometheus prints it: `up{job="x"}`; values Go-quoted,
/// names that are not legacy-valid quoted too. "{}" for none.
std::string ToString(const Labels& labels);

struct LabelsHasher {
  size_t operator()(const Labels& labels) const { return base::HashBytes64(labels.bytes()); }
};

}  // namespace pharos::model
