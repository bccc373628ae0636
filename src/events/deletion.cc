#include "events/deletion.h"

#include <utility>

#include "base/hash.h"
#include "events/coding.h"
#include "events/limits.h"
#include "events/loaded_rows.h"
#include "store/reserved_streams.h"

namespace pharos::events {
namespace {

using base::ErrorKind;
using base::Fail;
using base::Result;
using store::Predicate;

constexpr std::string_view kMagic = "PHDE";
constexpr uint32_t kVersion = 1;
constexpr int kMaxFilterDepth = 16;  // of a tree that LogQL's line filters make: three levels

template <class LabelsOf>
std::shared_ptr<const HiddenRows> Concerning(const DeletionList& deletions, int64_t min_ns,
                                             int64_t max_ns, size_t streams, LabelsOf labels_of,
                                             std::vector<HiddenRows::One>* all,
                                             std::shared_ptr<const HiddenRows> out) {
  for (const auto& deletion : deletions) {
    if (!deletion->Overlaps(min_ns, max_ns)) continue;
    HiddenRows::One one{deletion, std::vector<bool>(streams)};
    bool any = false;
    for (size_t i = 0; i < streams; ++i) {
      one.streams[i] = store::MatchesStream(deletion->request().streams, labels_of(i));
      any = any || one.streams[i];
    }
    if (any) all->push_back(std::move(one));
  }
  return all->empty() ? nullptr : out;
}

void PutPredicate(std::string& out, const Predicate& predicate) {
  PutByte(out, static_cast<uint8_t>(predicate.op));
  PutText(out, predicate.text);
  PutVarint(out, predicate.children.size());
  for (const Predicate& child : predicate.children) PutPredicate(out, child);
}

Predicate GetPredicate(Reader& in, int depth) {
  Predicate out;
  const uint8_t op = in.Byte();
  if (op > static_cast<uint8_t>(Predicate::Op::kLineRegex) || depth > kMaxFilterDepth) in.Fail();
  out.op = static_cast<Predicate::Op>(op);
  out.text = in.Text();
  for (uint64_t left = in.Count(3); left > 0 && in.ok(); --left) {
    out.children.push_back(GetPredicate(in, depth + 1));
  }
  return out;
}

Result<std::shared_ptr<const Deletion>> GetDeletion(Reader& in) {
  const std::string tenant(in.Text());
  store::EventDeletion request;
  const uint8_t kind = in.Byte();
  if (kind > 1) in.Fail();
  request.kind = static_cast<model::EventKind>(kind);
  request.id = in.Text();
  request.query = in.Text();
  request.start_ns = in.Fixed<int64_t>();
  request.end_ns = in.Fixed<int64_t>();
  request.created_ns = in.Fixed<int64_t>();
  request.done = in.Byte() != 0;
  for (uint64_t left = in.Count(3); left > 0 && in.ok(); --left) {
    const uint8_t op = in.Byte();
    if (op > static_cast<uint8_t>(model::MatchOp::kNotRegex)) in.Fail();
    std::string name(in.Text()), value(in.Text());
    if (!in.ok()) break;
    PHAROS_TRY(model::Matcher matcher, model::Matcher::Make(static_cast<model::MatchOp>(op),
                                                            std::move(name), std::move(value)));
    request.streams.push_back(std::move(matcher));
  }
  request.predicate = GetPredicate(in, 0);
  if (!in.ok()) return Fail(ErrorKind::kCorrupt, "it ends in the middle of a deletion");
  return Deletion::Make(tenant, std::move(request));
}

}  // namespace

Result<std::shared_ptr<const Deletion>> Deletion::Make(std::string tenant,
                                                       store::EventDeletion request) {
  PHAROS_TRY(CompiledPredicate predicate, CompiledPredicate::Make(request.predicate));
  if (predicate.TestsEvent()) {
    return Fail(ErrorKind::kBadInput, "events are deleted by stream, time and line alone");
  }
  return std::shared_ptr<const Deletion>(
      new Deletion(std::move(tenant), std::move(request), std::move(predicate)));
}

std::shared_ptr<const HiddenRows> HiddenRows::Of(const DeletionList& deletions, const Part& part) {
  if (deletions.empty()) return nullptr;
  auto out = std::make_shared<HiddenRows>();
  const auto labels = [&](size_t i) -> const model::Labels& { return part.streams()[i].labels; };
  return Concerning(deletions, part.entry().min_time, part.entry().max_time, part.streams().size(),
                    labels, &out->all_, out);
}

std::shared_ptr<const HiddenRows> HiddenRows::Of(const DeletionList& deletions,
                                                 const MemSnapshot& memory) {
  if (deletions.empty()) return nullptr;
  auto out = std::make_shared<HiddenRows>();
  const auto labels = [&](size_t i) -> const model::Labels& {
    return memory.table->stream(i).labels;
  };
  return Concerning(deletions, INT64_MIN, INT64_MAX, memory.sizes.streams, labels, &out->all_, out);
}

std::string EncodeDeletions(const DeletionList& deletions) {
  std::string out(kMagic);
  PutFixed(out, kVersion);
  PutVarint(out, deletions.size());
  for (const auto& deletion : deletions) {
    const store::EventDeletion& request = deletion->request();
    PutText(out, deletion->tenant());
    PutByte(out, static_cast<uint8_t>(request.kind));
    PutText(out, request.id);
    PutText(out, request.query);
    PutFixed(out, request.start_ns);
    PutFixed(out, request.end_ns);
    PutFixed(out, request.created_ns);
    PutByte(out, request.done ? 1 : 0);
    PutVarint(out, request.streams.size());
    for (const model::Matcher& matcher : request.streams) {
      PutByte(out, static_cast<uint8_t>(matcher.op()));
      PutText(out, matcher.name());
      PutText(out, matcher.value());
    }
    PutPredicate(out, request.predicate);
  }
  PutFixed(out, base::HashBytes64(out));
  return out;
}

Result<DeletionList> DecodeDeletions(std::string_view bytes) {
  const auto corrupt = [](const std::string& why) {
    return Fail(ErrorKind::kCorrupt, "the file of deletions cannot be read: " + why);
  };
  if (bytes.size() < kMagic.size() + 12 || !bytes.starts_with(kMagic)) {
    return corrupt("it is none");
  }
  Reader sum(bytes.substr(bytes.size() - 8));
  bytes.remove_suffix(8);
  if (sum.Fixed<uint64_t>() != base::HashBytes64(bytes)) return corrupt("its checksum is wrong");
  Reader in(bytes.substr(kMagic.size()));
  if (in.Fixed<uint32_t>() != kVersion) return corrupt("it is of another version of Pharos");
  DeletionList out;
  for (uint64_t left = in.Count(20); left > 0; --left) {
    auto deletion = GetDeletion(in);
    if (!deletion) return corrupt(deletion.error().message);
    out.push_back(*std::move(deletion));
  }
  if (!in.ok() || !in.AtEnd()) return corrupt("it has another length than it says");
  return out;
}

}  // namespace pharos::events
