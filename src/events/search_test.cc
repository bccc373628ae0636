// Lines come back byte for byte, and searches find what a plain scan of the lines finds: random
// lines and needles of every kind, needles across the borders of values among them.
#include <gtest/gtest.h>
#include <malloc.h>
#include <re2/re2.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <thread>

#include "events/real_lines_test.h"
#include "events/truth_test.h"
#include "events/world_test.h"

namespace pharos::events {
namespace {

constexpr int64_t kStart = kNow - kHour;
constexpr int64_t kStep = 1'000'037;  // from line to line
constexpr uint64_t kLineKinds = 6;

bool Long() { return std::getenv("PHAROS_LONG") != nullptr; }

class Maker {
 public:
  explicit Maker(uint64_t seed) : random_(seed) {}

  uint64_t Below(uint64_t n) { return random_() % n; }
  std::string Hex(size_t digits) {
    std::string out;
    for (size_t i = 0; i < digits; ++i) out += "0123456789abcdef"[Below(16)];
    return out;
  }
  std::string Word() {
    static constexpr const char* kWords[] = {"payment", "error", "cart", "Ünïcode", "a", "timeout",
                                             "user",    "x1y2",  "0x1f", "-",       "",  "null"};
    return kWords[Below(12)];
  }
  std::string Number() {
    switch (Below(7)) {
      case 0: return std::to_string(Below(10));
      case 1:  // around 2^63 and 10^19, too
        return std::to_string(Below(4) != 0 ? random_() >> Below(64)
                                            : 9'000'000'000'000'000'000u + (random_() >> 3));
      case 2: return "00" + std::to_string(Below(1000));
      case 3: return std::to_string(Below(1000)) + "." + std::to_string(Below(1000));
      case 4: return "-" + std::to_string(Below(100'000));
      case 5:
        return std::to_string(Below(256)) + "." + std::to_string(Below(256)) + ".7." +
               std::to_string(Below(256));
      default: return std::to_string(Below(24)) + ":" + std::to_string(10 + Below(50)) + ":07,123";
    }
  }
  std::string Time(int64_t time_ns) {
    const int64_t s = time_ns / 1'000'000'000;
    char out[64];
    std::snprintf(out, sizeof out, "2027-01-15%c08:%02d:%02d%c%03d", Below(2) ? 'T' : ' ',
                  static_cast<int>(s / 60 % 60), static_cast<int>(s % 60), Below(2) ? '.' : ',',
                  static_cast<int>(time_ns / 1'000'000 % 1000));
    return out;
  }
  std::string Value(int64_t time_ns) {
    switch (Below(9)) {
      case 0: return Hex(16);
      case 1: return Hex(32);
      case 2: return Number();
      case 3: return Time(time_ns);
      case 4: return Hex(8) + "-" + Hex(4) + "-" + Hex(4) + "-" + Hex(4) + "-" + Hex(12);
      case 5: return "/api/v1/" + Word() + "/" + Number();
      case 6: return Word() + "_" + Word();
      case 7: return "u" + std::to_string(Below(100));
      default: return Word() + " " + Number() + " " + Word();
    }
  }
  std::string Line(int64_t time_ns) { return Line(Below(kLineKinds), time_ns); }
  std::string Line(uint64_t kind, int64_t time_ns) {
    std::string out;
    switch (kind) {
      case 0:
      case 1:
        out = R"({"ts":")" + Time(time_ns) + R"(","level":")" + Word() + R"(","id":")" + Hex(32) +
              R"(","n":)" + std::to_string(Below(1000)) + R"(,"msg":")" + Value(time_ns) + "\"";
        if (Below(4) == 0) out += R"(,"deep":{"a":"x\"y","b":[1,"]",2]})";
        if (Below(9) == 0) out += R"(, "n":true)";
        return out + "}";
      case 2: return "level=" + Word() + " path=\"" + Value(time_ns) + "\" took=" + Number() + "ms";
      case 3:
        for (uint64_t i = Below(6); i > 0; --i) out += Value(time_ns) + (Below(3) ? " " : "");
        return out;
      case 4: return "GET " + Value(time_ns) + " from " + Number() + " in " + Number() + "ms";
      default:
        for (uint64_t i = Below(30); i > 0; --i) out += static_cast<char>(Below(256));
        return out;
    }
  }
  /// A piece of one of the lines, or what looks like one.
  std::string Needle(const std::vector<std::string>& lines) {
    const std::string& line = lines[Below(lines.size())];
    if (Below(8) == 0) return Value(kStart).substr(0, 1 + Below(12));
    if (line.empty()) return "zz";
    const size_t at = Below(line.size());
    std::string out = line.substr(at, 1 + Below(Below(3) ? 8 : 40));
    if (Below(6) == 0) out[Below(out.size())] ^= 1;
    return out;
  }

