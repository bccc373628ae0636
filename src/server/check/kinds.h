// The kinds of files that `pharos check` knows: how each is recognised by what is in it (names
// of files say nothing), and which reader tells what becomes of its keys.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "server/check/stack.h"

namespace pharos::server::check {

/// What a reader said. `faults` is "" or one fault a line, as `FILE:LINE: …`.
struct Reading {
  std::vector<conf::KeyNote> notes;
  std::string faults;
};

struct KindRow {
  Kind kind;
  const char* name;
  bool (*is)(const conf::Node& root);
  /// Null where keys are not read; `aside` then says why.
  Reading (*read)(const File& file);
  const char* aside;
};

/// In the order in which they are tried.
const std::vector<KindRow>& Kinds();
/// The row of a kind; null for kUnknown.
const KindRow* RowOf(Kind kind);
Kind Recognise(const conf::Node& root);
/// "prometheus.yml, rule file, Loki, …": for the error about what is none of them.
std::string KnownKinds();

}  // namespace pharos::server::check
