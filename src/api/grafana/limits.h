// Every limit of api/grafana/, with its unit and the reason for it.
#pragma once

#include <cstddef>
#include <cstdint>

namespace pharos::api::grafana {

/// Bytes of one dashboard. The largest public one (Node Exporter Full) has half a megabyte.
inline constexpr size_t kMaxDashboardBytes = 8u << 20;
/// Nesting of a dashboard's JSON; real ones stay below 14, and the writer recurses.
inline constexpr size_t kMaxJsonDepth = 64;
/// Dashboards in all. Each is held in memory as its JSON.
inline constexpr size_t kMaxDashboards = 5'000;
/// Bytes of all dashboards together, for the same reason.
inline constexpr size_t kMaxTotalBytes = 256u << 20;
/// Folders below a provider's path that are looked into.
inline constexpr int kMaxFolderDepth = 8;
/// Names looked at in one folder; beyond it the rest is named in the log, not read.
inline constexpr size_t kMaxFolderEntries = 20'000;
/// Characters of a uid (Grafana's column).
inline constexpr size_t kMaxUidLength = 40;
/// Characters of a title (Grafana's column).
inline constexpr size_t kMaxTitleLength = 189;
/// Tags of a dashboard that count; more say nothing.
inline constexpr size_t kMaxTags = 100;
/// Inputs that an exported dashboard may declare.
inline constexpr size_t kMaxInputs = 100;
/// Answers of a search that names no limit, and at most (as Grafana).
inline constexpr size_t kDefaultSearchLimit = 1'000;
inline constexpr size_t kMaxSearchLimit = 5'000;
/// Growth that replacing inputs may cause: a constant input times its uses.
inline constexpr size_t kMaxGrowth = 4;

}  // namespace pharos::api::grafana