 private:
  std::mt19937_64 random_;
};

/// An engine with its lines in parts, and the lines: a stream of each kind, whose granules are
/// ruled out for most needles, and one with all kinds beside each other.
struct Corpus {
  World world;
  std::vector<std::string> lines;

  void Fill(Maker& make, size_t count) {
    ASSERT_TRUE(world.Start());
    for (size_t done = 0; done < count;) {
      model::EventBatch batch;
      for (uint64_t pod = 0; pod <= kLineKinds; ++pod) {
        model::StreamEvents stream{model::Labels{{"pod", std::to_string(pod)}}, {}};
        for (size_t i = 0; i < 500 && done < count; ++i, ++done) {
          const int64_t time = TimeOf(done);
          lines.push_back(pod < kLineKinds ? make.Line(pod, time) : make.Line(time));
          model::Event event;
          event.time_ns = time;
          event.body = model::Value::String(batch.arena.Copy(lines.back()));
          stream.events.push_back(event);
        }
        batch.streams.push_back(std::move(stream));
      }
      ASSERT_TRUE(world.engine->Append("default", batch));
    }
    ASSERT_TRUE(world.engine->Flush());
  }
  static int64_t TimeOf(size_t line) { return kStart + static_cast<int64_t>(line) * kStep; }
};

store::Predicate Contains(std::string text) {
  store::Predicate p;
  p.op = store::Predicate::Op::kLineContains;
  p.text = std::move(text);
  return p;
}

/// Which lines a scan found, told by their times.
class LinesSink final : public store::ScanSink {
 public:
  explicit LinesSink(size_t lines) : found(lines) {}
  base::Result<void> Rows(const model::Labels&, const store::ScanRows& rows) override {
    for (const int64_t time : rows.times) Add(time);
    return {};
  }
  base::Result<void> Whole(const model::Labels&, const model::Event& event) override {
    Add(event.time_ns);
    return {};
  }
  std::vector<bool> found;
  size_t strange = 0;  ///< at no line's time, or found before

