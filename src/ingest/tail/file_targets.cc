#include "ingest/tail/file_targets.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <filesystem>
#include <system_error>

#include "base/log.h"
#include "conf/relabel.h"
#include "ingest/tail/glob.h"
#include "ingest/tail/limits.h"

namespace pharos::ingest::tail {
namespace {

using base::Result;
namespace stdfs = std::filesystem;

std::string HostName() {
  if (const char* name = std::getenv("HOSTNAME"); name != nullptr && *name != '\0') return name;
  std::array<char, 256> name{};
  ::gethostname(name.data(), name.size() - 1);
  return name.data();
}

std::string LabelsText(const LabelMap& labels) {
  std::string out = "{";
  for (const auto& [name, value] : labels) {
    if (out.size() > 1) out += ", ";
    out.append(name).append("=\"").append(value).append("\"");
  }
  return out + "}";
}

/// True while the path still leads to that file.
bool Names(const std::string& path, const FileKey& key) {
  struct stat status;
  return ::stat(path.c_str(), &status) == 0 && static_cast<uint64_t>(status.st_dev) == key.device &&
         static_cast<uint64_t>(status.st_ino) == key.inode;
}

/// After relabelling; nothing when the target is not for here.
std::optional<FileTarget> MakeTarget(const conf::PromtailJob& job, const model::Labels& discovered,
                                     const conf::Relabeller& relabeller) {
  const auto labels = relabeller.Apply(discovered);
  if (!labels) return std::nullopt;
  FileTarget out;
  out.job = job.name;
  out.stages = &job.stages;
  out.encoding = job.encoding;
  for (const model::LabelView label : *labels) {
    if (label.name == "__path__") out.path = label.value;
    if (label.name == "__path_exclude__") out.exclude = label.value;
    if (label.name == "__host__" && label.value != HostName()) return std::nullopt;
    if (!label.name.starts_with("__")) out.labels.emplace(label.name, label.value);
  }
  if (!out.path.empty()) return out;
  base::Log(base::LogLevel::kWarn, "a promtail target has no __path__ and is left out",
            {{"job", job.name}, {"labels", model::ToString(*labels)}});
  return std::nullopt;
}

}  // namespace

Result<std::vector<FileTarget>> FileTargetsOf(const conf::PromtailConfig& config) {
  std::vector<FileTarget> out;
  for (const conf::PromtailJob& job : config.jobs) {
    if (!job.encoding.empty() && !LineReader::KnowsEncoding(job.encoding)) {
      return base::Fail(base::ErrorKind::kBadInput, "job \"" + job.name + "\": encoding \"" +
                                                        job.encoding + "\" is not known here");
    }
    PHAROS_TRY(const auto relabeller, conf::Relabeller::Make(job.relabel));
    for (const conf::PromtailStatic& group : job.static_groups) {
      std::vector<std::string> addresses = group.targets;
      if (addresses.empty()) addresses.push_back("localhost");
      for (const std::string& address : addresses) {
        std::vector<model::LabelView> labels{{"__address__", address}};
        for (const auto& [name, value] : group.labels) labels.push_back({name, value});
        auto target = MakeTarget(job, model::Labels::FromPairs(std::move(labels)), relabeller);
        if (!target) continue;
        const bool exists = std::any_of(out.begin(), out.end(), [&](const FileTarget& other) {
          return other.job == target->job && other.path == target->path &&
                 other.exclude == target->exclude && other.labels == target->labels;
        });
        if (!exists) out.push_back(*std::move(target));
      }
    }
  }
  return out;
}

FileTargets::FileTargets(std::vector<FileTarget> targets, Options options,
                         const PositionMap& positions, IntentFile& intents, Deliver deliver)
    : options_(options), positions_(positions), intents_(intents), deliver_(std::move(deliver)) {
  for (FileTarget& target : targets) targets_.push_back({std::move(target), {}});
}

/// The path; with its labels behind it where an earlier target follows the same file.
std::string FileTargets::NameOf(const Target& target, const std::string& path) const {
  for (const Target& other : targets_) {
    if (&other == &target) break;
    if (GlobMatches(other.config.path, path) &&
        (other.config.exclude.empty() || !GlobMatches(other.config.exclude, path))) {
      return path + " " + LabelsText(target.config.labels);
    }
  }
  return path;
}

std::unique_ptr<FileSource> FileTargets::MakeSource(const Target& target, const std::string& path,
                                                    const std::string& name,
                                                    std::unique_ptr<LineReader> reader) const {
  conf::Faults faults("pipeline_stages");  // were checked when the file was read
  Pipeline pipeline(*target.config.stages, faults);
  LabelMap labels = target.config.labels;
  labels.insert_or_assign("filename", path);
  const FileKey key{name, reader->device(), reader->inode()};
  return std::make_unique<FileSource>(key, std::move(reader), std::move(pipeline),
                                      std::move(labels), options_.max_line_bytes,
                                      options_.truncate_long_lines);
}

/// At the intent of the last run, at the position of the file, or at the beginning.
Result<void> FileTargets::StartSource(FileSource& source) {
  PHAROS_TRY(const uint64_t size, source.reader().Size());
  const auto& found = intents_.found();
  if (const auto last = found.find(source.key()); last != found.end()) {
    const Intent& intent = last->second;
    const bool same = source.reader().FrontHash(intent.front_bytes) == intent.front_hash;
    if (same && size >= intent.end) return source.Start(intent);
    return source.Start(uint64_t{0});  // cut or another file since
  }
  const auto sibling = found.lower_bound({source.key().path, 0, 0});
  const bool rotated = sibling != found.end() && sibling->first.path == source.key().path;
  const auto position = positions_.find(source.key().path);
  uint64_t offset = 0;
  if (!rotated && position != positions_.end()) {
    const std::string& text = position->second;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), offset);
    if (parsed.ec != std::errc() || offset > size) offset = 0;
  }
  positions_.erase(source.key().path);
  return source.Start(offset);
}

