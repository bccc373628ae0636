#include "io/crash_lab.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cctype>
#include <chrono>
#include <iterator>
#include <set>
#include <utility>

#include "io/part_file.h"

namespace pharos::io {
namespace {

using base::Result;

constexpr int kRounds = 4;
constexpr std::array<std::string_view, 10> kChanging = {"Create", "MakeDirs",  "Rename",  "Link",
                                                        "Remove", "RemoveAll", "SyncDir", "Append",
                                                        "Sync",   "Truncate"};
constexpr std::array<std::string_view, 4> kAdding = {"Create", "MakeDirs", "Link", "Append"};

bool Is(const auto& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// "data/tmp/samples-#/part": what an operation has in common with others of its kind.
std::string ClassOf(const SimOp& op) {
  std::string out(op.name);
  out += ' ';
  bool digits = false;
  for (const char c : op.path) {
    const bool digit = std::isdigit(static_cast<unsigned char>(c)) != 0;
    if (!digit) out += c;
    if (digit && !digits) out += '#';
    digits = digit;
  }
  return out;
}

/// A fault that is waiting for its operation.
struct Fault {
  CrashEnd end = CrashEnd::kKill;
  uint64_t at = 0;      ///< the changing operation, from 1; 0: none
  uint64_t length = 1;  ///< how many fail, where they do
};

/// A machine and its subjects, through all of their lives.
class Theatre {
 public:
  Theatre(std::vector<std::unique_ptr<CrashSubject>> subjects, SimFsOptions disk)
      : machine_(disk), subjects_(std::move(subjects)) {}
  ~Theatre() {
    machine_.fs.SetHook({});
    Close();
  }

  SimFs& fs() { return machine_.fs; }
  void Record(std::vector<CrashPoint>* points) { points_ = points; }
  uint64_t operations() const { return operations_; }

  /// From here on changing operations are counted, and the fault happens.
  void Arm(const Fault& fault) {
    operations_ = 0;
    clock_steps_ = fault.end == CrashEnd::kClock;
    machine_.fs.SetHook([this, fault](const SimOp& op) { return Before(op, fault); });
  }
  void Disarm() {
    machine_.fs.SetHook({});
    SetWall(0);
  }

  Result<void> Open() {
    step_ = CrashStep::kStart;
    PHAROS_TRY(machine_.manifest, Manifest::Open(machine_.fs, "data"));
    WalOptions options{.directory = "data/wal", .window_us = 0};
    for (const auto& subject : subjects_) {
      PHAROS_TRY_VOID(subject->Open(machine_));
      options.first_sequence = std::max(options.first_sequence,
                                        machine_.manifest->SealedSequence(subject->signal()) + 1);
    }
    PHAROS_TRY(machine_.wal,
               Wal::Open(machine_.fs, options, [this](const WalFrame& frame) -> Result<void> {
                 for (const auto& subject : subjects_) {
                   if (subject->signal() == frame.signal) return subject->Replay(frame);
                 }
                 return {};
               }));
    for (const auto& subject : subjects_) subject->Attach(*machine_.wal);
    return {};
  }

  void Close() {
    machine_.wal.reset();  // engines do not use it any more
    for (const auto& subject : subjects_) subject->Close();
    machine_.manifest.reset();
  }

  /// Everything that an engine does, at least once. Needs a successful Open.
  void Live(CrashRandom& random) {
    for (int round = 0; round < kRounds; ++round) {
      if (clock_steps_) SetWall(static_cast<int64_t>(random() % 3) - 1);
      for (int i = 0; i < 2; ++i) {
        Each(CrashStep::kAppend, [&](CrashSubject& s) { (void)s.Write(random); });
        machine_.clock.Advance(std::chrono::minutes(20));
        Each(CrashStep::kSeal, [](CrashSubject& s) { (void)s.Tick(); });
      }
      if (round % 2 == 1) Each(CrashStep::kMerge, [](CrashSubject& s) { (void)s.Flush(); });
      Each(CrashStep::kAppend, [&](CrashSubject& s) { (void)s.Write(random); });
      Each(CrashStep::kDelete, [&](CrashSubject& s) { (void)s.Delete(random); });
      machine_.clock.Advance(std::chrono::hours(13));
      Each(CrashStep::kRetention, [](CrashSubject& s) { (void)s.Tick(); });
    }
  }

  /// The truth, before a flush and after it; what `when` says is part of the complaint.
  std::string Examine(const std::string& when) {
    if (std::string wrong = CheckAll(); !wrong.empty()) return wrong + ", " + when;
    for (const auto& subject : subjects_) {
      if (const auto done = subject->Flush(); !done) {
        return "a flush fails: " + done.error().message + ", " + when;
      }
    }
    if (std::string wrong = CheckAll(); !wrong.empty()) return wrong + ", flushed " + when;
    return "";
  }

  /// All files below `path`, sorted.
  std::vector<std::string> Files(const std::string& path) {
    std::vector<std::string> out;
    const auto names = machine_.fs.List(path);
    if (!names) return {path};
    for (const std::string& name : *names) {
      const auto below = Files(path + "/" + name);
      out.insert(out.end(), below.begin(), below.end());
    }
    return out;
  }

  std::vector<PartEntry> Parts() const {
    std::vector<PartEntry> out;
    for (const auto& subject : subjects_) {
      const auto live = machine_.manifest->Live(subject->signal());
      out.insert(out.end(), live.begin(), live.end());
    }
    return out;
  }

  /// The complaint about a damaged part, or what is wrong with it.
  std::string Complaint(const CrashLab::Flip& flip) {
    for (const auto& subject : subjects_) {
      if (subject->signal() != flip.part.signal) continue;
      const auto verified = subject->Verify();
      if (verified) return "not found";
      const std::string& said = verified.error().message;
      const bool page = flip.place.starts_with("section ");
      if (said.find(flip.part.path) == std::string::npos) return "not named: " + said;
      if (page && said.find(flip.place) == std::string::npos) return "page not named: " + said;
      return subject->CheckBut(flip.part);
    }
    return "";
  }

  /// Upkeep and writes go on beside a damaged part.
  std::string GoOnBeside(const PartEntry& damaged, CrashRandom& random) {
    for (const auto& subject : subjects_) {
      if (!subject->Write(random)) return "writes are refused";
      if (const auto done = subject->Tick(); !done) return "upkeep: " + done.error().message;
      if (const auto done = subject->Flush(); !done) return "flush: " + done.error().message;
      if (std::string wrong = subject->CheckBut(damaged); !wrong.empty()) return wrong;
    }
    return "";
  }

  std::string WritesAreTaken(CrashRandom& random) {
    for (const auto& subject : subjects_) {
      if (!subject->Write(random)) return "writes are refused when all is well again";
    }
    return CheckAll();
  }

 private:
  /// So many hours beside the right time.
  void SetWall(int64_t hours) {
    machine_.clock.SetWall(std::chrono::hours(hours - wall_hours_));
    wall_hours_ = hours;
  }

  std::string CheckAll() {
    for (const auto& subject : subjects_) {
      if (std::string wrong = subject->Check(); !wrong.empty()) return wrong;
    }
    return "";
  }

  void Each(CrashStep step, const auto& act) {
    step_ = step;
    for (const auto& subject : subjects_) act(*subject);
  }

  Result<void> Before(const SimOp& op, const Fault& fault) {
    if (!Is(kChanging, op.name)) return {};
    const uint64_t now = ++operations_;
    if (points_ != nullptr) points_->push_back({now, step_, ClassOf(op)});
    if (fault.at == 0 || now < fault.at || now >= fault.at + fault.length) return {};
    switch (fault.end) {
      case CrashEnd::kErrors: return base::Fail(base::ErrorKind::kIo, "Input/output error");
      case CrashEnd::kReadOnly: return base::Fail(base::ErrorKind::kIo, "Read-only file system");
      case CrashEnd::kDiskFull:
        if (!Is(kAdding, op.name)) return {};
        return base::Fail(base::ErrorKind::kFull, "No space left on device");
      case CrashEnd::kClock: return {};
      default: machine_.fs.Halt(); return {};
    }
  }

  CrashMachine machine_;
  const std::vector<std::unique_ptr<CrashSubject>> subjects_;
  bool clock_steps_ = false;
  int64_t wall_hours_ = 0;
  std::vector<CrashPoint>* points_ = nullptr;
  std::atomic<uint64_t> operations_{0};
  std::atomic<CrashStep> step_{CrashStep::kStart};
};

bool EndsTheProcess(CrashEnd end) { return end == CrashEnd::kKill || end == CrashEnd::kPowerCut; }

/// The process is gone: by SIGKILL, or with the machine.
void End(Theatre& theatre, bool power_cut, uint64_t seed) {
  theatre.fs().Halt();
  theatre.Close();
  theatre.Disarm();
  if (power_cut) {
    theatre.fs().CutPower(seed);
  } else {
    theatre.fs().Restart();
  }
}

/// One life with a fault in it. Starts with a start, ends with the end of the process.
std::string OneLife(Theatre& theatre, const Fault& fault, CrashRandom& random) {
  theatre.Arm(fault);
  const auto opened = theatre.Open();
  if (opened) theatre.Live(random);
  bool power_cut = fault.end == CrashEnd::kPowerCut;
  if (!EndsTheProcess(fault.end)) {
    theatre.Disarm();
    const std::string when = "after " + std::string(NameOf(fault.end));
    if (opened) {
      if (std::string wrong = theatre.Examine(when); !wrong.empty()) return wrong;
      if (std::string wrong = theatre.WritesAreTaken(random); !wrong.empty()) {
        return wrong + ", " + when;
      }
    }
    power_cut = random() % 2 == 0;
  }
  End(theatre, power_cut, random());
  return "";
}

/// What must hold of what a life has left.
std::string Afterwards(Theatre& theatre, CrashRandom& random) {
  if (const auto opened = theatre.Open(); !opened) {
    return "the start fails: " + opened.error().message;
  }
  if (std::string wrong = theatre.Examine("after the start"); !wrong.empty()) return wrong;
  if (std::string wrong = theatre.WritesAreTaken(random); !wrong.empty()) return wrong;
  theatre.Close();
  if (const auto opened = theatre.Open(); !opened) {
    return "the second start fails: " + opened.error().message;
  }
  return theatre.Examine("after the second start");
}

constexpr int kFlippedBit = 3;

/// Adds what can be flipped in one file of a part.
void AddFlips(SimFs& fs, const PartEntry& part, const std::string& path,
              std::vector<CrashLab::Flip>* out) {
  const auto file = fs.OpenRead(path);
  if (!file) return;
  const uint64_t size = (*file)->Size().value_or(0);
  const auto head = (*file)->ReadAt(0, 16);
  if (!head) return;
  const auto add = [&](uint64_t byte, std::string place) {
    out->push_back({part, path, byte, std::move(place)});
  };
  add(2, "magic");
  add(9, "kind");
  add(13, "version");
  add(size - 2, "end mark");
  add(size - 10, "checksum of the footer");
  add(size - 18, "length of the footer");
  add(size - 30, "footer");
  const auto reader = PartReader::Open(fs, path, head->substr(8, 4), UINT32_MAX);
  if (!reader) return;
  for (const Section& section : (*reader)->Sections()) {
    for (size_t i = 0; i < section.pages.size(); ++i) {
      const PageRef& page = section.pages[i];
      const std::string place = "section " + section.name + " page " + std::to_string(i);
      if (page.stored_bytes > 0) add(page.offset + page.stored_bytes / 2, place);
    }
  }
}

/// The file and the offset in it of the `byte`-th byte of all of them.
std::pair<std::string, uint64_t> Locate(SimFs& fs, const std::vector<std::string>& files,
                                        uint64_t byte) {
  for (const std::string& path : files) {
    const auto file = fs.OpenRead(path);
    const uint64_t size = file ? (*file)->Size().value_or(0) : 0;
    if (byte < size) return {path, byte};
    byte -= size;
  }
  return {};
}

std::vector<std::string> LogFiles(Theatre& theatre, bool killed) {
  std::vector<std::string> files;
  if (!killed) files = theatre.Files("data/wal");
  files.push_back("data/MANIFEST");
  return files;
}

/// A whole life and its end.
Result<void> LifeAndEnd(Theatre& theatre, CrashRandom& random, bool killed) {
  PHAROS_TRY_VOID(theatre.Open());
  theatre.Live(random);
  if (killed) {
    End(theatre, false, 0);
  } else {
    theatre.Close();
  }
  return {};
}

}  // namespace

std::string_view NameOf(CrashStep step) {
  constexpr std::string_view kNames[] = {"start", "append", "seal", "merge", "delete", "retention"};
  return kNames[static_cast<size_t>(step)];
}

std::string_view NameOf(CrashEnd end) {
  constexpr std::string_view kNames[] = {"kill",      "power cut", "errors",
                                         "disk full", "read-only", "clock"};
  return kNames[static_cast<size_t>(end)];
}

CrashLab::CrashLab(MakeSubjects make, SimFsOptions disk) : make_(std::move(make)), disk_(disk) {}
CrashLab::~CrashLab() = default;

std::vector<CrashPoint> CrashLab::Points(uint64_t seed) {
  std::vector<CrashPoint> points;
  Theatre theatre(make_(), disk_);
  CrashRandom random(seed);
  theatre.Record(&points);
  theatre.Arm({});
  if (theatre.Open()) theatre.Live(random);
  theatre.Disarm();
  return points;
}

std::vector<CrashPoint> CrashLab::Sample(const std::vector<CrashPoint>& points, size_t most,
                                         uint64_t seed) {
  std::set<std::pair<CrashStep, std::string>> classes;
  std::vector<CrashPoint> firsts, out;
  for (const CrashPoint& point : points) {
    if (classes.emplace(point.step, point.operation).second) firsts.push_back(point);
  }
  CrashRandom random(seed);
  std::sample(firsts.begin(), firsts.end(), std::back_inserter(out), most, random);
  return out;
}

std::string CrashLab::Run(uint64_t seed, CrashEnd end, uint64_t at) {
  Theatre theatre(make_(), disk_);
  CrashRandom random(seed), fate(seed * 1000 + at);
  const Fault fault{.end = end, .at = at, .length = 1 + fate() % 40};
  std::string wrong = OneLife(theatre, fault, random);
  if (wrong.empty()) wrong = Afterwards(theatre, random);
  if (wrong.empty()) return "";
  return wrong + " (" + std::string(NameOf(end)) + " at operation " + std::to_string(at) +
         ", seed " + std::to_string(seed) + ")";
}

std::string CrashLab::RunLives(uint64_t seed, int lives) {
  Theatre theatre(make_(), disk_);
  CrashRandom random(seed);
  const uint64_t most = Points(seed).size();
  for (int life = 0; life < lives; ++life) {
    const Fault fault{.end = static_cast<CrashEnd>(random() % static_cast<int>(CrashEnd::kCount)),
                      .at = 1 + random() % (random() % 4 == 0 ? 40 : most),
                      .length = 1 + random() % 40};
    std::string wrong = OneLife(theatre, fault, random);
    if (!wrong.empty()) {
      return wrong + " (" + std::string(NameOf(fault.end)) + " at operation " +
             std::to_string(fault.at) + " of life " + std::to_string(life) + ", seed " +
             std::to_string(seed) + ")";
    }
  }
  if (std::string wrong = Afterwards(theatre, random); !wrong.empty()) {
    return wrong + " (" + std::to_string(lives) + " lives, seed " + std::to_string(seed) + ")";
  }
  return "";
}

std::vector<CrashLab::Flip> CrashLab::PartFlips(uint64_t seed) {
  Theatre theatre(make_(), disk_);
  CrashRandom random(seed);
  std::vector<Flip> out;
  if (!theatre.Open()) return out;
  theatre.Live(random);
  if (!theatre.Examine("").empty()) return out;
  for (const PartEntry& part : theatre.Parts()) {
    for (const std::string& path : theatre.Files("data/" + part.path)) {
      AddFlips(theatre.fs(), part, path, &out);
    }
  }
  return out;
}

std::string CrashLab::RunFlip(uint64_t seed, const Flip& flip) {
  Theatre theatre(make_(), disk_);
  CrashRandom random(seed);
  std::string wrong;
  const auto open = [&] {
    const auto opened = theatre.Open();
    if (!opened) wrong = "the start fails: " + opened.error().message;
    return opened.has_value();
  };
  if (!open()) return wrong;
  theatre.Live(random);
  wrong = theatre.Examine("before the flip");
  theatre.Close();
  const auto flipped = theatre.fs().FlipBit(flip.path, flip.byte, kFlippedBit);
  if (!flipped) return flipped.error().message;
  if (wrong.empty() && open()) {
    wrong = theatre.Complaint(flip);
    if (wrong.empty()) wrong = theatre.GoOnBeside(flip.part, random);
    theatre.Close();
  }
  (void)theatre.fs().FlipBit(flip.path, flip.byte, kFlippedBit);
  if (wrong.empty() && open()) wrong = theatre.Examine("with the bit back");
  return wrong.empty() ? "" : wrong + " (" + flip.place + " of " + flip.path + ")";
}

uint64_t CrashLab::LogBytes(uint64_t seed, bool killed) {
  Theatre theatre(make_(), disk_);
  CrashRandom random(seed);
  if (!LifeAndEnd(theatre, random, killed)) return 0;
  uint64_t bytes = 0;
  for (const std::string& path : LogFiles(theatre, killed)) {
    const auto file = theatre.fs().OpenRead(path);
    bytes += file ? (*file)->Size().value_or(0) : 0;
  }
  return bytes;
}

std::string CrashLab::RunLogFlip(uint64_t seed, uint64_t byte, bool killed) {
  Theatre theatre(make_(), disk_);
  CrashRandom random(seed);
  if (const auto lived = LifeAndEnd(theatre, random, killed); !lived) return lived.error().message;
  const auto [path, offset] = Locate(theatre.fs(), LogFiles(theatre, killed), byte);
  if (const auto flipped = theatre.fs().FlipBit(path, offset, kFlippedBit); !flipped) {
    return flipped.error().message;
  }
  std::string wrong;
  const auto opened = theatre.Open();
  if (opened) {
    wrong = theatre.Examine("after the start");
  } else if (opened.error().message.find(path) == std::string::npos) {
    wrong = "not named: " + opened.error().message;
  } else {
    theatre.Close();
    (void)theatre.fs().FlipBit(path, offset, kFlippedBit);
    const auto again = theatre.Open();
    wrong = again ? theatre.Examine("with the bit back") : again.error().message;
  }
  return wrong.empty() ? "" : wrong + " (byte " + std::to_string(offset) + " of " + path + ")";
}

}  // namespace pharos::io