 private:
  void Add(int64_t time) {
    const auto line = static_cast<size_t>((time - kStart) / kStep);
    if (line >= found.size() || Corpus::TimeOf(line) != time || found[line]) {
      ++strange;
    } else {
      found[line] = true;
    }
  }
};

void ExpectScan(Engine& engine, const store::EventQuery& query, const std::vector<bool>& holds,
                const std::string& what) {
  LinesSink sink(holds.size());
  const auto scanned = engine.Scan(query, sink);
  ASSERT_TRUE(scanned.has_value() && *scanned) << what;
  ASSERT_EQ(sink.strange, 0u) << what;
  if (sink.found == holds) return;
  const auto differs = std::mismatch(holds.begin(), holds.end(), sink.found.begin());
  FAIL() << what << ": line " << differs.first - holds.begin() << " is "
         << (*differs.first ? "not found" : "found");
}

/// The lines [first, last) that hold it, or the nearest of them where there are many.
void ExpectLines(Engine& engine, store::EventQuery query, const std::vector<std::string>& lines,
                 const std::vector<bool>& holds, size_t first, size_t last,
                 const std::string& what) {
  constexpr size_t kMany = 2000;
  if (query.limit == 0) query.limit = kMany;
  query.start_ns = Corpus::TimeOf(first);
  query.end_ns = Corpus::TimeOf(last);
  std::vector<std::string> want;
  for (size_t n = 0; n < last - first && want.size() < query.limit; ++n) {
    const bool forward = query.direction == store::Direction::kForward;
    const size_t line = forward ? first + n : last - 1 - n;
    if (holds[line]) want.push_back(lines[line]);
  }
  if (want.size() < query.limit) query.limit = 0;
  ASSERT_EQ(Lines(engine, query), want) << what << ", lines " << first << " to " << last;
}

/// Every scan looks at all lines, every cursor at a window, each tenth at all of them.
void ExpectFound(Maker& make, const Corpus& corpus, store::EventQuery query,
                 const std::vector<bool>& holds, const std::string& what) {
  Engine& engine = *corpus.world.engine;
  const size_t count = corpus.lines.size();
  ASSERT_NO_FATAL_FAILURE(ExpectScan(engine, query, holds, what));
  if (make.Below(2) == 0) query.direction = store::Direction::kBackward;
  if (make.Below(10) == 0) return ExpectLines(engine, query, corpus.lines, holds, 0, count, what);
  const size_t first = make.Below(count);
  const size_t last = std::min<size_t>(count, first + 1 + make.Below(1 + count / 32));
  if (make.Below(2) == 0) query.limit = 1 + make.Below(50);
  ExpectLines(engine, query, corpus.lines, holds, first, last, what);
}

/// Of a long test: how far it is.
void Show(size_t done, size_t all) {
  if (Long() && done % 100 == 0) std::fprintf(stderr, "%zu of %zu\n", done, all);
}

void FindNeedles(Maker make, size_t needles, const Corpus& corpus, const Truth& truth,
                 std::atomic<size_t>& done) {
  while (!::testing::Test::HasFatalFailure()) {
    const size_t n = done++;
    if (n >= needles) break;
    Show(n, needles);
    const std::string needle = make.Needle(corpus.lines);
    const bool negated = make.Below(10) == 0;
    store::EventQuery query = All();
    store::Predicate test = Contains(needle);
    if (negated) {
      store::Predicate inner = std::move(test);
      test = {};
      test.op = store::Predicate::Op::kNot;
      test.children.push_back(std::move(inner));
    }
    query.predicate.children.push_back(std::move(test));
    std::vector<bool> holds = truth.Holding(needle);
    if (negated) holds.flip();
    if (make.Below(5) == 0) {
      const std::string other = make.Needle(corpus.lines);
      query.predicate.children.push_back(Contains(other));
      const std::vector<bool> too = truth.Holding(other);
      for (size_t i = 0; i < holds.size(); ++i) holds[i] = holds[i] && too[i];
    }
    ExpectFound(make, corpus, query, holds,
                "needle <" + needle + ">" + (negated ? " negated" : ""));
  }
}

TEST(Search, FindsWhatAScanFinds) {
  const uint64_t seed = Long() ? std::random_device()() : 17;
  SCOPED_TRACE("seed " + std::to_string(seed));
  Maker make(seed);
  Corpus corpus;
  corpus.Fill(make, Long() ? 1'000'000 : 4'000);
  EXPECT_EQ(Lines(*corpus.world.engine, All()), corpus.lines);  // byte for byte
  const Truth truth(corpus.lines);
  const size_t needles = Long() ? 10'000 : 1'000, threads = 2;
  std::atomic<size_t> done = 0;
  std::vector<std::jthread> searchers;
  for (size_t i = 0; i < threads; ++i) {
    searchers.emplace_back(
        [&, i] { FindNeedles(Maker(seed + 1 + i), needles, corpus, truth, done); });
  }
}

/// A regex around a piece of a line.
std::string RegexOf(Maker& make, const std::vector<std::string>& lines) {
  const auto escaped = [](std::string_view text) { return RE2::QuoteMeta(std::string(text)); };
  const std::string a = escaped(make.Needle(lines)), b = escaped(make.Needle(lines));
  switch (make.Below(8)) {
    case 0: return "[0-9]" + a;
    case 1: return "(?i)" + a;
    case 2: return a + "|" + b;
    case 3: return a + ".*" + b;
    case 4: return "(" + a + "|" + b + ")[a-z ]";
    case 5: return "[a-f]{3}[0-9]{" + std::to_string(2 + make.Below(4)) + "}";
    case 6: return "^" + a + "?";
    default: return "(?i:" + a + ")[^\"]" + b.substr(0, b.size() / 2) + "?";
  }
}

TEST(Search, RegexesFindWhatAScanFinds) {
  Maker make(Long() ? std::random_device()() : 19);
  Corpus corpus;
  corpus.Fill(make, Long() ? 200'000 : 3'000);
  const size_t regexes = Long() ? 1'000 : 600;
  for (size_t n = 0; n < regexes; ++n) {
    Show(n, regexes);
    const std::string text = RegexOf(make, corpus.lines);
    const RE2 regex(text, RE2::Quiet);
    if (!regex.ok()) continue;
    store::EventQuery query = All();
    store::Predicate test;
    test.op = store::Predicate::Op::kLineRegex;
    test.text = text;
    query.predicate.children.push_back(std::move(test));
    const bool any_of = make.Below(5) == 0;
    const std::string needle = make.Needle(corpus.lines);
    if (any_of) {  // a regex or a substring
      query.predicate.op = store::Predicate::Op::kOr;
      query.predicate.children.push_back(Contains(needle));
    }
    std::vector<std::string> want;
    for (const std::string& line : corpus.lines) {
      const bool holds =
          RE2::PartialMatch(line, regex) || (any_of && line.find(needle) != std::string::npos);
      if (holds) want.push_back(line);
    }
    ASSERT_EQ(Lines(*corpus.world.engine, query), want) << "regex <" << text << ">";
  }
}

TEST(Search, AFullIdIsFoundWhereverItStands) {
  World world;
  ASSERT_TRUE(world.Start());
  Maker make(23);
  std::vector<std::string> ids, lines;
  for (int i = 0; i < 20'000; ++i) {
    std::string id = make.Hex(i % 3 == 0 ? 16 : 32);
    if (i % 5 == 0) {
      id = make.Hex(8) + "-" + make.Hex(4) + "-" + make.Hex(4) + "-" + make.Hex(4) + "-" +
           make.Hex(12);
    }
    if (i % 7 == 0) std::transform(id.begin(), id.end(), id.begin(), ::toupper);
    switch (i % 4) {
      case 0: lines.push_back(R"({"level":"info","id":")" + id + "\"}"); break;
      case 1: lines.push_back("level=info id=" + id + " took=3ms"); break;
      case 2: lines.push_back("span " + id + " of " + make.Hex(32) + " ends"); break;
      default: lines.push_back(R"({"message":"request-)" + id + R"( done","n":1})");
    }
    ids.push_back(std::move(id));
  }
  model::EventBatch batch;
  model::StreamEvents stream{model::Labels{{"a", "b"}}, {}};
  for (size_t i = 0; i < lines.size(); ++i) {
    stream.events.push_back(Line(kStart + static_cast<int64_t>(i), lines[i]));
  }
  batch.streams.push_back(std::move(stream));
  ASSERT_TRUE(world.engine->Append("default", batch));
  ASSERT_TRUE(world.engine->Flush());
  const auto found = [&](const std::string& needle) {
    store::EventQuery query = All();
    query.predicate.children.push_back(Contains(needle));
    return Lines(*world.engine, query);
  };
  for (size_t i = 0; i < ids.size(); i += 131) {
    ASSERT_EQ(found(ids[i]), std::vector{lines[i]});
    ASSERT_EQ(found(lines[i].substr(lines[i].find(ids[i]) - 1, ids[i].size() + 2)),
              std::vector{lines[i]});
    ASSERT_EQ(found(ids[i].substr(1)), std::vector{lines[i]});
    ASSERT_TRUE(found(make.Hex(ids[i].size())).empty());
  }
}

/// Bytes that malloc has given out.
size_t InUse() {
  const auto info = mallinfo2();
  return info.uordblks + info.hblkhd;
}

TEST(Search, AScanHoldsLittleAtATime) {
  Maker make(29);
  World world;
  ASSERT_TRUE(world.Start());
  constexpr size_t kLines = 200'000;
  for (size_t done = 0; done < kLines;) {
    model::EventBatch batch;
    for (uint64_t pod = 0; pod < 20; ++pod) {
      model::StreamEvents stream{model::Labels{{"pod", std::to_string(pod)}}, {}};
      for (size_t i = 0; i < 500; ++i, ++done) {
        const int64_t time = kStart + static_cast<int64_t>(done) * 1'000'037;
        stream.events.push_back(Line(
            time, batch.arena.Copy(R"({"level":"info","message":"what a line says when it has )"
                                   R"(little to say but much to show for it","trace":")" +
                                   make.Hex(32) + R"(","span":")" + make.Hex(16) + "\"}")));
      }
      batch.streams.push_back(std::move(stream));
    }
    ASSERT_TRUE(world.engine->Append("default", batch));
  }
  ASSERT_TRUE(world.engine->Flush());
  for (const char* regex : {"", "a[x-z]{4}q", "[a-f]{2}[0-9]{2}"}) {
    store::EventQuery query = All();
    query.predicate.op = store::Predicate::Op::kLineRegex;
    query.predicate.text = regex;
    const size_t before = InUse();
    size_t most = before, asked = 0;
    query.cancelled = [&] {
      most = std::max(most, InUse());
      ++asked;
      return false;
    };
    auto cursor = world.engine->Select(query);
    ASSERT_TRUE(cursor);
    model::EventBatch page;
    while (true) {
      const auto more = (*cursor)->Next(&page);
      ASSERT_TRUE(more);
      if (!*more) break;
      most = std::max(most, InUse());
    }
    EXPECT_GT(asked, 0u);
    // 60 MB of lines, more than 100 MB of events; pages that stay for the next query: 32 MB.
    EXPECT_LT(most - before, size_t{64} << 20) << "regex <" << regex << ">";
  }
}

