// A silence as bytes on disk; see docs/format/alertmanager.md.
#include "alert/silence.h"
#include "codec/varint.h"

namespace pharos::alert {
namespace {

using base::ErrorKind;
using base::Fail;
using base::Result;

Result<conf::AlertMatcher> ReadMatcher(codec::ByteReader& reader) {
  const uint8_t op = reader.Byte();
  std::string name(reader.Bytes());
  std::string value(reader.Bytes());
  if (!reader.ok() || op > 3) return Fail(ErrorKind::kCorrupt, "a broken silence record");
  auto made =
      conf::AlertMatcher::Make(static_cast<model::MatchOp>(op), std::move(name), std::move(value));
  if (!made) return Fail(ErrorKind::kCorrupt, "a broken silence record: " + made.error().message);
  return made;
}

}  // namespace

std::string EncodeSilence(const Silence& silence) {
  std::string out(1, 'S');
  codec::PutBytes(out, silence.id);
  codec::PutSigned(out, silence.starts_at_ns);
  codec::PutSigned(out, silence.ends_at_ns);
  codec::PutSigned(out, silence.updated_at_ns);
  codec::PutBytes(out, silence.created_by);
  codec::PutBytes(out, silence.comment);
  codec::PutVarint(out, silence.matchers.size());
  for (const conf::AlertMatcher& matcher : silence.matchers) {
    out += static_cast<char>(matcher.op());
    codec::PutBytes(out, matcher.name());
    codec::PutBytes(out, matcher.value());
  }
  codec::PutVarint(out, silence.annotations.size());
  for (const auto& [name, value] : silence.annotations) {
    codec::PutBytes(out, name);
    codec::PutBytes(out, value);
  }
  return out;
}

Result<Silence> DecodeSilence(std::string_view bytes) {
  codec::ByteReader reader(bytes);
  Silence out;
  if (reader.Byte() != 'S') return Fail(ErrorKind::kCorrupt, "an unknown record of silences");
  out.id = reader.Bytes();
  out.starts_at_ns = reader.Signed();
  out.ends_at_ns = reader.Signed();
  out.updated_at_ns = reader.Signed();
  out.created_by = reader.Bytes();
  out.comment = reader.Bytes();
  for (size_t left = reader.Count(); left > 0; --left) {
    PHAROS_TRY(conf::AlertMatcher matcher, ReadMatcher(reader));
    out.matchers.push_back(std::move(matcher));
  }
  for (size_t left = reader.Count(); left > 0 && reader.ok(); --left) {
    std::string name(reader.Bytes());
    out.annotations[std::move(name)] = reader.Bytes();
  }
  if (!reader.ok() || !reader.AtEnd()) return Fail(ErrorKind::kCorrupt, "a broken silence record");
  return out;
}

}  // namespace pharos::alert
