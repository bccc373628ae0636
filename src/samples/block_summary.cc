#include "samples/block_summary.h"

#include <bit>
#include <cmath>

#include "codec/kernels.h"
#include "codec/limits.h"
#include "codec/value_block.h"
#include "model/sample.h"

namespace pharos::samples {
namespace {

using codec::ByteReader;

enum Form : uint8_t { kConstant = 0, kDecimals = 1, kDoubles = 2 };
constexpr uint8_t kFormMask = 3, kPlain = 4, kExact = 8, kStale = 0x10, kDrops = 0x20;

// Which of the four are equal: upper half of the byte after the flags.
constexpr uint8_t kMinIsFirst = 0x10, kMaxIsLast = 0x20, kMinIsLast = 0x40, kMaxIsFirst = 0x80;
constexpr uint8_t kRawExponent = 15;

constexpr double kExactLimit = 9007199254740992.0;  // 2^53

bool Same(double a, double b) { return std::bit_cast<uint64_t>(a) == std::bit_cast<uint64_t>(b); }

uint8_t Shape(double first, double last, double min, double max) {
  return (Same(min, first)  ? kMinIsFirst
          : Same(min, last) ? kMinIsLast
                            : 0) |
         (Same(max, last)    ? kMaxIsLast
          : Same(max, first) ? kMaxIsFirst
                             : 0);
}

bool DropSumKnown(const BlockSummary& s) { return s.plain && (s.drops < 2 || s.exact); }

/// What follows from all `count` values being `v`.
void SummariseConstant(double v, BlockSummary* s) {
  s->constant = true;
  s->first = s->last = s->min = s->max = v;
  s->plain = std::isfinite(v) && !Same(v, -0.0);
  s->stale = model::IsStaleNan(v);
  s->sum = v * s->count;
  s->exact = s->plain && v == std::floor(v) && std::fabs(s->sum) <= kExactLimit;
  s->drop_sum_known = s->plain;
}

/// The exponent under which all of the body's values are whole numbers; kRawExponent without.
uint8_t ExponentOf(std::string_view body) {
  const bool decimal = body.size() > 1 && body[0] == static_cast<char>(codec::ValueForm::kDecimal);
  return decimal ? static_cast<uint8_t>(body[1]) : kRawExponent;
}

/// The sum that a straight line from first to last would have: near to a counter's.
int64_t LineSum(int64_t first, int64_t last, uint32_t count) {
  const uint64_t ends = static_cast<uint64_t>(first) + static_cast<uint64_t>(last);
  return static_cast<int64_t>(ends * count) / 2;
}

int64_t Less(int64_t a, int64_t b) {
  return static_cast<int64_t>(static_cast<uint64_t>(a) - static_cast<uint64_t>(b));
}
int64_t Plus(int64_t a, int64_t b) {
  return static_cast<int64_t>(static_cast<uint64_t>(a) + static_cast<uint64_t>(b));
}

struct Whole {
  int64_t first = 0, last = 0, min = 0, max = 0, drop_sum = 0;
};

bool ToWhole(const BlockSummary& s, int exponent, Whole* w) {
  return codec::ToDecimal(s.first, exponent, &w->first) &&
         codec::ToDecimal(s.last, exponent, &w->last) &&
         codec::ToDecimal(s.min, exponent, &w->min) && codec::ToDecimal(s.max, exponent, &w->max) &&
         (!s.drop_sum_known || codec::ToDecimal(s.drop_sum, exponent, &w->drop_sum));
}

void WriteDecimals(const BlockSummary& s, uint8_t exponent, const Whole& w, std::string& out) {
  const uint8_t shape = Shape(s.first, s.last, s.min, s.max);
  out += static_cast<char>(exponent | shape);
  codec::PutSigned(out, w.first);
  codec::PutSigned(out, Less(w.last, w.first));
  if ((shape & (kMinIsFirst | kMinIsLast)) == 0)
    codec::PutVarint(out, static_cast<uint64_t>(Less(w.first, w.min)));
  if ((shape & (kMaxIsFirst | kMaxIsLast)) == 0)
    codec::PutVarint(out, static_cast<uint64_t>(Less(w.max, w.first)));
  if (s.exact)
    codec::PutSigned(out, Less(static_cast<int64_t>(s.sum), LineSum(w.first, w.last, s.count)));
  if (s.drops == 0) return;
  codec::PutVarint(out, s.drops);
  if (s.drop_sum_known) codec::PutSigned(out, w.drop_sum);
}

void PutDouble(std::string& out, double v) { codec::PutFixed64(out, std::bit_cast<uint64_t>(v)); }

void WriteDoubles(const BlockSummary& s, std::string& out) {
  const uint8_t shape = s.plain ? Shape(s.first, s.last, s.min, s.max) : 0;
  out += static_cast<char>(kRawExponent | shape);
  PutDouble(out, s.first);
  PutDouble(out, s.last);
  if (!s.plain) return;
  if ((shape & (kMinIsFirst | kMinIsLast)) == 0) PutDouble(out, s.min);
  if ((shape & (kMaxIsFirst | kMaxIsLast)) == 0) PutDouble(out, s.max);
  if (s.drops == 0) return;
  codec::PutVarint(out, s.drops);
  if (s.drop_sum_known) PutDouble(out, s.drop_sum);
}

bool HasStale(std::span<const double> values) {
  for (const double v : values) {
    if (model::IsStaleNan(v)) return true;
  }
  return false;
}

void WriteConstant(double value, std::string& out) {
  out += static_cast<char>(kConstant);
  for (uint8_t e = 0; e <= 3; ++e) {
    int64_t whole;
    if (!codec::ToDecimal(value, e, &whole)) continue;
    out += static_cast<char>(e);
    return codec::PutSigned(out, whole);
  }
  out += static_cast<char>(kRawExponent);
  PutDouble(out, value);
}

double FromWhole(int64_t whole, uint8_t exponent) {
  return static_cast<double>(whole) / codec::kPowersOfTen[exponent];
}

bool ReadConstant(ByteReader& in, BlockSummary* s) {
  const uint8_t exponent = in.Byte();
  if (exponent <= codec::kMaxDecimalExponent) {
    SummariseConstant(FromWhole(in.Signed(), exponent), s);
  } else {
    SummariseConstant(std::bit_cast<double>(in.Fixed64()), s);
  }
  return in.ok() && (exponent <= codec::kMaxDecimalExponent || exponent == kRawExponent);
}

template <bool kAll>
bool ReadDecimals(ByteReader& in, uint8_t flags, BlockSummary* s) {
  const uint8_t byte = in.Byte();
  const uint8_t exponent = byte & 0x0F;
  if (exponent > codec::kMaxDecimalExponent || !s->plain) return false;
  const int64_t first = in.Signed();
  const int64_t last = Plus(first, in.Signed());
  const int64_t min = byte & kMinIsFirst  ? first
                      : byte & kMinIsLast ? last
                                          : Less(first, static_cast<int64_t>(in.Varint()));
  const int64_t max = byte & kMaxIsLast    ? last
                      : byte & kMaxIsFirst ? first
                                           : Plus(first, static_cast<int64_t>(in.Varint()));
  s->first = FromWhole(first, exponent);
  s->last = FromWhole(last, exponent);
  const int64_t beside_line = s->exact ? in.Signed() : 0;
  if (flags & kDrops) s->drops = static_cast<uint32_t>(in.Varint());
  s->drop_sum_known = DropSumKnown(*s);
  const int64_t drop_sum = s->drops > 0 && s->drop_sum_known ? in.Signed() : 0;
  if constexpr (kAll) {
    s->min = FromWhole(min, exponent);
    s->max = FromWhole(max, exponent);
    if (s->exact) s->sum = static_cast<double>(Plus(beside_line, LineSum(first, last, s->count)));
    s->drop_sum = FromWhole(drop_sum, exponent);
  }
  return in.ok() && (!s->exact || exponent == 0);
}

bool ReadDoubles(ByteReader& in, uint8_t flags, BlockSummary* s) {
  const uint8_t shape = in.Byte();
  const auto number = [&] { return std::bit_cast<double>(in.Fixed64()); };
  s->first = number();
  s->last = number();
  if (!s->plain) return in.ok() && !s->exact;
  s->min = shape & kMinIsFirst ? s->first : shape & kMinIsLast ? s->last : number();
  s->max = shape & kMaxIsLast ? s->last : shape & kMaxIsFirst ? s->first : number();
  if (flags & kDrops) s->drops = static_cast<uint32_t>(in.Varint());
  s->drop_sum_known = DropSumKnown(*s);
  if (s->drops > 0 && s->drop_sum_known) s->drop_sum = number();
  return in.ok() && !s->exact;
}

template <bool kAll>
bool Read(ByteReader& in, uint8_t* flags, int64_t* one_start, BlockSummary* summary) {
  *flags = in.Byte();
  bool fine = true;
  const uint8_t form = *flags & kFormMask;
  if (form != kConstant && form != kHeadHistograms) {
    summary->plain = *flags & kPlain;
    summary->exact = *flags & kExact;
    summary->stale = *flags & kStale;
  }
  switch (form) {
    case kConstant: fine = ReadConstant(in, summary); break;
    case kDecimals: fine = ReadDecimals<kAll>(in, *flags, summary); break;
    case kDoubles: fine = ReadDoubles(in, *flags, summary); break;
    default: summary->histograms = true;
  }
  *one_start = *flags & kHeadOneStart ? Less(summary->first_ms, in.Signed()) : 0;
  summary->has_starts = *flags & (kHeadOneStart | kHeadStarts);
  return fine && in.ok();
}

}  // namespace

void EncodeSummary(std::span<const double> values, std::string_view body, std::string& out) {
  if (body.empty()) return WriteConstant(values[0], out);
  const codec::ValueRange range = codec::BestKernels().value_range(values.data(), values.size());
  const uint8_t exponent = ExponentOf(body);
  BlockSummary s{.count = static_cast<uint32_t>(values.size()), .plain = range.plain};
  s.first = values.front();
  s.last = values.back();
  s.min = range.min;
  s.max = range.max;
  s.sum = range.sum;
  s.exact = s.plain && exponent == 0 &&
            s.count * std::fmax(std::fabs(s.min), std::fabs(s.max)) <= kExactLimit;
  s.drops = range.drops;
  s.drop_sum = range.drop_sum;
  s.drop_sum_known = DropSumKnown(s);
  Whole whole;
  const bool decimals = s.plain && exponent != kRawExponent && ToWhole(s, exponent, &whole);
  if (!decimals) s.exact = false, s.drop_sum_known = DropSumKnown(s);
  uint8_t flags = decimals ? kDecimals : kDoubles;
  if (s.plain) flags |= kPlain;
  if (s.exact) flags |= kExact;
  if (s.plain && s.drops > 0) flags |= kDrops;
  if (!s.plain && HasStale(values)) flags |= kStale;
  out += static_cast<char>(flags);
  decimals ? WriteDecimals(s, exponent, whole, out) : WriteDoubles(s, out);
}

bool DecodeSummary(ByteReader& in, uint8_t* flags, int64_t* one_start, BlockSummary* summary) {
  return Read<true>(in, flags, one_start, summary);
}

bool SkimSummary(ByteReader& in, uint8_t* flags, int64_t* one_start, BlockSummary* summary) {
  return Read<false>(in, flags, one_start, summary);
}

}  // namespace pharos::samples
