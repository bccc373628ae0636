// Scans of packed ids find what a search in their texts finds.
#include "events/hex_scan.h"

#include <gtest/gtest.h>

#include <random>

namespace pharos::events {
namespace {

bool Holds(const std::string& id, const std::string& piece, Anchor anchor) {
  switch (anchor) {
    case Anchor::kInside: return id.find(piece) != std::string::npos;
    case Anchor::kFront: return id.starts_with(piece);
    case Anchor::kBack: return id.ends_with(piece);
    default: return id == piece;
  }
}

TEST(HexScan, FindsWhatTheTextsHold) {
  std::mt19937_64 random(7);
  const auto below = [&](size_t n) { return static_cast<size_t>(random() % n); };
  for (int round = 0; round < 3'000; ++round) {
    const VarType types[] = {
        {VarKind::kHex, 16}, {VarKind::kHex, 4}, {VarKind::kUpperHex, 8}, {VarKind::kUuid, 0}};
    const VarType type = types[below(4)];
    // Few different digits: pieces occur often, and across the borders of ids.
    const size_t digits = 2 + below(3);
    std::string ids;
    std::vector<std::string> texts;
    for (size_t i = 1 + below(40); i > 0; --i) {
      std::string bytes;
      for (size_t b = 0; b < type.IdBytes(); ++b) {
        bytes += static_cast<char>(below(digits) << 4 | below(digits));
      }
      texts.emplace_back();
      AppendId(texts.back(), type, bytes.data());
      ids += bytes;
    }
    const std::string& text = texts[below(texts.size())];
    const size_t from = below(text.size() - 3);
    const std::string piece = text.substr(from, 3 + below(text.size() - from - 2));
    if (!CanScanIds(type, piece)) continue;
    for (const Anchor anchor : {Anchor::kInside, Anchor::kFront, Anchor::kBack, Anchor::kWhole}) {
      std::vector<uint32_t> found, want;
      ScanIds(ids, type, piece, anchor, &found);
      for (uint32_t i = 0; i < texts.size(); ++i) {
        if (Holds(texts[i], piece, anchor)) want.push_back(i);
      }
      ASSERT_EQ(found, want) << piece << " in " << texts.size() << " ids like " << text;
    }
  }
}

}  // namespace
}  // namespace pharos::events
