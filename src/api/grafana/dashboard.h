// One dashboard as the server keeps it: its JSON, and what lists and checks need of it. What the
// panels mean is the pages' business.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "api/grafana/datasource.h"
#include "base/result.h"

namespace pharos::api::grafana {

struct Dashboard {
  std::string uid;
  std::string title;
  std::vector<std::string> tags;
  int64_t id = 0;       ///< made from the uid, so that it stays the same
  int64_t version = 1;  ///< counts saves
  std::string folder;   ///< title; "": none
  std::string folder_uid;
  bool provisioned = false;
  bool may_save = true;           ///< false: a provider without allowUiUpdates has it
  std::string file;               ///< of a provisioned one, below its provider's path
  uint64_t provisioned_hash = 0;  ///< of the file that it is, or was saved over
  int64_t created_ns = 0;
  int64_t updated_ns = 0;
  std::string json;  ///< the model, with id, uid and version as above

  std::string Slug() const;
  /// "/d/<uid>/<slug>".
  std::string Url() const;
};

/// What an import gives: the model without its inputs, and its own id fields as they came.
struct ImportedDashboard {
  std::string uid;  ///< "" when it names none
  std::string title;
  std::vector<std::string> tags;
  int64_t id = 0;
  int64_t version = 0;
  std::string model;  ///< JSON object without id, uid, version, __inputs, __requires, __elements
};

/// Reads a dashboard in Grafana's classic JSON: the model itself, or wrapped as the API gives and
/// takes it (`{"dashboard": …}`). Inputs of an exported one (`${DS_PROMETHEUS}`) become `sources`,
/// or their constants. kBadInput: no JSON or no dashboard; kUnsupported: the newer schema (v2, or
/// a Kubernetes-style resource); kTooLarge: more than kMaxDashboardBytes.
base::Result<ImportedDashboard> ImportDashboard(std::string_view json,
                                                const std::vector<Datasource>& sources);

/// The model with `id`, `uid` and `version` put in front.
std::string WithIdentity(std::string_view model, int64_t id, std::string_view uid, int64_t version);

/// kBadInput in Grafana's words: too long, or characters beyond letters, digits, - and _.
base::Result<void> CheckUid(std::string_view uid);
/// Stable: the same for the same seed.
std::string MakeUid(std::string_view seed);
int64_t IdOfUid(std::string_view uid);
/// Lower case letters and digits with dashes between, as in Grafana's addresses.
std::string Slugify(std::string_view title);

}  // namespace pharos::api::grafana
