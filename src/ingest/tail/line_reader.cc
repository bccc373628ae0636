#include "ingest/tail/line_reader.h"

#include <fcntl.h>
#include <iconv.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <optional>
#include <system_error>

#include "base/hash.h"
#include "base/metrics.h"
#include "ingest/tail/limits.h"

namespace pharos::ingest::tail {
namespace {

using base::ErrorKind;
using base::Fail;
using base::Result;

std::unexpected<base::Error> System(const std::string& what, const std::string& path) {
  const int error = errno;
  return Fail(error == ENOENT ? ErrorKind::kNotFound : ErrorKind::kIo,
              what + " " + path + ": " + std::generic_category().message(error));
}

std::string Upper(std::string text) {
  for (char& c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return text;
}

iconv_t Converter(const std::string& encoding) {
  // UTF-16 without an endianness is big-endian unless a mark says else; files have the mark or
  // are little-endian, as Windows writes them.
  const std::string name = Upper(encoding);
  return iconv_open("UTF-8", name == "UTF-16" ? "UTF-16LE" : name.c_str());
}

base::Counter& LongLines() {
  static base::Counter& counter = base::GetCounter(
      "pharos_tail_cut_lines_total", "Lines of files that were longer than 1 MiB and cut there.");
  return counter;
}

}  // namespace

bool LineReader::KnowsEncoding(const std::string& encoding) {
  const iconv_t converter = Converter(encoding);
  if (converter == reinterpret_cast<iconv_t>(-1)) return false;
  iconv_close(converter);
  return true;
}

Result<std::unique_ptr<LineReader>> LineReader::Open(const std::string& path,
                                                     const std::string& encoding) {
  std::unique_ptr<LineReader> out(new LineReader);
  out->path_ = path;
  out->descriptor_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (out->descriptor_ < 0) return System("cannot open", path);
  struct stat status;
  if (::fstat(out->descriptor_, &status) != 0) return System("cannot stat", path);
  if (!S_ISREG(status.st_mode)) return Fail(ErrorKind::kBadInput, path + " is not a regular file");
  out->device_ = static_cast<uint64_t>(status.st_dev);
  out->inode_ = static_cast<uint64_t>(status.st_ino);
  const std::string name = Upper(encoding);
  if (name.empty() || name == "UTF-8" || name == "UTF8") return out;
  const iconv_t converter = Converter(encoding);
  if (converter == reinterpret_cast<iconv_t>(-1)) {
    return Fail(ErrorKind::kUnsupported, "encoding \"" + encoding + "\" is not known here");
  }
  out->converter_ = converter;
  out->unit_ = name.starts_with("UTF-16") ? 2 : name.starts_with("UTF-32") ? 4 : 1;
  out->big_endian_ = name.ends_with("BE");
  return out;
}

LineReader::~LineReader() {
  if (descriptor_ >= 0) ::close(descriptor_);
  if (converter_ != nullptr) iconv_close(converter_);
}

Result<uint64_t> LineReader::Size() const {
  struct stat status;
  if (::fstat(descriptor_, &status) != 0) return System("cannot stat", path_);
  return static_cast<uint64_t>(status.st_size);
}

std::optional<uint64_t> LineReader::FrontHash(uint32_t length) const {
  std::string front(std::min<size_t>(length, kFingerprintBytes), '\0');
  size_t done = 0;
  while (done < front.size()) {
    const ssize_t n =
        ::pread(descriptor_, front.data() + done, front.size() - done, static_cast<off_t>(done));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return std::nullopt;
    done += static_cast<size_t>(n);
  }
  return base::HashBytes64(front);
}

Result<void> LineReader::Seek(uint64_t offset) {
  at_ = offset;
  buffer_.clear();
  scanned_ = 0;
  skipping_ = false;
  if (offset < unit_) return {};
  std::string before(unit_, '\0');
  const ssize_t n = ::pread(descriptor_, before.data(), unit_, static_cast<off_t>(offset - unit_));
  if (n != static_cast<ssize_t>(unit_)) return System("cannot read", path_);
  buffer_ = before;
  scanned_ = 0;
  skipping_ = LineEnd(0) == std::string::npos;
  buffer_.clear();
  return {};
}

/// The index of the line feed's first byte, npos when there is none.
size_t LineReader::LineEnd(size_t from) const {
  if (unit_ == 1) return buffer_.find('\n', from);
  std::string feed(unit_, '\0');
  feed[big_endian_ ? unit_ - 1 : 0] = '\n';
  for (size_t i = from - from % unit_; i + unit_ <= buffer_.size(); i += unit_) {
    if (buffer_.compare(i, unit_, feed) == 0) return i;
  }
  return std::string::npos;
}

Result<size_t> LineReader::Read(uint64_t until, std::vector<FileLine>& out) {
  const size_t had = buffer_.size();
  buffer_.resize(had + kReadBytes);
  ssize_t n = 0;
  do {
    n = ::pread(descriptor_, buffer_.data() + had, kReadBytes, static_cast<off_t>(at_ + had));
  } while (n < 0 && errno == EINTR);
  if (n < 0) {
    buffer_.resize(had);
    return System("cannot read", path_);
  }
  buffer_.resize(had + static_cast<size_t>(n));
  size_t taken = 0;
  size_t from = scanned_;
  bool scanned_all = false;
  uint64_t begin = at_;
  const size_t first = out.size();
  while (begin < until && out.size() - first < kMaxBatchLines) {
    const size_t end = LineEnd(from);
    scanned_all = end == std::string::npos;
    if (scanned_all) break;
    if (!skipping_) {
      const size_t length = std::min(end - taken, kMaxLineBytes);
      if (length < end - taken) LongLines().Add();
      out.push_back({ToUtf8(buffer_.substr(taken, length)), begin});
    }
    skipping_ = false;
    taken = end + unit_;
    from = taken;
    begin = at_ + taken;
  }
  buffer_.erase(0, taken);
  at_ += taken;
  // A line without end: cut it when it is too long, and drop the rest as it comes.
  scanned_ = scanned_all ? buffer_.size() - buffer_.size() % unit_ : 0;
  if (scanned_all && (skipping_ || buffer_.size() > kMaxLineBytes)) {
    if (!skipping_) {
      out.push_back({ToUtf8(buffer_.substr(0, kMaxLineBytes)), at_});
      LongLines().Add();
    }
    skipping_ = true;
    const size_t whole = buffer_.size() - buffer_.size() % unit_;
    at_ += whole;
    buffer_.erase(0, whole);
    scanned_ = 0;
  }
  return static_cast<size_t>(n);
}

void LineReader::TakeUnfinished(std::vector<FileLine>& out) {
  if (!buffer_.empty() && !skipping_) {
    out.push_back({ToUtf8(buffer_.substr(0, kMaxLineBytes)), at_});
  }
  at_ += buffer_.size();
  buffer_.clear();
  scanned_ = 0;
}

std::string LineReader::ToUtf8(std::string bytes) const {
  if (converter_ != nullptr) {
    std::string out;
    out.resize(bytes.size() * 4 + 8);
    char* from = bytes.data();
    size_t left = bytes.size();
    char* to = out.data();
    size_t room = out.size();
    iconv(converter_, nullptr, nullptr, nullptr, nullptr);
    while (left > 0) {
      if (iconv(converter_, &from, &left, &to, &room) != static_cast<size_t>(-1)) break;
      if (errno != EILSEQ || room < 3) break;
      for (const char c : {'\xEF', '\xBF', '\xBD'}) *to++ = c;
      room -= 3;
      from += std::min(unit_, left);
      left -= std::min(unit_, left);
    }
    out.resize(out.size() - room);
    bytes = std::move(out);
  }
  if (bytes.starts_with("\xEF\xBB\xBF")) bytes.erase(0, 3);
  if (bytes.ends_with('\r')) bytes.pop_back();
  return bytes;
}

}  // namespace pharos::ingest::tail
