// The text of a query's answer, made piece by piece: of an answer of a gigabyte there is never
// more in memory than its values, which go as they are written, and a few pieces.
#pragma once

#include <string>
#include <vector>

#include "net/http.h"
#include "query/exec/held_memory.h"
#include "query/promql/value.h"

namespace pharos::api::prometheus {

class PointStarts;

/// `{"status":"success","data":{"resultType":…,"result":[…]` and `tail`.
///
/// Owns: the value, and the memory that was taken for it. Threads: one at a time; Next works on
/// several cores when there is much to write. Errors: none. Cost: Next some ms for a megabyte.
class AnswerText final : public net::BodySource {
 public:
  AnswerText(query::promql::QueryValue value, std::string tail, query::exec::HeldMemory memory);
  ~AnswerText() override;

  base::Result<bool> Next(std::string& out) override;

 private:
  class Round;
  /// Whole series [first, last), or of one the cells [from, to): its floats, then its histograms.
  struct alignas(64) SlotText {
    std::string text;
  };
  struct Piece {
    size_t first = 0, last = 0;
    size_t from = 0, to = SIZE_MAX;
    bool floats_before = false, histograms_before = false;
  };

  size_t Count() const;
  size_t CellsOf(size_t series) const;
  size_t WeightOf(size_t series) const;
  void Begin(std::string& out);
  void Plan();
  void PlanPart(size_t cells);
  void Forget(size_t end);

  query::promql::QueryValue value_;
  const std::string tail_;
  query::exec::HeldMemory memory_;
  bool begun_ = false;
  size_t series_ = 0, cell_ = 0;                        // where the next round begins
  bool floats_seen_ = false, histograms_seen_ = false;  // of this series, before this cell
  size_t forgotten_ = 0;
  std::vector<Piece> pieces_;        // of a round
  std::vector<PointStarts> starts_;  // a worker
  std::vector<SlotText> texts_;      // a slot
};

/// The answer as a response: in one piece where it is small.
net::Response Respond(query::promql::QueryValue value, std::string tail,
                      query::exec::HeldMemory memory);

}  // namespace pharos::api::prometheus
