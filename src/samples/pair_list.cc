#include "samples/pair_list.h"

#include "samples/label_bytes.h"

namespace pharos::samples {
namespace {

size_t VarintBytes(uint64_t value) {
  size_t bytes = 1;
  for (; value >= 0x80; value >>= 7) ++bytes;
  return bytes;
}

/// One name, one non-empty value, nothing else, lengths in their shortest form.
bool IsPair(std::string_view bytes, model::LabelView* label) {
  codec::ByteReader in(bytes);
  const std::string_view name = in.Bytes(), value = in.Bytes();
  *label = {name, value};
  return in.ok() && !name.empty() && !value.empty() &&
         bytes.size() ==
             VarintBytes(name.size()) + name.size() + VarintBytes(value.size()) + value.size();
}

int64_t Moved(int64_t from, int64_t step) {
  return static_cast<int64_t>(static_cast<uint64_t>(from) + static_cast<uint64_t>(step));
}

}  // namespace

base::Result<void> PairList::Load(const io::PartReader& file) {
  for (uint32_t page = 0; page < file.PageCount(kPairSection); ++page) {
    PHAROS_TRY(const std::string bytes, file.ReadPage(kPairSection, page));
    if (!AddPage(bytes)) return base::Fail(base::ErrorKind::kCorrupt, "bad label pairs");
  }
  return {};
}

bool PairList::AddPage(std::string_view page) {
  codec::ByteReader in(page);
  std::string pair;
  while (in.ok() && !in.AtEnd()) {
    const uint64_t shared = in.Varint();
    const std::string_view rest = in.Bytes();
    if (!in.ok() || shared > pair.size()) return false;
    pair.resize(shared);
    pair += rest;
    model::LabelView label;
    if (!IsPair(pair, &label) || bytes_.size() + pair.size() > UINT32_MAX) return false;
    bool new_name = true;
    if (size() > 0) {
      model::LabelView last;
      IsPair(Pair(size() - 1), &last);
      if (!(last < label)) return false;
      new_name = last.name != label.name;
    }
    if (new_name) name_begin_.push_back(size());
    bytes_ += pair;
    begin_.push_back(static_cast<uint32_t>(bytes_.size()));
    name_of_.push_back(static_cast<uint32_t>(name_begin_.size() - 1));
  }
  return in.ok();
}

bool SeriesPageReader::Next() {
  if (!ok_ || in_.AtEnd()) return false;
  ok_ = Read();
  return ok_;
}

bool SeriesPageReader::Read() {
  const uint64_t shared = in_.Varint();
  const uint64_t own = in_.Count();
  if (!in_.ok() || shared > pairs_.size()) return false;
  pairs_.resize(shared);
  uint64_t pair = shared > 0 ? pairs_.back() : 0;
  for (uint64_t i = 0; i < own; ++i) {
    pair += in_.Varint();
    if (pair >= list_->size()) return false;
    const auto number = static_cast<uint32_t>(pair);
    if (!pairs_.empty() && list_->NameOf(number) <= list_->NameOf(pairs_.back())) return false;
    pairs_.push_back(number);
  }
  const auto page_step = static_cast<uint32_t>(in_.Varint());
  const auto offset = static_cast<uint32_t>(in_.Varint());
  place_.offset = page_step == 0 ? place_.offset + offset : offset;
  place_.page += page_step;
  place_.min_ms = Moved(place_.min_ms, in_.Signed());
  place_.max_ms = Moved(place_.max_ms, in_.Signed());
  return in_.ok();
}

}  // namespace pharos::samples
