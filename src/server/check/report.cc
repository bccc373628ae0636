#include "server/check/report.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>

#include "conf/json_tree.h"
#include "conf/prometheus_config.h"
#include "server/check/kinds.h"
#include "server/check/traps.h"

namespace pharos::server::check {
namespace {

namespace fs = std::filesystem;
using conf::Field;
using conf::Node;
using conf::Verdict;

std::unique_ptr<File> Load(const std::string& path) {
  auto text = conf::ReadTextFile(path);
  if (text) return MakeFile(path, std::move(*text));
  auto file = std::make_unique<File>();
  file->path = path;
  file->error = text.error().message;
  return file;
}

void AddFolder(const fs::path& folder, std::vector<std::string>& out) {
  std::vector<fs::path> below;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) below.push_back(entry.path());
  std::sort(below.begin(), below.end());
  for (const fs::path& path : below) {
    if (path.filename().string().starts_with(".")) continue;
    if (fs::is_directory(path, error) && !fs::is_symlink(path, error)) {
      AddFolder(path, out);
    } else if (path.extension() == ".yml" || path.extension() == ".yaml" ||
               path.extension() == ".json") {
      out.push_back(path.string());
    }
  }
}

std::string Normal(const fs::path& path) { return path.lexically_normal().string(); }

/// All files, each once, in the order of the arguments; then rule files that they name.
std::vector<std::unique_ptr<File>> LoadAll(const std::vector<std::string>& paths) {
  std::vector<std::string> names;
  std::error_code error;
  for (const std::string& path : paths) {
    if (fs::is_directory(path, error)) {
      AddFolder(path, names);
    } else {
      names.push_back(path);
    }
  }
  std::vector<std::unique_ptr<File>> files;
  std::set<std::string> seen;
  for (size_t i = 0; i < names.size(); ++i) {
    if (!seen.insert(Normal(names[i])).second) continue;
    files.push_back(Load(names[i]));
    const Node* rules =
        files.back()->kind == Kind::kPrometheus ? files.back()->root.Find("rule_files") : nullptr;
    if (rules == nullptr) continue;
    for (const Node& item : rules->items) {
      const fs::path folder = fs::path(names[i]).parent_path();
      for (std::string& found : conf::ExpandRuleFiles((folder / item.scalar).string()))
        names.push_back(std::move(found));
    }
  }
  return files;
}

/// (line, key) → whole path, so that a reader need not carry paths along.
class Paths {
 public:
  explicit Paths(const Node& root) { Walk(root, ""); }

  std::string Of(int line, const std::string& key) const {
    const auto found = paths_.find({line, key});
    return found == paths_.end() ? key : found->second;
  }

 private:
  void Walk(const Node& node, const std::string& path) {
    for (size_t i = 0; i < node.items.size(); ++i)
      Walk(node.items[i], path + "[" + std::to_string(i) + "]");
    for (const Field& field : node.fields) {
      const std::string here = path.empty() ? field.name : path + "." + field.name;
      paths_.try_emplace({field.line, field.name}, here);
      Walk(field.value, here);
    }
  }
  std::map<std::pair<int, std::string>, std::string> paths_;
};

std::vector<std::string> SplitLines(const std::string& text) {
  std::vector<std::string> out;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    out.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return out;
}

FileReport ReportOf(const File& file) {
  FileReport report{.path = file.path};
  if (!file.error.empty()) {
    report.faults = SplitLines(file.error);
    return report;
  }
  const KindRow* row = RowOf(file.kind);
  if (row == nullptr) {
    report.faults.push_back(file.path + ":1: not a file that Pharos knows by what is in it (" +
                            KnownKinds() + ")");
    return report;
  }
  report.kind = row->name;
  if (row->read == nullptr) {
    report.aside = row->aside;
    return report;
  }
  Reading reading = row->read(file);
  report.faults = SplitLines(reading.faults);
  const Paths paths(file.root);
  for (conf::KeyNote& note : reading.notes) {
    note.key = paths.Of(note.line, note.key);
    report.notes.push_back(std::move(note));
  }
  std::stable_sort(report.notes.begin(), report.notes.end(),
                   [](const auto& a, const auto& b) { return a.line < b.line; });
  return report;
}

const char* Word(Verdict verdict) {
  switch (verdict) {
    case Verdict::kHonoured: return "honoured";
    case Verdict::kMoot: return "moot here";
    case Verdict::kWarning: return "warning";
  }
  return "";
}

std::string Counted(size_t count, const std::string& what) {
  return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

void AppendFile(const FileReport& file, bool keys, std::string& out) {
  out += file.path + ": ";
  if (file.kind.empty()) {
    out += "not read\n";
  } else if (!file.aside.empty()) {
    out += file.kind + ", " + file.aside + "\n";
  } else {
    out += file.kind + ", " + Counted(file.Count(Verdict::kHonoured), "key") + " honoured, " +
           std::to_string(file.Count(Verdict::kMoot)) + " moot, " +
           Counted(file.Count(Verdict::kWarning), "warning") + ", " +
           Counted(file.faults.size(), "error") + "\n";
  }
  for (const conf::KeyNote& note : file.notes) {
    if (!keys && note.verdict == Verdict::kHonoured) continue;
    out += "  " + file.path + ":" + std::to_string(note.line) + ": " + note.key + ": " +
           Word(note.verdict) + (note.text.empty() ? "" : ": " + note.text) + "\n";
  }
  for (const std::string& fault : file.faults) out += "  error: " + fault + "\n";
}

}  // namespace

size_t FileReport::Count(Verdict verdict) const {
  return static_cast<size_t>(std::count_if(
      notes.begin(), notes.end(), [&](const auto& note) { return note.verdict == verdict; }));
}

bool Report::HasFaults() const {
  return std::any_of(files.begin(), files.end(),
                     [](const FileReport& file) { return !file.faults.empty(); });
}

std::unique_ptr<File> MakeFile(std::string path, std::string text) {
  auto file = std::make_unique<File>();
  file->path = std::move(path);
  file->text = std::move(text);
  auto root = file->path.ends_with(".json") ? conf::ParseJsonTree(file->text, file->path)
                                            : conf::ParseYaml(file->text, file->path);
  if (!root) {
    file->error = root.error().message;
    return file;
  }
  file->root = std::move(*root);
  file->kind = Recognise(file->root);
  return file;
}

Report CheckPaths(const std::vector<std::string>& paths) { return CheckFiles(LoadAll(paths)); }

Report CheckFiles(std::vector<std::unique_ptr<File>> files) {
  const Stack stack(std::move(files));
  Report report;
  for (const auto& file : stack.files) report.files.push_back(ReportOf(*file));
  report.findings = FindTraps(stack);
  return report;
}

std::string ReportText(const Report& report, bool keys) {
  std::string out;
  size_t faults = 0;
  for (const FileReport& file : report.files) {
    AppendFile(file, keys, out);
    faults += file.faults.size();
  }
  if (!report.findings.empty()) out += "\nWhat these files do in silence:\n";
  for (const Finding& finding : report.findings) {
    out += "  " + finding.file + ":" + std::to_string(finding.line) + ": " + finding.text + " [" +
           finding.trap + "]\n";
  }
  out += "\n" + Counted(report.files.size(), "file") + ", " + Counted(faults, "error") + ", " +
         Counted(report.findings.size(), "finding") + "\n";
  return out;
}

}  // namespace pharos::server::check
