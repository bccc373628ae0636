#include "rules/recording_rule.h"

#include <unordered_set>

namespace pharos::rules {

using base::ErrorKind;
using base::Fail;
using base::Result;

Result<Vector> RecordingRule::Evaluate(const Moment& moment) {
  PHAROS_TRY(Vector vector, (*moment.query)(expression(), moment.query_time_ms()));
  std::unordered_set<model::Labels, model::LabelsHasher> seen;
  for (VectorSample& sample : vector) {
    model::LabelsBuilder builder(sample.labels);
    builder.Set(model::kMetricName, name());
    for (const model::LabelView label : labels()) builder.Set(label.name, label.value);
    model::Labels written = builder.Build();
    if (!seen.insert(written).second) {
      return Fail(ErrorKind::kUnprocessable,
                  "vector contains metrics with the same labelset after applying rule labels");
    }
    sample.labels = std::move(written);
  }
  if (moment.limit > 0 && vector.size() > static_cast<size_t>(moment.limit)) {
    return Fail(ErrorKind::kLimit, "exceeded limit of " + std::to_string(moment.limit) + " with " +
                                       std::to_string(vector.size()) + " series");
  }
  return vector;
}

}  // namespace pharos::rules
