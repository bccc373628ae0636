// `pharos check` without its printing: files and folders in, what becomes of each key and what
// the traps found out.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "server/check/stack.h"

namespace pharos::server::check {

struct FileReport {
  std::string path;
  std::string kind;                  ///< "Loki"; "" when it is none that we know
  std::string aside;                 ///< why its keys are not read; "" when they are
  std::vector<conf::KeyNote> notes;  ///< by line; keys with their whole path
  std::vector<std::string> faults;   ///< `FILE:LINE: …`

  size_t Count(conf::Verdict verdict) const;
};

struct Report {
  std::vector<FileReport> files;
  Findings findings;

  /// A file is wrong: the exit status of `pharos check` is 1. Findings are advice.
  bool HasFaults() const;
};

/// A file from its text: parsed and recognised.
std::unique_ptr<File> MakeFile(std::string path, std::string text);
/// What there is to say about these files together.
Report CheckFiles(std::vector<std::unique_ptr<File>> files);

/// Folders are searched, with all below them, for .yml, .yaml and .json; hidden ones are passed.
/// Rule files that a prometheus.yml names come along. Errors: in the report.
Report CheckPaths(const std::vector<std::string>& paths);

/// As it is printed. `keys`: every key, not only those that are moot or of note.
std::string ReportText(const Report& report, bool keys);

}  // namespace pharos::server::check
