#include "codec/rd_block.h"

#include <algorithm>
#include <bit>

#include "codec/bitpack.h"
#include "codec/limits.h"

namespace pharos::codec {
namespace {

constexpr int kLeastRight = 48, kMostRight = 60;
constexpr size_t kSampled = 64;

uint64_t RightMask(int right_bits) { return (uint64_t{1} << right_bits) - 1; }

int CodeWidth(size_t lefts) { return BitWidth(lefts - 1); }

/// The plan for one cut. `sample` is sorted.
RdPlan PlanCut(std::span<const uint64_t> sample, int right_bits, size_t count) {
  std::array<std::pair<size_t, uint16_t>, kSampled> runs;  // how often, which
  size_t run_count = 0;
  for (const uint64_t bits : sample) {
    const auto left = static_cast<uint16_t>(bits >> right_bits);
    if (run_count == 0 || runs[run_count - 1].second != left) runs[run_count++] = {0, left};
    ++runs[run_count - 1].first;
  }
  RdPlan plan{.right_bits = right_bits, .lefts = std::min(run_count, kRdDictionary)};
  std::partial_sort(runs.begin(), runs.begin() + static_cast<long>(plan.lefts),
                    runs.begin() + static_cast<long>(run_count), std::greater<>());
  size_t known = 0;
  for (size_t i = 0; i < plan.lefts; ++i) plan.left[i] = runs[i].second, known += runs[i].first;
  const size_t odd = count * (sample.size() - known) / sample.size();
  plan.bits = count * static_cast<uint64_t>(right_bits + CodeWidth(plan.lefts)) + odd * 24 +
              plan.lefts * 24 + 24;
  return plan;
}

struct Parts {
  std::array<uint64_t, kMaxBlockValues> codes, rights;
  std::array<uint16_t, kMaxBlockValues> odd;  // positions of lefts that have no code
  size_t odd_count = 0;
};

void Split(std::span<const double> values, const RdPlan& plan, Parts* parts) {
  const uint64_t mask = RightMask(plan.right_bits);
  const auto end = plan.left.begin() + static_cast<long>(plan.lefts);
  for (size_t i = 0; i < values.size(); ++i) {
    const auto bits = std::bit_cast<uint64_t>(values[i]);
    const auto found =
        std::find(plan.left.begin(), end, static_cast<uint16_t>(bits >> plan.right_bits));
    parts->rights[i] = bits & mask;
    parts->codes[i] = found == end ? 0 : static_cast<uint64_t>(found - plan.left.begin());
    if (found == end) parts->odd[parts->odd_count++] = static_cast<uint16_t>(i);
  }
}

}  // namespace

RdPlan PlanRd(std::span<const double> values) {
  std::array<uint64_t, kSampled> sample;
  const size_t count = std::min(values.size(), kSampled);
  for (size_t i = 0; i < count; ++i)
    sample[i] = std::bit_cast<uint64_t>(values[i * values.size() / count]);
  std::sort(sample.begin(), sample.begin() + static_cast<long>(count));
  RdPlan best;
  for (int right = kLeastRight; right <= kMostRight; ++right) {
    const RdPlan plan = PlanCut({sample.data(), count}, right, values.size());
    if (plan.bits < best.bits) best = plan;
  }
  return best;
}

void EncodeRd(std::span<const double> values, const RdPlan& plan, std::string& out) {
  Parts parts;
  Split(values, plan, &parts);
  out += static_cast<char>(plan.right_bits);
  out += static_cast<char>(plan.lefts);
  for (size_t i = 0; i < plan.lefts; ++i) PutVarint(out, plan.left[i]);
  PackBits(parts.codes.data(), values.size(), CodeWidth(plan.lefts), out);
  PackBits(parts.rights.data(), values.size(), plan.right_bits, out);
  PutVarint(out, parts.odd_count);
  size_t previous = 0;
  for (size_t i = 0; i < parts.odd_count; ++i) {
    PutVarint(out, parts.odd[i] - previous);
    PutVarint(out, std::bit_cast<uint64_t>(values[parts.odd[i]]) >> plan.right_bits);
    previous = parts.odd[i];
  }
}

bool DecodeRd(ByteReader& in, std::span<double> values) {
  const int right_bits = in.Byte();
  const size_t lefts = in.Byte();
  if (!in.ok() || right_bits < kLeastRight || right_bits > kMostRight || lefts == 0 ||
      lefts > kRdDictionary || values.empty() || values.size() > kMaxBlockValues) {
    return false;
  }
  std::array<uint64_t, kRdDictionary> upper{};
  for (size_t i = 0; i < lefts; ++i) upper[i] = in.Varint() << right_bits;
  std::array<uint64_t, kMaxBlockValues> codes, rights;
  const size_t n = values.size();
  const std::string_view packed_codes = in.Take(PackedBytes(n, CodeWidth(lefts)));
  const std::string_view packed_rights = in.Take(PackedBytes(n, right_bits));
  const size_t odd = in.Count();
  if (!in.ok()) return false;
  UnpackBits(packed_codes, n, CodeWidth(lefts), codes.data());
  UnpackBits(packed_rights, n, right_bits, rights.data());
  for (size_t i = 0; i < n; ++i)
    values[i] = std::bit_cast<double>(upper[codes[i] % kRdDictionary] | rights[i]);
  size_t at = 0;
  for (size_t i = 0; i < odd; ++i) {
    const uint64_t step = in.Varint();
    const uint64_t left = in.Varint();
    if (!in.ok() || step >= n - at) return false;
    at += step;
    values[at] = std::bit_cast<double>(left << right_bits | rights[at]);
  }
  return true;
}

}  // namespace pharos::codec