void FileTargets::OpenFile(Target& target, const std::string& path) {
  auto reader = LineReader::Open(path, target.config.encoding);
  if (!reader) {
    if (complained_.insert(path).second) {
      base::Log(base::LogLevel::kError, "cannot follow a file",
                {{"job", target.config.job}, {"error", reader.error().message}});
    }
    return;
  }
  complained_.erase(path);
  if (first_scan_ && WasRotated(target, path, **reader)) return;  // FindRotated does it
  auto source = MakeSource(target, path, NameOf(target, path), *std::move(reader));
  if (!Adopt(target, *source)) {
    if (auto started = StartSource(*source); !started) {
      base::Log(base::LogLevel::kError, "cannot follow a file",
                {{"error", started.error().message}});
      return;
    }
  }
  target.files.insert_or_assign(path, std::move(source));
}

/// True when the file is one that the last run followed under another name of this target.
bool FileTargets::WasRotated(const Target& target, const std::string& path,
                             const LineReader& reader) const {
  for (const auto& [key, intent] : intents_.found()) {
    if (key.device != reader.device() || key.inode != reader.inode()) continue;
    const std::string old = key.path.substr(0, key.path.find(" {"));
    if (old == path) return false;
    if (!GlobMatches(target.config.path, old) || NameOf(target, old) != key.path) continue;
    if (reader.FrontHash(intent.front_bytes) == intent.front_hash) return true;
  }
  return false;
}

