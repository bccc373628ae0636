// The actions that the `resource` and `attributes` processors share: insert, update, upsert,
// delete, hash, extract, convert.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "conf/otelcol_config.h"
#include "ingest/process/rewrite.h"

namespace re2 {
class RE2;
}

namespace pharos::ingest::process {

/// A value of the configuration as an attribute: numbers, booleans, lists and maps by YAML's
/// rules, text otherwise. Views point into `arena`.
model::Value ValueOf(const conf::Node& node, base::Arena& arena);

/// Owns: the compiled actions. Threads: any. Errors: none (the reader of the file checked
/// them). Cost: linear in actions × attributes.
class AttributeActions {
 public:
  explicit AttributeActions(std::span<const conf::OtelcolAction> actions);
  ~AttributeActions();

  /// Applies all of them in order. `sender` is what from_context asks: metadata.NAME (a header
  /// of the request), client.address; auth.NAME never exists here.
  void Apply(AttributeList& list, const receive::OtlpSender& sender, base::Arena& arena) const;

 private:
  struct Action;
  std::vector<Action> actions_;
  base::Arena values_;
};

}  // namespace pharos::ingest::process