TEST(Search, EveryByteSequenceIsALine) {
  World world;
  ASSERT_TRUE(world.Start());
  std::vector<std::string> lines;
  const auto add = [&](const std::string& bytes) {
    for (const char* around : {"", "1", "ab1", "{\"a\":\"", "k=v k="}) {
      lines.push_back(around + bytes + around);
    }
  };
  for (int a = 0; a < 256; ++a) {
    add(std::string(1, static_cast<char>(a)));
    for (int b = 0; b < 256 && Long(); ++b) add({static_cast<char>(a), static_cast<char>(b)});
  }
  lines.push_back(std::string("\0\1\2\10\40", 5));
  lines.push_back(std::string(200'000, 'x') + "17");
  for (size_t at = 0; at < lines.size();) {
    model::EventBatch batch;
    model::StreamEvents stream{model::Labels{{"a", "b"}}, {}};
    for (size_t n = 0; n < 5000 && at < lines.size(); ++n, ++at) {
      stream.events.push_back(Line(kStart + static_cast<int64_t>(at), lines[at]));
    }
    batch.streams.push_back(std::move(stream));
    ASSERT_TRUE(world.engine->Append("default", batch));
  }
  EXPECT_TRUE(Lines(*world.engine, All()) == lines) << "in memory";
  ASSERT_TRUE(world.engine->Flush());
  EXPECT_TRUE(Lines(*world.engine, All()) == lines) << "in a part";
}

/// Appends all lines as one stream, one each 100 µs, and seals them.
void StoreCorpus(World& world, const RealCorpus& corpus) {
  for (size_t at = 0; at < corpus.lines.size();) {
    model::EventBatch batch;
    model::StreamEvents stream{model::Labels{{"job", "real"}}, {}};
    for (size_t n = 0; n < 2000 && at < corpus.lines.size(); ++n, ++at) {
      stream.events.push_back(
          Line(kNow - kHour + static_cast<int64_t>(at) * 100'000, corpus.lines[at]));
    }
    batch.streams.push_back(std::move(stream));
    ASSERT_TRUE(world.engine->Append("default", batch));
  }
  ASSERT_TRUE(world.engine->Flush());
}

TEST(Search, RealLinesComeBack) {
  size_t sets = 0;
  for (const char* name : kRealSets) {
    const RealCorpus corpus = MakeRealCorpus(name, Long() ? 60 << 20 : 1 << 20);
    if (corpus.lines.empty()) continue;
    ++sets;
    World world;
    ASSERT_TRUE(world.Start());
    StoreCorpus(world, corpus);
    EXPECT_TRUE(Lines(*world.engine, All()) == corpus.lines) << name;
    // Small parts carry their dictionaries for few lines: 0.7 is asked of large ones.
    const uint64_t bytes = world.engine->Stats("default", model::EventKind::kLog).part_bytes;
    EXPECT_LT(static_cast<double>(bytes),
              (Long() ? 0.7 : 1.2) * static_cast<double>(corpus.zstd_bytes))
        << name << ": " << bytes << " bytes, zstd " << corpus.zstd_bytes << ", of " << corpus.bytes;
    Maker make(5);
    for (int n = 0; n < 20; ++n) {
      store::EventQuery query = All();
      const std::string needle = make.Needle(corpus.lines);
      query.predicate.children.push_back(Contains(needle));
      std::vector<std::string> want;
      for (const std::string& line : corpus.lines) {
        if (line.find(needle) != std::string::npos) want.push_back(line);
      }
      ASSERT_TRUE(Lines(*world.engine, query) == want) << name << " <" << needle << ">";
    }
  }
  if (sets == 0) GTEST_SKIP() << "../shared/data/loghub is not there";
}

}  // namespace
}  // namespace pharos::events
