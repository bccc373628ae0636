#include "query/promql/row_stream.h"

#include <algorithm>

#include "query/exec/ordered_work.h"
#include "query/promql/limits.h"

namespace pharos::query::promql {
namespace {

constexpr std::string_view kWhere = "expression evaluation";

/// A number of series in a row.
/// On cache lines of its own: another worker fills the next one.
struct alignas(64) Tile {
  size_t begin = 0;
  std::vector<Row> rows;
  std::vector<int64_t> counts;  ///< a row; kEmpty: not even the series had anything
  exec::Annotations annotations;
  int64_t read = 0;
};
constexpr int64_t kEmpty = -1;

struct Worker {
  Worker(const RowStream& stream, exec::QueryContext& context, SharedWindowPlans& plans)
      : reader(stream.selection->NewReader()), maker(stream.recipe, context, plans) {}
  std::unique_ptr<store::SelectionReader> reader;
  RowMaker maker;
};

class Tiles final : public exec::OrderedWork {
 public:
  Tiles(const RowStream& stream, exec::QueryContext& context, RowSink& sink, size_t workers)
      : stream_(stream),
        context_(context),
        sink_(sink),
        labels_(sink.wants_labels()),
        height_(std::clamp<size_t>(kTileCells / std::max<size_t>(1, stream.recipe.steps), 1,
                                   kTileSeries)),
        plans_(stream.recipe.windows, NeedsRates(stream.recipe.column)),
        workers_(workers),
        tiles_(exec::SlotsFor(workers)) {}

  size_t count() const { return (stream_.selection->size() + height_ - 1) / height_; }

  base::Result<void> Make(size_t item, size_t worker, size_t slot) override {
    if (workers_[worker] == nullptr)
      workers_[worker] = std::make_unique<Worker>(stream_, context_, plans_);
    Worker& with = *workers_[worker];
    Tile& tile = tiles_[slot];
    tile.begin = item * height_;
    const size_t height = std::min(height_, stream_.selection->size() - tile.begin);
    tile.rows.resize(height);
    tile.counts.assign(height, kEmpty);
    tile.annotations = {};
    tile.read = 0;
    for (size_t i = 0; i < height; ++i) {
      if (i % 16 == 0) PHAROS_TRY_VOID(context_.Check(kWhere));
      PHAROS_TRY_VOID(MakeRow(with, tile, i));
    }
    return {};
  }

  base::Result<void> Take(size_t /*item*/, size_t slot) override {
    Tile& tile = tiles_[slot];
    for (const exec::Annotations::Item& item : tile.annotations.items())
      context_.annotations().Merge(item);
    context_.CountRead(tile.read);
    made_.clear();
    for (size_t i = 0; i < tile.rows.size(); ++i) {
      if (tile.counts[i] == kEmpty) continue;
      const size_t limit = context_.limits().max_series;
      if (limit > 0 && ++series_ > limit) {
        return base::Fail(base::ErrorKind::kLimit,
                          "the query selects more than " + std::to_string(limit) + " series");
      }
      if (tile.counts[i] > 0) made_.push_back({tile.begin + i, &tile.rows[i], tile.counts[i]});
    }
    return made_.empty() ? base::Result<void>() : sink_.Take(made_);
  }

 private:
  base::Result<void> MakeRow(Worker& with, Tile& tile, size_t i) {
    const size_t series = tile.begin + i;
    PHAROS_TRY(const store::SeriesSpan span, with.reader->Read(series));
    if (span.times_ms.empty() && span.histograms.empty()) return {};
    Row& row = tile.rows[i];
    std::string_view metric = stream_.metric;
    const bool tells_name = !stream_.same_name && !stream_.recipe.is_instant;
    if (labels_ || tells_name) {
      row.labels = stream_.selection->LabelsOf(series);
      if (tells_name) metric = row.labels.Name();
    }
    PHAROS_TRY(tile.counts[i], with.maker.Make(span, metric, tile.annotations, &row, &tile.read));
    row.drop_name =
        stream_.drops_name || (!stream_.input_drop_name.empty() && stream_.input_drop_name[series]);
    return {};
  }

  const RowStream& stream_;
  exec::QueryContext& context_;
  RowSink& sink_;
  const bool labels_;
  const size_t height_;
  SharedWindowPlans plans_;
  std::vector<std::unique_ptr<Worker>> workers_;  // each touches its own alone
  std::vector<Tile> tiles_;
  size_t series_ = 0;
  std::vector<MadeRow> made_;  // of the tile that is being taken
};

}  // namespace

base::Result<void> RunRows(const RowStream& stream, exec::QueryContext& context, RowSink& sink) {
  const double cells =
      static_cast<double>(stream.selection->size()) * static_cast<double>(stream.recipe.steps + 64);
  const size_t workers = cells < kParallelCells || stream.recipe.plain ? 1 : exec::MostWorkers();
  Tiles tiles(stream, context, sink, workers);
  return exec::RunOrdered(tiles.count(), workers, tiles);
}

}  // namespace pharos::query::promql
