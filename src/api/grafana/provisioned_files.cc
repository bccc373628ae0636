#include "api/grafana/provisioned_files.h"

#include <functional>

#include "api/grafana/limits.h"
#include "base/hash.h"

namespace pharos::api::grafana {
namespace {

using base::Result;

using Visit = std::function<void(const std::string& relative, Result<std::string> text)>;

Result<std::string> ReadFile(io::Fs& fs, const std::string& path) {
  PHAROS_TRY(const auto file, fs.OpenRead(path));
  PHAROS_TRY(const uint64_t size, file->Size());
  if (size > kMaxDashboardBytes) {
    return base::Fail(base::ErrorKind::kTooLarge, "the file is larger than 8 MiB");
  }
  return file->ReadAt(0, size);
}

/// Calls `visit` for each *.json file, in the order of names. `left` counts entries down.
void Walk(io::Fs& fs, const std::string& root, const std::string& below, int depth, size_t& left,
          const Visit& visit) {
  const auto names = fs.List(below.empty() ? root : root + "/" + below);
  if (!names) {
    if (below.empty()) visit("", std::unexpected(names.error()));
    return;  // a file of another kind
  }
  for (const std::string& name : *names) {
    if (name.starts_with('.') || left == 0) continue;
    --left;
    const std::string relative = below.empty() ? name : below + "/" + name;
    if (name.ends_with(".json")) {
      visit(relative, ReadFile(fs, root + "/" + relative));
    } else if (depth < kMaxFolderDepth) {
      Walk(fs, root, relative, depth + 1, left, visit);
    }
  }
}

std::string FolderOf(const std::string& relative, const conf::GrafanaProvider& provider) {
  if (!provider.folders_from_structure) return provider.folder;
  const size_t end = relative.rfind('/');
  if (end == std::string::npos) return "";
  const size_t begin = relative.rfind('/', end - 1);
  return relative.substr(begin == std::string::npos ? 0 : begin + 1,
                         end - (begin == std::string::npos ? 0 : begin + 1));
}

Result<Dashboard> FromFile(const std::string& relative, const std::string& text,
                           const conf::GrafanaProvider& provider,
                           const std::vector<Datasource>& sources) {
  PHAROS_TRY(ImportedDashboard model, ImportDashboard(text, sources));
  Dashboard made;
  made.uid = model.uid.empty() ? MakeUid(provider.path + "/" + relative) : std::move(model.uid);
  made.title = std::move(model.title);
  made.tags = std::move(model.tags);
  made.id = IdOfUid(made.uid);
  made.version = std::max<int64_t>(1, model.version);
  made.folder = FolderOf(relative, provider);
  made.folder_uid = provider.folder_uid;
  if (made.folder_uid.empty() && !made.folder.empty()) made.folder_uid = MakeUid(made.folder);
  made.provisioned = true;
  made.may_save = provider.allow_ui_updates;
  made.file = relative;
  made.provisioned_hash = base::HashBytes64(text);
  made.json = WithIdentity(model.model, made.id, made.uid, made.version);
  return made;
}

}  // namespace

ProvisionedFolder ReadProvisionedFolder(io::Fs& fs, const conf::GrafanaProvider& provider,
                                        const std::vector<Datasource>& sources) {
  ProvisionedFolder out;
  size_t left = kMaxFolderEntries;
  Walk(fs, provider.path, "", 0, left, [&](const std::string& relative, Result<std::string> text) {
    const std::string path = relative.empty() ? provider.path : provider.path + "/" + relative;
    if (!text) {
      out.faults.push_back(path + ": " + text.error().message);
    } else if (auto made = FromFile(relative, *text, provider, sources)) {
      out.dashboards.push_back(*std::move(made));
    } else {
      out.faults.push_back(path + ": " + made.error().message);
    }
  });
  if (left == 0)
    out.faults.push_back(provider.path + ": more than 20,000 entries, the rest is left");
  return out;
}

uint64_t FolderFingerprint(io::Fs& fs, const std::string& path) {
  std::string seen;
  size_t left = kMaxFolderEntries;
  Walk(fs, path, "", 0, left, [&](const std::string& relative, const Result<std::string>& text) {
    seen += relative;
    seen += '\0';
    seen += text ? std::to_string(base::HashBytes64(*text)) : text.error().message;
    seen += '\0';
  });
  return base::HashBytes64(seen);
}

}  // namespace pharos::api::grafana