/// A file that was renamed within the pattern goes on under its new name where it stood.
bool FileTargets::Adopt(Target& target, FileSource& fresh) {
  const auto same = [&](const FileSource& old) {
    return old.key().device == fresh.key().device && old.key().inode == fresh.key().inode &&
           !old.replaying();
  };
  FileSource* old = nullptr;
  const auto rotated = std::find_if(rotated_.begin(), rotated_.end(), [&](const Rotated& each) {
    return each.target == &target && same(*each.source);
  });
  auto moved = target.files.end();
  if (rotated != rotated_.end()) {
    old = rotated->source.get();
  } else {
    for (auto it = target.files.begin(); it != target.files.end(); ++it) {
      if (!same(*it->second) || Names(it->first, it->second->key())) continue;  // a hard link
      moved = it;
      old = it->second.get();
    }
  }
  if (old == nullptr || !fresh.Start(old->committed())) return false;
  intents_.Forget(old->key());
  if (const auto written = intents_.Write({{fresh.key(), fresh.Pending()}}); !written) {
    base::Log(base::LogLevel::kError, "cannot write the intents of the tailer",
              {{"error", written.error().message}});
  }
  if (moved != target.files.end()) {
    target.files.erase(moved);
  } else {
    rotated_.erase(rotated);
  }
  return true;
}

std::vector<std::string> FileTargets::Paths(const Target& target) {
  bool truncated = false;
  std::vector<std::string> paths = GlobFiles(target.config.path, &truncated);
  if (!target.config.exclude.empty()) {
    std::erase_if(
        paths, [&](const std::string& path) { return GlobMatches(target.config.exclude, path); });
  }
  if (truncated && complained_.insert(target.config.path).second) {
    base::Log(base::LogLevel::kWarn, "a __path__ covers more directories than are searched",
              {{"path", target.config.path}});
  }
  return paths;
}

void FileTargets::ScanPath(Target& target, const std::string& path) {
  struct stat status;
  if (::stat(path.c_str(), &status) != 0) return;
  const auto found = target.files.find(path);
  if (found != target.files.end()) {
    FileSource& source = *found->second;
    source.seen = true;
    if (source.key().device == static_cast<uint64_t>(status.st_dev) &&
        source.key().inode == static_cast<uint64_t>(status.st_ino)) {
      return;
    }
    rotated_.push_back({&target, std::move(found->second)});
    target.files.erase(found);
  }
  size_t followed = rotated_.size();
  for (const Target& each : targets_) followed += each.files.size();
  if (followed < kMaxFiles) return OpenFile(target, path);
  if (complained_.insert("limit").second) {
    base::Log(base::LogLevel::kError, "too many files to follow; the rest is left out",
              {{"limit", std::to_string(kMaxFiles)}, {"first left out", path}});
  }
}

void FileTargets::ScanTarget(Target& target) {
  for (auto& [path, source] : target.files) source->seen = false;
  for (const std::string& path : Paths(target)) ScanPath(target, path);
  for (auto it = target.files.begin(); it != target.files.end();) {
    std::error_code error;
    if (it->second->seen || stdfs::exists(it->first, error)) {
      ++it;
      continue;
    }
    rotated_.push_back({&target, std::move(it->second)});  // removed, or renamed away
    it = target.files.erase(it);
  }
}

/// Files that were renamed while nobody looked: the last run's intents know their inodes.
void FileTargets::FindRotated(Target& target) {
  std::vector<FileKey> gone;
  for (const auto& [key, intent] : intents_.found()) {
    const std::string path = key.path.substr(0, key.path.find(" {"));
    if (!GlobMatches(target.config.path, path) || NameOf(target, path) != key.path) continue;
    const auto current = target.files.find(path);
    if (current != target.files.end() && current->second->key() == key) continue;
    if (!FollowRotated(target, path, key, intent)) gone.push_back(key);
  }
  for (const FileKey& key : gone) intents_.Forget(key);
}

/// Looks for the file beside its old name; under that name it is read to its end.
bool FileTargets::FollowRotated(Target& target, const std::string& path, const FileKey& key,
                                const Intent& intent) {
  std::error_code error;
  const stdfs::path directory = stdfs::path(path).parent_path();
  stdfs::directory_iterator it(directory.empty() ? "." : directory, error);
  for (; !error && it != stdfs::directory_iterator(); it.increment(error)) {
    struct stat status;
    if (::stat(it->path().c_str(), &status) != 0 || !S_ISREG(status.st_mode)) continue;
    if (static_cast<uint64_t>(status.st_dev) != key.device ||
        static_cast<uint64_t>(status.st_ino) != key.inode) {
      continue;
    }
    auto reader = LineReader::Open(it->path().string(), target.config.encoding);
    if (!reader || (*reader)->FrontHash(intent.front_bytes) != intent.front_hash) continue;
    auto source = MakeSource(target, path, key.path, *std::move(reader));
    if (!StartSource(*source)) continue;
    rotated_.push_back({&target, std::move(source)});
    return true;
  }
  return false;
}

