// Labels of the series that come from OTLP: attributes sanitised and merged, job and
// instance from the resource.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/hash.h"
#include "base/result.h"
#include "model/event.h"
#include "model/labels.h"

namespace pharos::ingest::receive {

/// One resource's labels for all of its points.
///
/// Owns: sanitised names, by attribute. Threads: one. Errors: Base. Cost: a sort and one set
/// of labels a point.
class OtlpLabels {
 public:
  /// job = service.namespace/service.name, instance = service.instance.id.
  void SetResource(std::span<const model::KeyValue> resource);
  const std::string& job() const { return job_; }
  const std::string& instance() const { return instance_; }

  /// Attributes as labels, with job and instance; values of names that become equal are
  /// joined with ';' in the order of the original names. kUnprocessable for a name of nothing
  /// but underscores. Valid until the next Base.
  base::Result<void> Base(std::span<const model::KeyValue> attributes,
                          std::span<const std::string_view> ignore = {});
  /// The last Base with a metric name and, where given, one label more.
  model::Labels With(std::string_view metric, std::string_view extra_name = {},
                     std::string_view extra_value = {}) const;

  /// True when the resource says something that job and instance do not.
  bool HasTargetInfo(std::span<const model::KeyValue> resource) const;
  /// Labels of target_info; empty when there is none.
  base::Result<model::Labels> TargetInfo(std::span<const model::KeyValue> resource);

 private:
  const std::string& NameOf(std::string_view attribute);

  std::string job_, instance_;
  std::vector<std::pair<std::string_view, std::string>> base_;  ///< names in names_ or literals
  std::unordered_map<std::string, std::string, base::StringHasher, std::equal_to<>> names_;
};

}  // namespace pharos::ingest::receive
