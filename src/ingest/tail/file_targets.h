// All files of a promtail configuration: finds them, follows them through rotation, and delivers
// their lines so that a crash at any step loses and doubles none.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/result.h"
#include "conf/promtail_config.h"
#include "ingest/tail/file_source.h"
#include "ingest/tail/intents.h"
#include "ingest/tail/positions.h"

namespace pharos::ingest::tail {

/// Blocks until the entries are durable; only kCancelled comes back.
using Deliver = std::function<base::Result<void>(const std::vector<Entry>&)>;

/// One `__path__` with its labels.
struct FileTarget {
  std::string job;
  std::string path;     ///< the pattern
  std::string exclude;  ///< "" for none
  LabelMap labels;
  const std::vector<conf::Node>* stages = nullptr;
  std::string encoding;
};

/// The targets of static_configs after relabelling: `__path__` taken out, `__…` labels dropped,
/// targets of another `__host__` left out. kBadInput for rules or encodings that cannot work.
base::Result<std::vector<FileTarget>> FileTargetsOf(const conf::PromtailConfig& config);

/// Owns: the sources and the intent file. Threads: one. Errors: kIo of the intent file (the
/// batch was not sent; the next Step tries again); errors of single files are logged and the
/// others go on.
class FileTargets {
 public:
  struct Options {
    int64_t max_line_bytes = 0;
    bool truncate_long_lines = false;
  };
  /// `positions` is what positions.yaml said, by file name.
  FileTargets(std::vector<FileTarget> targets, Options options, const PositionMap& positions,
              IntentFile& intents, Deliver deliver);

  /// Looks for new and rotated files (when `scan`), reads what is new, delivers it. True when
  /// something was read.
  base::Result<bool> Step(int64_t now_ns, bool scan);

  /// Where each path stands, for positions.yaml.
  void AddPositions(PositionMap& out) const;
  struct Shown {
    std::string job, path;
    LabelMap labels;
    uint64_t offset = 0;
  };
  std::vector<Shown> Active() const;

 private:
  struct Target {
    FileTarget config;
    std::map<std::string, std::unique_ptr<FileSource>> files;  ///< by path
  };
  /// A file whose name went to another file, or that was removed.
  struct Rotated {
    Target* target;
    std::unique_ptr<FileSource> source;
  };
  void ScanTarget(Target& target);
  void ScanPath(Target& target, const std::string& path);
  std::vector<std::string> Paths(const Target& target);
  void OpenFile(Target& target, const std::string& path);
  bool Adopt(Target& target, FileSource& fresh);
  bool WasRotated(const Target& target, const std::string& path, const LineReader& reader) const;
  void FindRotated(Target& target);
  bool FollowRotated(Target& target, const std::string& path, const FileKey& key,
                     const Intent& intent);
  std::unique_ptr<FileSource> MakeSource(const Target& target, const std::string& path,
                                         const std::string& name,
                                         std::unique_ptr<LineReader> reader) const;
  std::string NameOf(const Target& target, const std::string& path) const;
  base::Result<void> StartSource(FileSource& source);
  base::Result<bool> Pass(int64_t now_ns);
  base::Result<void> Send(std::vector<FileSource*>& batch, std::vector<Entry>& entries);
  std::vector<FileSource*> All();
  void CloseRotated(int64_t now_ns);

  std::vector<Target> targets_;
  const Options options_;
  PositionMap positions_;
  IntentFile& intents_;
  const Deliver deliver_;
  std::vector<Rotated> rotated_;      ///< read to their end, then closed
  std::set<std::string> complained_;  ///< paths whose trouble was told
  bool first_scan_ = true;
};

}  // namespace pharos::ingest::tail
