#include "api/grafana/grafana_api.h"

#include <simdjson.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <set>

#include "api/grafana/limits.h"
#include "text/json_writer.h"
#include "text/rfc3339.h"

namespace pharos::api::grafana {
namespace {

using net::Request;
using net::Response;
using text::JsonWriter;

Response Message(int status, std::string_view message, std::string_view reason = "") {
  std::string json;
  JsonWriter writer(json);
  writer.BeginObject().Key("message").String(message);
  if (!reason.empty()) writer.Key("status").String(reason);
  writer.EndObject();
  return Response::Json(status, std::move(json));
}

int StatusOf(base::ErrorKind kind) {
  switch (kind) {
    case base::ErrorKind::kNotFound: return 404;
    case base::ErrorKind::kTooLarge: return 413;
    case base::ErrorKind::kConflict: return 412;
    case base::ErrorKind::kFull: return 507;
    case base::ErrorKind::kIo:
    case base::ErrorKind::kCorrupt: return 500;
    case base::ErrorKind::kBusy: return 503;
    default: return 400;
  }
}

size_t NumberOf(std::string_view text, size_t otherwise) {
  size_t value = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  return read.ec == std::errc() && read.ptr == text.data() + text.size() ? value : otherwise;
}

std::string Lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return out;
}

void WriteFolderFields(JsonWriter& writer, const Dashboard& dashboard) {
  if (dashboard.folder_uid.empty()) return;
  writer.Key("folderId").Int(IdOfUid(dashboard.folder_uid));
  writer.Key("folderUid").String(dashboard.folder_uid);
  writer.Key("folderTitle").String(dashboard.folder);
  writer.Key("folderUrl")
      .String("/dashboards/f/" + dashboard.folder_uid + "/" + Slugify(dashboard.folder));
}

void WriteHit(JsonWriter& writer, const Dashboard& dashboard) {
  writer.BeginObject();
  writer.Key("id").Int(dashboard.id).Key("uid").String(dashboard.uid);
  writer.Key("title").String(dashboard.title);
  writer.Key("uri").String("db/" + dashboard.Slug());
  writer.Key("url").String(dashboard.Url());
  writer.Key("slug").String("").Key("type").String("dash-db");
  writer.Key("tags").BeginArray();
  for (const std::string& tag : dashboard.tags) writer.String(tag);
  writer.EndArray().Key("isStarred").Bool(false);
  WriteFolderFields(writer, dashboard);
  writer.Key("sortMeta").Int(0).EndObject();
}

void WriteFolderHit(JsonWriter& writer, const std::string& uid, const std::string& title) {
  const std::string slug = Slugify(title);
  writer.BeginObject().Key("id").Int(IdOfUid(uid)).Key("uid").String(uid);
  writer.Key("title").String(title).Key("uri").String("db/" + slug);
  writer.Key("url").String("/dashboards/f/" + uid + "/" + slug).Key("slug").String("");
  writer.Key("type").String("dash-folder").Key("tags").BeginArray().EndArray();
  writer.Key("isStarred").Bool(false).Key("sortMeta").Int(0).EndObject();
}

/// What /api/search is asked for.
struct Search {
  std::string query;
  std::vector<std::string_view> tags;
  std::set<std::string_view> folders;
  std::set<std::string_view> uids;
  bool dashboards = true;
  bool folder_hits = true;

  explicit Search(const net::Params& params) : query(Lower(params.Get("query"))) {
    tags = params.All("tag");
    for (const char* key : {"folderUIDs", "folderUids"}) {
      for (const std::string_view uid : params.All(key)) folders.insert(uid);
    }
    for (const char* key : {"dashboardUIDs", "dashboardUids", "dashboardUID"}) {
      for (const std::string_view uid : params.All(key)) uids.insert(uid);
    }
    const std::string_view type = params.Get("type");
    if (type == "dash-db") folder_hits = false;
    if (type == "dash-folder") dashboards = false;
    // Stars belong to a person, and there are none here.
    if (params.Get("starred") == "true") dashboards = folder_hits = false;
    if (!tags.empty() || !folders.empty() || !uids.empty()) folder_hits = false;
  }

