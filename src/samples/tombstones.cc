#include "samples/tombstones.h"

#include "base/hash.h"
#include "codec/varint.h"

namespace pharos::samples {
namespace {

constexpr std::string_view kMagic = "PHRSTMB1";

std::unexpected<base::Error> Broken(std::string_view what) {
  return base::Fail(base::ErrorKind::kCorrupt, "tombstones: " + std::string(what));
}

}  // namespace

std::string EncodeTombstone(const Tombstone& tombstone) {
  std::string out;
  codec::PutSigned(out, tombstone.start_ms);
  codec::PutSigned(out, tombstone.end_ms);
  codec::PutVarint(out, tombstone.part_limit);
  codec::PutSigned(out, tombstone.made_ms);
  codec::PutVarint(out, tombstone.matchers.size());
  for (const model::Matcher& matcher : tombstone.matchers) {
    out += static_cast<char>(matcher.op());
    codec::PutBytes(out, matcher.name());
    codec::PutBytes(out, matcher.value());
  }
  return out;
}

base::Result<Tombstone> DecodeTombstone(std::string_view bytes) {
  codec::ByteReader in(bytes);
  Tombstone out;
  out.start_ms = in.Signed();
  out.end_ms = in.Signed();
  out.part_limit = in.Varint();
  out.made_ms = in.Signed();
  for (size_t left = in.Count(); left > 0; --left) {
    const uint8_t op = in.Byte();
    std::string name(in.Bytes());
    std::string value(in.Bytes());
    if (!in.ok() || op > static_cast<uint8_t>(model::MatchOp::kNotRegex))
      return Broken("bad matcher");
    auto matcher =
        model::Matcher::Make(static_cast<model::MatchOp>(op), std::move(name), std::move(value));
    if (!matcher) return Broken(matcher.error().message);
    out.matchers.push_back(*std::move(matcher));
  }
  if (!in.ok() || !in.AtEnd()) return Broken("bad record");
  return out;
}

std::string EncodeTombstoneFile(const std::map<std::string, Tombstones>& by_tenant) {
  std::string out(kMagic);
  codec::PutVarint(out, by_tenant.size());
  for (const auto& [tenant, tombstones] : by_tenant) {
    codec::PutBytes(out, tenant);
    codec::PutVarint(out, tombstones.size());
    for (const TombstonePtr& tombstone : tombstones)
      codec::PutBytes(out, EncodeTombstone(*tombstone));
  }
  codec::PutFixed64(out, base::HashBytes64(out));
  return out;
}

base::Result<std::map<std::string, Tombstones>> DecodeTombstoneFile(std::string_view bytes) {
  if (bytes.size() < kMagic.size() + 8 || !bytes.starts_with(kMagic)) return Broken("bad magic");
  const std::string_view body = bytes.substr(0, bytes.size() - 8);
  codec::ByteReader checksum(bytes.substr(body.size()));
  if (checksum.Fixed64() != base::HashBytes64(body)) return Broken("wrong checksum");
  codec::ByteReader in(body.substr(kMagic.size()));
  std::map<std::string, Tombstones> out;
  for (size_t tenants = in.Count(); tenants > 0 && in.ok(); --tenants) {
    Tombstones& of = out[std::string(in.Bytes())];
    for (size_t left = in.Count(); left > 0 && in.ok(); --left) {
      PHAROS_TRY(Tombstone tombstone, DecodeTombstone(in.Bytes()));
      of.push_back(std::make_shared<const Tombstone>(std::move(tombstone)));
    }
  }
  if (!in.ok() || !in.AtEnd()) return Broken("bad record");
  return out;
}

}  // namespace pharos::samples
