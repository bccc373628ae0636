#include "events/trace_table.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <random>
#include <set>

namespace pharos::events {
namespace {

struct Row {
  uint8_t trace;  // 0: none
  uint32_t span, parent;
  int64_t time;
};

model::TraceId Trace(uint8_t n) {
  model::TraceId id;
  id.bytes[15] = n;
  return id;
}
model::SpanId Span(uint32_t n) {
  model::SpanId id;
  const uint32_t big = __builtin_bswap32(n);
  std::memcpy(id.bytes.data() + 4, &big, sizeof big);
  return id;
}

/// Span ids of a trace in the order of their numbers, by the words of the format.
std::vector<uint32_t> Numbered(const std::vector<Row>& rows, uint8_t trace) {
  std::map<uint32_t, int64_t> oldest;
  std::set<uint32_t> strays;
  for (const Row& row : rows) {
    if (row.trace != trace) continue;
    if (row.parent != 0) strays.insert(row.parent);
    if (row.span == 0) continue;
    const auto [it, fresh] = oldest.try_emplace(row.span, row.time);
    it->second = std::min(it->second, row.time);
  }
  std::vector<std::pair<int64_t, uint32_t>> own;
  for (const auto& [id, time] : oldest) own.emplace_back(time, id);
  std::sort(own.begin(), own.end());
  std::vector<uint32_t> ids;
  for (const auto& [time, id] : own) ids.push_back(id);
  for (const uint32_t id : strays) {
    if (!oldest.contains(id)) ids.push_back(id);
  }
  return ids;
}

void Check(const std::vector<Row>& rows) {
  TraceTableBuilder table;
  std::map<uint8_t, int64_t> first;
  for (const Row& row : rows) {
    const bool none = row.trace == 0;
    table.Add(none ? model::TraceId{} : Trace(row.trace), none ? model::SpanId{} : Span(row.span),
              none ? model::SpanId{} : Span(row.parent), row.time);
    if (none) continue;
    const auto [it, fresh] = first.try_emplace(row.trace, row.time);
    it->second = std::min(it->second, row.time);
  }
  table.Build();
  std::map<uint8_t, int64_t> numbers;
  std::map<uint8_t, std::vector<uint32_t>> numbered;
  for (size_t i = 0; i < rows.size(); ++i) {
    const TraceRef ref = table.Of(i);
    if (rows[i].trace == 0) {
      EXPECT_EQ(ref.trace + ref.span + ref.parent, 0);
      continue;
    }
    EXPECT_EQ(numbers.try_emplace(rows[i].trace, ref.trace).first->second, ref.trace);
    std::vector<uint32_t>& ids = numbered[rows[i].trace];
    if (ids.empty()) ids = Numbered(rows, rows[i].trace);
    const auto at = [&](int64_t number) {
      return number == 0 ? 0 : ids.at(static_cast<size_t>(number) - 1);
    };
    EXPECT_EQ(at(ref.span), rows[i].span);
    EXPECT_EQ(at(ref.parent), rows[i].parent);
  }
  std::vector<std::pair<int64_t, int64_t>> by_number;
  for (const auto& [trace, number] : numbers) by_number.emplace_back(number, first[trace]);
  std::sort(by_number.begin(), by_number.end());
  for (size_t i = 0; i < by_number.size(); ++i) {
    EXPECT_EQ(by_number[i].first, static_cast<int64_t>(i) + 1);
    if (i > 0) {
      EXPECT_LE(by_number[i - 1].second, by_number[i].second);
    }
  }
}

TEST(TraceTable, NumbersIdsByTimeAndStraysBehindThem) {
  Check({{1, 7, 0, 30}, {1, 5, 7, 10}, {1, 9, 100, 20}, {1, 8, 99, 20}, {1, 7, 5, 5}});
  Check({{2, 1, 1, 3}, {0, 0, 0, 1}, {2, 0, 4, 2}, {1, 4, 0, 2}, {2, 1, 0, 2}});
}

TEST(TraceTable, NumbersRandomIdsOfSmallAndLargeTraces) {
  std::mt19937_64 random(11);
  for (const uint32_t ids : {3, 40, 2000}) {
    std::vector<Row> rows;
    for (int i = 0; i < 3000; ++i) {
      rows.push_back({static_cast<uint8_t>(random() % 4), static_cast<uint32_t>(random() % ids),
                      static_cast<uint32_t>(random() % (ids + 20)),
                      static_cast<int64_t>(random() % 500)});
    }
    Check(rows);
  }
}

}  // namespace
}  // namespace pharos::events
