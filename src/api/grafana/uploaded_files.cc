#include "api/grafana/uploaded_files.h"

#include <simdjson.h>

#include "api/grafana/limits.h"
#include "text/json_writer.h"

namespace pharos::api::grafana {
namespace {

using base::ErrorKind;
using base::Fail;
using base::Result;

constexpr std::string_view kUnfinished = ".unfinished-";
/// Bytes of the part of a file that is not the dashboard itself.
constexpr size_t kMaxMetaBytes = 64u << 10;

std::string Encode(const Dashboard& dashboard) {
  std::string json;
  text::JsonWriter writer(json);
  writer.BeginObject().Key("meta").BeginObject();
  writer.Key("folderTitle").String(dashboard.folder);
  writer.Key("folderUid").String(dashboard.folder_uid);
  writer.Key("version").Int(dashboard.version);
  writer.Key("createdNs").Int(dashboard.created_ns);
  writer.Key("updatedNs").Int(dashboard.updated_ns);
  // As text: it uses all 64 bits, which not every reader of JSON keeps.
  writer.Key("savedOver").String(std::to_string(dashboard.provisioned_hash));
  writer.EndObject().Key("dashboard").Raw(dashboard.json).EndObject();
  json += '\n';
  return json;
}

void ReadMeta(simdjson::dom::object meta, Dashboard& dashboard) {
  std::string_view text;
  if (meta["folderTitle"].get(text) == simdjson::SUCCESS) dashboard.folder = text;
  if (meta["folderUid"].get(text) == simdjson::SUCCESS) dashboard.folder_uid = text;
  if (meta["savedOver"].get(text) == simdjson::SUCCESS) {
    dashboard.provisioned_hash = std::strtoull(std::string(text).c_str(), nullptr, 10);
  }
  int64_t number = 0;
  if (meta["version"].get(number) == simdjson::SUCCESS) dashboard.version = number;
  if (meta["createdNs"].get(number) == simdjson::SUCCESS) dashboard.created_ns = number;
  if (meta["updatedNs"].get(number) == simdjson::SUCCESS) dashboard.updated_ns = number;
}

Result<Dashboard> Decode(const std::string& json, const std::string& uid) {
  Dashboard made;
  simdjson::dom::parser parser;
  simdjson::dom::object top;
  simdjson::dom::object meta;
  if (parser.parse(json).get(top) != simdjson::SUCCESS ||
      top["meta"].get(meta) != simdjson::SUCCESS) {
    return Fail(ErrorKind::kCorrupt, "no dashboard that Pharos wrote");
  }
  ReadMeta(meta, made);
  PHAROS_TRY(ImportedDashboard model, ImportDashboard(json, {}));
  if (model.uid != uid) return Fail(ErrorKind::kCorrupt, "the file's name is not its uid");
  made.uid = uid;
  made.id = IdOfUid(uid);
  made.title = std::move(model.title);
  made.tags = std::move(model.tags);
  made.json = WithIdentity(model.model, made.id, uid, made.version);
  return made;
}

}  // namespace

Result<UploadedFiles::Loaded> UploadedFiles::Load() {
  PHAROS_TRY_VOID(io::MakeDirsDurably(fs_, folder_));
  PHAROS_TRY(const std::vector<std::string> names, fs_.List(folder_));
  Loaded out;
  for (const std::string& name : names) {
    const std::string path = folder_ + "/" + name;
    if (name.starts_with(kUnfinished)) PHAROS_TRY_VOID(fs_.Remove(path));
    if (name.starts_with('.') || !name.ends_with(".json")) continue;
    PHAROS_TRY(const auto file, fs_.OpenRead(path));
    PHAROS_TRY(const uint64_t size, file->Size());
    if (size > kMaxDashboardBytes + kMaxMetaBytes) {
      out.faults.push_back(path + ": larger than any dashboard that Pharos writes");
      continue;
    }
    PHAROS_TRY(const std::string json, file->ReadAt(0, size));
    auto dashboard = Decode(json, name.substr(0, name.size() - 5));
    if (dashboard) {
      out.dashboards.push_back(*std::move(dashboard));
    } else {
      out.faults.push_back(path + ": " + dashboard.error().message);
    }
  }
  return out;
}

Result<void> UploadedFiles::Write(const Dashboard& dashboard) {
  const std::string temporary = folder_ + "/" + std::string(kUnfinished) + dashboard.uid;
  PHAROS_TRY(const auto file, fs_.Create(temporary));
  PHAROS_TRY_VOID(file->Append(Encode(dashboard)));
  PHAROS_TRY_VOID(file->Sync());
  PHAROS_TRY_VOID(fs_.Rename(temporary, PathOf(dashboard.uid)));
  return fs_.SyncDir(folder_);
}

Result<void> UploadedFiles::Remove(const std::string& uid) {
  PHAROS_TRY_VOID(fs_.Remove(PathOf(uid)));
  return fs_.SyncDir(folder_);
}

}  // namespace pharos::api::grafana
