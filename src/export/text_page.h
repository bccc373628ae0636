// Writes a page that Prometheus scrapes: families sorted by name, series by their label values,
// as the Go client library shows them; text 0.0.4 or OpenMetrics 1.0.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "export/prometheus_accumulator.h"

namespace pharos::exporting {

enum class PageFormat : uint8_t { kText, kOpenMetrics };
/// What the Accept header asks for; OpenMetrics only where it is allowed.
PageFormat FormatFor(std::string_view accept, bool open_metrics_allowed);
std::string_view ContentTypeOf(PageFormat format);

/// What kind a family is; part of what makes series of one name compatible.
enum class FamilyType : uint8_t { kCounter, kGauge, kHistogram, kSummary };
FamilyType FamilyTypeOf(const PageSeries& series);

struct PageOptions {
  PageFormat format = PageFormat::kText;
  bool timestamps = false;
  std::string target_info_name = "target_info";
};

/// The page of these series (in the order of their first appearance: the first of a name says
/// type and help), with one target_info a job and instance. Series of another type than their
/// family's, and doubles of a label set, are left out.
std::string RenderPage(const std::vector<PageSeries>& series, const PageOptions& options);

/// Value and label text as both formats write them.
void AppendLabels(std::string& out, const TextLabels& labels, std::string_view extra_name = {},
                  std::string_view extra_value = {});
/// Help with \ and line breaks escaped.
std::string EscapeHelp(std::string_view help, bool quotes);

}  // namespace pharos::exporting
