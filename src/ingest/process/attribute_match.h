// `include` and `exclude` of the attributes processor: which spans, log records and metrics it
// touches.
#pragma once

#include <memory>
#include <optional>

#include "conf/otelcol_config.h"
#include "ingest/process/rewrite.h"

namespace pharos::ingest::process {

/// Owns: compiled patterns. Threads: any. Errors: none. Cost: linear in what is configured.
class AttributeMatch {
 public:
  explicit AttributeMatch(const conf::OtelcolMatch& match);
  ~AttributeMatch();
  AttributeMatch(AttributeMatch&&) noexcept;

  /// Every property that is configured must match; any entry of a list is enough, but all
  /// attributes and all resources. Regular expressions match anywhere in the text.
  bool Matches(OtlpSignal signal, const ItemContext& item, const AttributeList& attributes) const;

 private:
  struct Rules;
  std::unique_ptr<Rules> rules_;
};

}  // namespace pharos::ingest::process
