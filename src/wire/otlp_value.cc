#include "wire/otlp_value.h"

#include <algorithm>
#include <bit>
#include <memory>

#include "wire/limits.h"

namespace pharos::wire {
namespace {

/// What nearly all values are: one short string, number or boolean. False for any other message;
/// `value` is null before, and not to be used after that.
bool ReadPlain(std::string_view message, model::Value* value) {
  using Type = model::Value::Type;
  if (message.size() < 2) return false;
  PbCursor in(message.substr(1));
  switch (static_cast<uint8_t>(message[0])) {
    case PbTag(1, WireType::kBytes):
      value->type = Type::kString;
      value->text = in.Bytes();
      break;
    case PbTag(2, WireType::kVarint):
      value->type = Type::kBool;
      value->boolean = in.Varint() != 0;
      break;
    case PbTag(3, WireType::kVarint):
      value->type = Type::kInt;
      value->integer = static_cast<int64_t>(in.Varint());
      break;
    case PbTag(4, WireType::kFixed64):
      value->type = Type::kDouble;
      value->real = std::bit_cast<double>(in.Fixed64());
      break;
    default: return false;
  }
  return in.AtEnd();
}

}  // namespace

bool AttributeReader::Add(std::string_view key_value_message) { return Pair(key_value_message, 0); }

std::span<const model::KeyValue> AttributeReader::Take(size_t mark) {
  const std::span<const model::KeyValue> list(base_ + mark, top_);
  if (mark == 0) {
    base_ = top_;
    return list;
  }
  top_ = base_ + mark;
  return arena_->CopySpan(list);
}

/// Unfinished lists move to where there is more room.
void AttributeReader::GrowPairs() {
  constexpr size_t kLeast = 8, kMost = 1024;
  const size_t used = Mark();
  room_ = std::max(std::min(room_ * 2, kMost), kLeast);
  const size_t room = std::max(room_, 2 * used);
  auto* pairs = static_cast<model::KeyValue*>(
      arena_->Allocate(room * sizeof(model::KeyValue), alignof(model::KeyValue)));
  std::uninitialized_copy(base_, top_, pairs);
  base_ = pairs;
  top_ = pairs + used;
  limit_ = pairs + room;
}

bool AttributeReader::Pair(std::string_view message, int depth) {
  if (++children_ > kMaxChildren) {
    too_many_ = true;
    return Fail("request has too many attributes");
  }
  constexpr uint32_t kKnown = 0b110;
  if (top_ == limit_) GrowPairs();
  const size_t place = Mark();  // the pair moves when its value has pairs of its own
  new (top_++) model::KeyValue();
  PbCursor in(message);
  while (const uint32_t tag = in.Next()) {
    switch (tag) {
      case PbTag(1, WireType::kBytes): base_[place].key = in.Bytes(); break;
      case PbTag(2, WireType::kBytes): {
        const std::string_view bytes = in.Bytes();
        const bool first = base_[place].value.type == model::Value::Type::kNull;
        if (first && ReadPlain(bytes, &base_[place].value)) break;
        model::Value value;
        if (!Any(bytes, &value, depth)) return false;
        base_[place].value = value;
        break;
      }
      default: in.Skip(tag, kKnown);
    }
  }
  return in.ok() || Fail(in.error());
}

bool AttributeReader::Any(std::string_view message, model::Value* value, int depth) {
  if (depth > kMaxValueDepth) return Fail("attribute value is nested deeper than 64 levels");
  PbReader in(message);
  *value = {};
  while (in.Next()) {
    switch (in.field()) {
      case 1: *value = model::Value::String(in.Bytes()); break;
      case 2: *value = model::Value::Bool(in.Bool()); break;
      case 3: *value = model::Value::Int(in.Int64()); break;
      case 4: *value = model::Value::Double(in.Double()); break;
      case 5:
        if (!Array(in.Bytes(), value, depth + 1)) return false;
        break;
      case 6:
        if (!Map(in.Bytes(), value, depth + 1)) return false;
        break;
      case 7: *value = model::Value::Bytes(in.Bytes()); break;
      default: break;
    }
  }
  return in.ok() || Fail(in.error());
}

bool AttributeReader::Array(std::string_view message, model::Value* value, int depth) {
  const size_t mark = values_.size();
  PbReader in(message);
  while (in.Next()) {
    if (in.field() != 1) continue;
    if (++children_ > kMaxChildren) {
      too_many_ = true;
      return Fail("request has too many attributes");
    }
    model::Value item;
    if (!Any(in.Bytes(), &item, depth)) return false;
    values_.push_back(item);
  }
  *value =
      model::Value::Array(arena_->CopySpan(std::span<const model::Value>(values_).subspan(mark)));
  values_.resize(mark);
  return in.ok() || Fail(in.error());
}

bool AttributeReader::Map(std::string_view message, model::Value* value, int depth) {
  const size_t mark = Mark();
  PbReader in(message);
  while (in.Next()) {
    if (in.field() == 1 && !Pair(in.Bytes(), depth)) return false;
  }
  *value = model::Value::Map(Take(mark));
  return in.ok() || Fail(in.error());
}

bool AttributeReader::ReadResource(std::string_view message, model::Origin* origin) {
  const size_t mark = Mark();
  PbReader in(message);
  while (in.Next()) {
    if (in.field() == 1) {
      if (!Add(in.Bytes())) return false;
    } else if (in.field() == 2) {
      origin->resource_dropped = in.Uint32();
    }
  }
  origin->resource = Take(mark);
  return in.ok() || Fail(in.error());
}

bool AttributeReader::ReadScope(std::string_view message, model::Origin* origin) {
  const size_t mark = Mark();
  PbReader in(message);
  while (in.Next()) {
    switch (in.field()) {
      case 1: origin->scope_name = in.Bytes(); break;
      case 2: origin->scope_version = in.Bytes(); break;
      case 3:
        if (!Add(in.Bytes())) return false;
        break;
      case 4: origin->scope_dropped = in.Uint32(); break;
      default: break;
    }
  }
  origin->scope_attributes = Take(mark);
  return in.ok() || Fail(in.error());
}

}  // namespace pharos::wire