Result<bool> FileTargets::Step(int64_t now_ns, bool scan) {
  if (scan) {
    for (Target& target : targets_) ScanTarget(target);
    if (first_scan_) {
      for (Target& target : targets_) FindRotated(target);
    }
    first_scan_ = false;
  }
  PHAROS_TRY(const bool read, Pass(now_ns));
  CloseRotated(now_ns);
  return read;
}

std::vector<FileSource*> FileTargets::All() {
  std::vector<FileSource*> out;
  for (const auto& each : rotated_) out.push_back(each.source.get());  // older lines first
  for (Target& target : targets_) {
    for (const auto& [path, source] : target.files) out.push_back(source.get());
  }
  return out;
}

Result<bool> FileTargets::Pass(int64_t now_ns) {
  bool any = false;
  std::vector<FileSource*> batch;
  std::vector<Entry> entries;
  size_t bytes = 0;
  for (FileSource* source : All()) {
    const size_t before = entries.size();
    const auto read = source->Step(now_ns, entries);
    if (!read) {
      if (complained_.insert(source->key().path).second) {
        base::Log(base::LogLevel::kError, "cannot read a file", {{"error", read.error().message}});
      }
      continue;
    }
    any |= *read;
    if (*read || entries.size() > before) batch.push_back(source);
    for (size_t i = before; i < entries.size(); ++i) bytes += entries[i].line.size();
    if (bytes >= 4 * kReadBytes) {
      PHAROS_TRY_VOID(Send(batch, entries));
      bytes = 0;
    }
  }
  PHAROS_TRY_VOID(Send(batch, entries));
  return any;
}

/// Intents first, then the entries, then the positions.
Result<void> FileTargets::Send(std::vector<FileSource*>& batch, std::vector<Entry>& entries) {
  if (!entries.empty()) {
    std::vector<std::pair<FileKey, Intent>> intents;
    for (FileSource* source : batch) intents.emplace_back(source->key(), source->Pending());
    while (true) {
      const auto written = intents_.Write(intents);
      if (written) break;
      base::Log(base::LogLevel::kError, "cannot write the intents of the tailer; lines wait",
                {{"error", written.error().message}});
      PHAROS_TRY_VOID(deliver_({}));  // kCancelled once the tailer stops
      ::usleep(200'000);
    }
    PHAROS_TRY_VOID(deliver_(entries));
  }
  for (FileSource* source : batch) source->Commit();
  batch.clear();
  entries.clear();
  return {};
}

/// Rotated files end when they were silent long enough.
void FileTargets::CloseRotated(int64_t now_ns) {
  for (auto it = rotated_.begin(); it != rotated_.end();) {
    FileSource& source = *it->source;
    if (now_ns - source.last_data_ns() < kRotatedSilenceNs) {
      ++it;
      continue;
    }
    std::vector<Entry> entries;
    std::vector<FileSource*> batch{&source};
    source.Finish(now_ns, entries);
    if (!Send(batch, entries)) return;  // stopping: the next run finishes it
    intents_.Forget(source.key());
    it = rotated_.erase(it);
  }
}

void FileTargets::AddPositions(PositionMap& out) const {
  for (const Target& target : targets_) {
    for (const auto& [path, source] : target.files) {
      out[source->key().path] = std::to_string(source->committed());
    }
  }
}

std::vector<FileTargets::Shown> FileTargets::Active() const {
  std::vector<Shown> out;
  for (const Target& target : targets_) {
    for (const auto& [path, source] : target.files) {
      out.push_back({target.config.job, path, target.config.labels, source->committed()});
    }
  }
  return out;
}

}  // namespace pharos::ingest::tail