  bool Takes(const Dashboard& one) const {
    if (!query.empty() && Lower(one.title).find(query) == std::string::npos) return false;
    if (!uids.empty() && !uids.contains(one.uid)) return false;
    if (!folders.empty() &&
        !folders.contains(one.folder_uid.empty() ? "general" : std::string_view(one.folder_uid))) {
      return false;
    }
    return std::ranges::all_of(tags, [&](std::string_view tag) {
      return std::ranges::find(one.tags, tag) != one.tags.end();
    });
  }
};

std::map<std::string, std::string> FoldersOf(const std::vector<DashboardPtr>& all) {
  std::map<std::string, std::string> folders;
  for (const DashboardPtr& one : all) {
    if (!one->folder_uid.empty()) folders.emplace(one->folder_uid, one->folder);
  }
  return folders;
}

Response HandleSearch(const GrafanaApiDeps& deps, const Request& request) {
  const net::Params params = request.AllParams();
  const Search search(params);
  std::vector<DashboardPtr> all = deps.store->List();
  if (params.Get("sort") == "alpha-desc") std::ranges::reverse(all);
  const size_t limit =
      std::clamp<size_t>(NumberOf(params.Get("limit"), kDefaultSearchLimit), 1, kMaxSearchLimit);
  const size_t page = std::clamp<size_t>(NumberOf(params.Get("page"), 1), 1, kMaxDashboards);
  const size_t first = (page - 1) * limit;
  size_t at = 0;
  std::string json;
  JsonWriter writer(json);
  writer.BeginArray();
  const auto is_shown = [&] {
    const size_t here = at++;
    return here >= first && here < first + limit;
  };
  if (search.folder_hits) {
    for (const auto& [uid, title] : FoldersOf(all)) {
      if (Lower(title).find(search.query) == std::string::npos) continue;
      if (is_shown()) WriteFolderHit(writer, uid, title);
    }
  }
  for (const DashboardPtr& one : all) {
    if (search.dashboards && search.Takes(*one) && is_shown()) WriteHit(writer, *one);
  }
  writer.EndArray();
  return Response::Json(200, std::move(json));
}

void WriteMeta(JsonWriter& writer, const Dashboard& one) {
  writer.BeginObject().Key("type").String("db");
  for (const char* key : {"canSave", "canEdit", "canAdmin"}) writer.Key(key).Bool(one.may_save);
  writer.Key("canStar").Bool(false).Key("canDelete").Bool(!one.provisioned);
  writer.Key("slug").String(one.Slug()).Key("url").String(one.Url());
  writer.Key("expires").String("0001-01-01T00:00:00Z");
  writer.Key("created").String(text::Rfc3339Nano(one.created_ns));
  writer.Key("updated").String(text::Rfc3339Nano(one.updated_ns));
  writer.Key("updatedBy").String("Anonymous").Key("createdBy").String("Anonymous");
  writer.Key("version").Int(one.version).Key("hasAcl").Bool(false).Key("isFolder").Bool(false);
  const bool has_folder = !one.folder_uid.empty();
  writer.Key("folderId").Int(has_folder ? IdOfUid(one.folder_uid) : 0);
  writer.Key("folderUid").String(one.folder_uid);
  writer.Key("folderTitle").String(has_folder ? one.folder : "General");
  writer.Key("folderUrl")
      .String(has_folder ? "/dashboards/f/" + one.folder_uid + "/" + Slugify(one.folder) : "");
  writer.Key("provisioned").Bool(one.provisioned);
  writer.Key("provisionedExternalId").String(one.file).EndObject();
}

Response HandleGet(const GrafanaApiDeps& deps, const Request& request) {
  const DashboardPtr one = deps.store->Find(request.PathParam("uid"));
  if (!one) return Message(404, "Dashboard not found");
  std::string json;
  json.reserve(one->json.size() + 1'024);
  JsonWriter writer(json);
  writer.BeginObject().Key("meta");
  WriteMeta(writer, *one);
  writer.Key("dashboard").Raw(one->json).EndObject();
  return Response::Json(200, std::move(json));
}

base::Result<SaveRequest> ReadSave(const std::string& body,
                                   const std::vector<Datasource>& sources) {
  simdjson::dom::parser parser;
  simdjson::dom::object top;
  simdjson::dom::object dashboard;
  if (body.size() > kMaxDashboardBytes) {
    return base::Fail(base::ErrorKind::kTooLarge, "the dashboard is larger than 8 MiB");
  }
  if (parser.allocate(std::max<size_t>(body.size(), 64), kMaxJsonDepth) != simdjson::SUCCESS ||
      parser.parse(body).get(top) != simdjson::SUCCESS ||
      top["dashboard"].get(dashboard) != simdjson::SUCCESS) {
    return base::Fail(
        base::ErrorKind::kBadInput,
        "bad request data: an object {\"dashboard\": {…}, \"overwrite\": …} is wanted");
  }
  SaveRequest save;
  PHAROS_TRY(save.dashboard, ImportDashboard(body, sources));
  std::string_view text;
  if (top["folderUid"].get(text) == simdjson::SUCCESS) save.folder_uid = text;
  if (top["overwrite"].get(save.overwrite) != simdjson::SUCCESS) save.overwrite = false;
  return save;
}

Response HandleSave(const GrafanaApiDeps& deps, const Request& request) {
  auto save = ReadSave(request.body, deps.store->sources());
  if (!save) {
    const bool is_nameless = save.error().message == "Dashboard title cannot be empty";
    return Message(StatusOf(save.error().kind), save.error().message,
                   is_nameless ? "empty-name" : "");
  }
  const SaveAnswer answer = deps.store->Save(*std::move(save));
  switch (answer.fault) {
    case SaveFault::kNone: break;
    case SaveFault::kVersion: return Message(412, answer.error.message, "version-mismatch");
    case SaveFault::kNotFound: return Message(404, answer.error.message, "not-found");
    default: return Message(StatusOf(answer.error.kind), answer.error.message);
  }
  const Dashboard& one = *answer.saved;
  std::string json;
  JsonWriter writer(json);
  writer.BeginObject().Key("folderUid").String(one.folder_uid).Key("id").Int(one.id);
  writer.Key("slug").String(one.Slug()).Key("status").String("success");
  writer.Key("uid").String(one.uid).Key("url").String(one.Url());
  writer.Key("version").Int(one.version).EndObject();
  return Response::Json(200, std::move(json));
}

Response HandleDelete(const GrafanaApiDeps& deps, const Request& request) {
  const auto removed = deps.store->Remove(std::string(request.PathParam("uid")));
  if (!removed) return Message(StatusOf(removed.error().kind), removed.error().message);
  std::string json;
  JsonWriter(json)
      .BeginObject()
      .Key("title")
      .String((*removed)->title)
      .Key("message")
      .String("Dashboard " + (*removed)->title + " deleted")
      .Key("id")
      .Int((*removed)->id)
      .Key("uid")
      .String((*removed)->uid)
      .EndObject();
  return Response::Json(200, std::move(json));
}

Response HandleTags(const GrafanaApiDeps& deps, const Request&) {
  std::map<std::string, size_t> counts;
  for (const DashboardPtr& one : deps.store->List()) {
    for (const std::string& tag : one->tags) ++counts[tag];
  }
  std::string json;
  JsonWriter writer(json);
  writer.BeginArray();
  for (const auto& [tag, count] : counts) {
    writer.BeginObject().Key("term").String(tag).Key("count").Int(count).EndObject();
  }
  writer.EndArray();
  return Response::Json(200, std::move(json));
}

Response HandleFolders(const GrafanaApiDeps& deps, const Request&) {
  std::string json;
  JsonWriter writer(json);
  writer.BeginArray();
  for (const auto& [uid, title] : FoldersOf(deps.store->List())) {
    writer.BeginObject().Key("id").Int(IdOfUid(uid)).Key("uid").String(uid);
    writer.Key("title").String(title).EndObject();
  }
  writer.EndArray();
  return Response::Json(200, std::move(json));
}

void WriteDatasource(JsonWriter& writer, const Datasource& source) {
  writer.BeginObject().Key("id").Int(IdOfUid(source.uid)).Key("uid").String(source.uid);
  writer.Key("orgId").Int(1).Key("name").String(source.name).Key("type").String(source.type);
  writer.Key("typeName").String(source.type).Key("typeLogoUrl").String("");
  writer.Key("access").String("proxy").Key("url").String("").Key("user").String("");
  writer.Key("database").String("").Key("basicAuth").Bool(false);
  writer.Key("isDefault").Bool(source.is_default).Key("jsonData").BeginObject().EndObject();
  writer.Key("readOnly").Bool(true).EndObject();
}

Response HandleDatasources(const GrafanaApiDeps& deps, const Request&) {
  std::string json;
  JsonWriter writer(json);
  writer.BeginArray();
  for (const Datasource& source : deps.store->sources()) WriteDatasource(writer, source);
  writer.EndArray();
  return Response::Json(200, std::move(json));
}

Response HandleDatasource(const GrafanaApiDeps& deps, const Request& request) {
  const std::string_view uid = request.PathParam("uid");
  const std::string_view name = request.PathParam("name");
  for (const Datasource& source : deps.store->sources()) {
    if (uid.empty() ? source.name != name : source.uid != uid) continue;
    std::string json;
    JsonWriter writer(json);
    WriteDatasource(writer, source);
    return Response::Json(200, std::move(json));
  }
  return Message(404, "Data source not found");
}

Response HandleHealth(const GrafanaApiDeps& deps, const Request&) {
  std::string json;
  JsonWriter(json)
      .BeginObject()
      .Key("commit")
      .String(deps.commit)
      .Key("database")
      .String("ok")
      .Key("version")
      .String(deps.version)
      .EndObject();
  return Response::Json(200, std::move(json));
}

}  // namespace

void RegisterGrafanaApi(net::Router& router, GrafanaApiDeps given) {
  using Handler = Response (*)(const GrafanaApiDeps&, const Request&);
  const auto deps = std::make_shared<const GrafanaApiDeps>(std::move(given));
  const auto add = [&](const char* method, const char* path, Handler handler) {
    net::RouteOptions options;
    options.max_body_bytes = kMaxDashboardBytes + 1;
    router.Add(
        method, path, [deps, handler](const Request& request) { return handler(*deps, request); },
        options);
  };
  add("GET", "/api/search", HandleSearch);
  add("GET", "/api/dashboards/uid/{uid}", HandleGet);
  add("DELETE", "/api/dashboards/uid/{uid}", HandleDelete);
  add("POST", "/api/dashboards/db", HandleSave);
  add("GET", "/api/dashboards/tags", HandleTags);
  add("GET", "/api/folders", HandleFolders);
  add("GET", "/api/datasources", HandleDatasources);
  add("GET", "/api/datasources/uid/{uid}", HandleDatasource);
  add("GET", "/api/datasources/name/{name}", HandleDatasource);
  add("GET", "/api/health", HandleHealth);
}

}  // namespace pharos::api::grafana
