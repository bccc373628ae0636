#include "ingest/tail/intents.h"

#include <array>
#include <charconv>
#include <cstdio>

#include "base/hash.h"
#include "ingest/tail/limits.h"
#include "ingest/tail/positions.h"
#include "text/base64.h"

namespace pharos::ingest::tail {
namespace {

using base::Result;

std::string Framed(const std::string& record) {
  std::array<char, 16> crc{};
  std::snprintf(crc.data(), crc.size(), "%08x ", base::Crc32c(record));
  return crc.data() + record + "\n";
}

void AppendStamps(std::string& out, const std::vector<ReadStamp>& stamps) {
  if (stamps.empty()) out += '-';
  for (size_t i = 0; i < stamps.size(); ++i) {
    if (i > 0) out += ',';
    out += std::to_string(stamps[i].offset) + ":" + std::to_string(stamps[i].time_ns);
  }
}

std::string Record(const FileKey& key, const Intent& intent) {
  std::string out = "I " + std::to_string(key.device) + " " + std::to_string(key.inode) + " " +
                    std::to_string(intent.begin) + " " + std::to_string(intent.end) + " " +
                    std::to_string(intent.front_bytes) + " " + std::to_string(intent.front_hash) +
                    " " + text::Base64Encode(key.path) + " ";
  AppendStamps(out, intent.stamps);
  out += ' ';
  AppendStamps(out, intent.ticks);
  return Framed(out);
}

std::string DoneRecord(const FileKey& key) {
  return Framed("D " + std::to_string(key.device) + " " + std::to_string(key.inode) + " " +
                text::Base64Encode(key.path));
}

/// Takes the text up to `end` (or all of it) off the front.
std::string_view Word(std::string_view& text, char end) {
  const size_t at = text.find(end);
  const std::string_view word = text.substr(0, at);
  text.remove_prefix(at == std::string_view::npos ? text.size() : at + 1);
  return word;
}

template <class T>
bool Number(std::string_view text, T* out, int base = 10) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), *out, base);
  return !text.empty() && error == std::errc() && end == text.data() + text.size();
}

bool ParseStamps(std::string_view text, std::vector<ReadStamp>* out) {
  if (text == "-") return true;
  while (!text.empty()) {
    std::string_view pair = Word(text, ',');
    ReadStamp stamp;
    if (!Number(Word(pair, ':'), &stamp.offset) || !Number(pair, &stamp.time_ns)) return false;
    if (!out->empty() && stamp.offset < out->back().offset) return false;
    out->push_back(stamp);
  }
  return true;
}

/// One line without its end; false when it is broken.
bool ParseRecord(std::string_view line, std::map<FileKey, Intent>* out) {
  uint32_t crc = 0;
  if (!Number(Word(line, ' '), &crc, 16) || crc != base::Crc32c(line)) return false;
  const std::string_view kind = Word(line, ' ');
  FileKey key;
  Intent intent;
  if (!Number(Word(line, ' '), &key.device) || !Number(Word(line, ' '), &key.inode)) return false;
  if (kind == "I" &&
      (!Number(Word(line, ' '), &intent.begin) || !Number(Word(line, ' '), &intent.end) ||
       !Number(Word(line, ' '), &intent.front_bytes) ||
       !Number(Word(line, ' '), &intent.front_hash) || intent.end < intent.begin)) {
    return false;
  }
  auto path = text::Base64Decode(Word(line, ' '));
  if (!path || !ParseStamps(Word(line, ' '), &intent.stamps)) return false;
  if (!ParseStamps(line, &intent.ticks)) return false;
  key.path = *std::move(path);
  if (kind == "D") {
    out->erase(key);
  } else {
    out->insert_or_assign(std::move(key), std::move(intent));
  }
  return kind == "I" || kind == "D";
}

}  // namespace

std::map<FileKey, Intent> ParseIntents(std::string_view text) {
  std::map<FileKey, Intent> out;
  while (!text.empty()) {
    const size_t end = text.find('\n');
    if (end == std::string_view::npos || !ParseRecord(text.substr(0, end), &out)) break;
    text.remove_prefix(end + 1);
  }
  return out;
}

Result<std::unique_ptr<IntentFile>> IntentFile::Open(io::Fs& fs, std::string file, bool forget) {
  std::unique_ptr<IntentFile> out(new IntentFile(fs, std::move(file)));
  if (!forget && fs.Exists(out->file_)) {
    PHAROS_TRY(const auto in, fs.OpenRead(out->file_));
    PHAROS_TRY(const uint64_t size, in->Size());
    if (size > 64 * kMaxIntentFileBytes) {
      return base::Fail(base::ErrorKind::kTooLarge, out->file_ + " is too large to be ours");
    }
    PHAROS_TRY(const std::string text, in->ReadAt(0, size));
    out->found_ = ParseIntents(text);
  }
  out->live_ = out->found_;
  PHAROS_TRY_VOID(out->Rewrite());
  return out;
}

Result<void> IntentFile::Rewrite() {
  out_ = nullptr;
  std::string text;
  for (const auto& [key, intent] : live_) text += Record(key, intent);
  PHAROS_TRY_VOID(io::WriteFileDurably(fs_, file_, text));
  PHAROS_TRY(out_, fs_.OpenAppend(file_));
  bytes_ = text.size();
  pending_.clear();
  return {};
}

Result<void> IntentFile::Write(const std::vector<std::pair<FileKey, Intent>>& intents) {
  // After a failed append the end of the file is unknown: a fresh one is written.
  if (out_ == nullptr || bytes_ > kMaxIntentFileBytes) PHAROS_TRY_VOID(Rewrite());
  std::string text = std::move(pending_);
  pending_.clear();
  for (const auto& [key, intent] : intents) text += Record(key, intent);
  auto written = out_->Append(text);
  if (written) written = out_->Sync();
  if (!written) {
    out_ = nullptr;
    return written;
  }
  bytes_ += text.size();
  for (const auto& [key, intent] : intents) live_.insert_or_assign(key, intent);
  return {};
}

void IntentFile::Forget(const FileKey& key) {
  if (live_.erase(key) > 0) pending_ += DoneRecord(key);
}

}  // namespace pharos::ingest::tail
