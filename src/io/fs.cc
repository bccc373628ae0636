#include "io/fs.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <memory>
#include <system_error>

namespace pharos::io {
namespace {

using base::ErrorKind;
using base::Fail;
using base::Result;
namespace stdfs = std::filesystem;

ErrorKind KindOf(int error) {
  switch (error) {
    case ENOSPC:
    case EDQUOT: return ErrorKind::kFull;
    case ENOENT:
    case ENOTDIR: return ErrorKind::kNotFound;
    default: return ErrorKind::kIo;
  }
}

/// "write data/wal/1.wal: No space left on device".
std::unexpected<base::Error> SystemError(std::string_view action, const std::string& path,
                                         int error) {
  return Fail(KindOf(error),
              std::string(action) + " " + path + ": " + std::generic_category().message(error));
}

class PosixFile : public File {
 public:
  PosixFile(int descriptor, std::string path, uint64_t size)
      : descriptor_(descriptor), path_(std::move(path)), size_(size) {}
  ~PosixFile() override { ::close(descriptor_); }

  Result<void> Append(std::string_view bytes) override { return WriteAt(size_, bytes, &size_); }

  Result<void> Prepare(uint64_t bytes) override {
    static const std::string zeros(64 << 10, '\0');
    uint64_t at = size_;
    for (const uint64_t end = size_ + bytes; at < end;) {
      const auto step = static_cast<size_t>(std::min<uint64_t>(end - at, zeros.size()));
      PHAROS_TRY_VOID(WriteAt(at, std::string_view(zeros).substr(0, step), &at));
    }
    return {};
  }

  Result<std::string> ReadAt(uint64_t offset, size_t length) const override {
    if (length > kBelieveBytes) {  // a length read from a damaged file must not be allocated
      PHAROS_TRY(const uint64_t size, Size());
      if (offset > size || size - offset < length) return EndsBefore(offset, length);
    }
    Result<void> read;
    std::string bytes;
    bytes.resize_and_overwrite(length, [&](char* to, size_t) {
      read = ReadInto(to, offset, length);
      return read ? length : 0;
    });
    if (!read) return std::unexpected(std::move(read).error());
    return bytes;
  }

  void WillRead(uint64_t offset, uint64_t length) const override {
    (void)::posix_fadvise(descriptor_, static_cast<off_t>(offset), static_cast<off_t>(length),
                          POSIX_FADV_WILLNEED);
  }

  Result<void> Sync() override {
    // A cut is metadata that fdatasync need not write.
    const int failed = truncated_ ? ::fsync(descriptor_) : ::fdatasync(descriptor_);
    if (failed) return SystemError("cannot sync", path_, errno);
    truncated_ = false;
    // What is in a file without a name is gone with the process. No more is asked than that: who
    // looks at a file's times makes the next write change them, and some file systems then have
    // the inode to write with each sync.
    struct statx status;
    if (::statx(descriptor_, "", AT_EMPTY_PATH, STATX_NLINK, &status) == 0 &&
        status.stx_nlink == 0) {
      return Fail(ErrorKind::kIo, "cannot sync " + path_ + ": the file was removed under way");
    }
    return {};
  }

  Result<uint64_t> Size() const override {
    struct stat status;
    if (::fstat(descriptor_, &status) != 0) return SystemError("cannot stat", path_, errno);
    return static_cast<uint64_t>(status.st_size);
  }

  Result<void> Truncate(uint64_t size) override {
    if (::ftruncate(descriptor_, static_cast<off_t>(size)) != 0) {
      return SystemError("cannot truncate", path_, errno);
    }
    size_ = size;
    truncated_ = true;
    return {};
  }

 protected:
  Result<void> ReadInto(char* to, uint64_t offset, size_t length) const {
    for (size_t done = 0; done < length;) {
      const ssize_t n =
          ::pread(descriptor_, to + done, length - done, static_cast<off_t>(offset + done));
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return SystemError("cannot read", path_, errno);
      if (n == 0) return EndsBefore(offset, length);
      done += static_cast<size_t>(n);
    }
    return {};
  }

  static constexpr size_t kBelieveBytes = 1u << 20;

  Result<void> WriteAt(uint64_t at, std::string_view bytes, uint64_t* end) {
    return WriteWith(descriptor_, at, bytes, end);
  }
  /// `end` becomes the end of what was written, also after an error.
  Result<void> WriteWith(int descriptor, uint64_t at, std::string_view bytes, uint64_t* end) const {
    for (*end = at; !bytes.empty();) {
      const ssize_t n = ::pwrite(descriptor, bytes.data(), bytes.size(), static_cast<off_t>(*end));
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return SystemError("cannot write", path_, errno);
      if (n == 0) return SystemError("cannot write", path_, EIO);
      *end += static_cast<uint64_t>(n);
      bytes.remove_prefix(static_cast<size_t>(n));
    }
    return {};
  }

  std::unexpected<base::Error> EndsBefore(uint64_t offset, size_t length) const {
    return Fail(ErrorKind::kCorrupt, path_ + " ends before byte " +
                                         std::to_string(offset + length) + ", which is needed");
  }

  const int descriptor_;
  const std::string path_;
  uint64_t size_;           ///< where the next Append writes
  bool truncated_ = false;  ///< the next Sync must write the length as well
};

/// A file that is written with O_DIRECT: a large commit costs half the CPU time, and the disk is
/// at work from its first byte on. A sector that is not full yet is kept here and written again
/// with what follows.
class PosixLog final : public PosixFile {
 public:
  /// What writes are multiples of: their places and lengths, and where their memory begins. At
  /// most kLogUnit.
  struct Units {
    size_t place = 0;
    size_t memory = kLogUnit;
  };

  /// `direct` is open for the same file with O_DIRECT.
  PosixLog(int descriptor, int direct, Units units, std::string path)
      : PosixFile(descriptor, std::move(path), 0),
        direct_(direct),
        unit_(units.place),
        memory_unit_(units.memory) {}
  ~PosixLog() override { ::close(direct_); }

  /// Whether such writes are taken at all: some file systems only say so when one comes.
  static bool Works(int direct, size_t unit) {
    const std::unique_ptr<char, Freed> sector = Memory(unit);
    std::memset(sector.get(), 0, unit);
    const ssize_t n = ::pwrite(direct, sector.get(), unit, 0);
    return ::ftruncate(direct, 0) == 0 && n == static_cast<ssize_t>(unit);
  }

  Result<void> Append(std::string_view bytes) override {
    while (!bytes.empty()) {
      const size_t step = std::min(bytes.size(), kBufferBytes - tail_);
      const size_t end = tail_ + step;
      std::memcpy(buffer_.get() + tail_, bytes.data(), step);
      PHAROS_TRY_VOID(WriteBuffer(end));
      size_ += step;
      tail_ = end % unit_;
      std::memmove(buffer_.get(), buffer_.get() + (end - tail_), tail_);
      bytes.remove_prefix(step);
    }
    return {};
  }

  Result<void> AppendInPlace(char* bytes, size_t size) override {
    if (size == 0) return {};
    const auto address = reinterpret_cast<uintptr_t>(bytes);
    if (address % kLogUnit < tail_ || (address - tail_) % memory_unit_ != 0) {
      return Append({bytes, size});
    }
    char* const from = bytes - tail_;
    std::memcpy(from, buffer_.get(), tail_);
    const size_t end = tail_ + size;
    const size_t whole = (end + unit_ - 1) / unit_ * unit_;
    std::memset(from + end, 0, whole - end);
    uint64_t written = 0;
    PHAROS_TRY_VOID(WriteWith(direct_, size_ - tail_, std::string_view(from, whole), &written));
    size_ += size;
    tail_ = end % unit_;
    std::memcpy(buffer_.get(), from + (end - tail_), tail_);
    return {};
  }

  Result<void> Prepare(uint64_t bytes) override {
    const size_t first = std::min<uint64_t>(tail_ + bytes, kBufferBytes);
    std::memset(buffer_.get() + tail_, 0, first - tail_);
    PHAROS_TRY_VOID(WriteBuffer(first));
    alignas(kLogUnit) static char zeros[kBufferBytes];
    const uint64_t end = size_ + bytes;
    for (uint64_t at = size_ - tail_ + kBufferBytes; at < end;) {
      const uint64_t left = (end - at + unit_ - 1) / unit_ * unit_;
      const size_t step = std::min<uint64_t>(left, kBufferBytes);
      PHAROS_TRY_VOID(WriteWith(direct_, at, std::string_view(zeros, step), &at));
    }
    return {};
  }

  Result<void> Truncate(uint64_t size) override {
    PHAROS_TRY_VOID(PosixFile::Truncate(size));
    tail_ = size % unit_;
    return tail_ > 0 ? ReadInto(buffer_.get(), size - tail_, tail_) : Result<void>();
  }

 private:
  static constexpr size_t kBufferBytes = 256 << 10;

  struct Freed {
    void operator()(char* memory) const { std::free(memory); }
  };
  static std::unique_ptr<char, Freed> Memory(size_t bytes) {
    char* memory = static_cast<char*>(std::aligned_alloc(kLogUnit, std::max(bytes, kLogUnit)));
    PHAROS_CHECK(memory != nullptr, "no memory for a log's buffer");
    return std::unique_ptr<char, Freed>(memory);
  }

  /// Its first `bytes` bytes, and zeros to the end of their sector.
  Result<void> WriteBuffer(size_t bytes) {
    const size_t whole = (bytes + unit_ - 1) / unit_ * unit_;
    std::memset(buffer_.get() + bytes, 0, whole - bytes);
    uint64_t end = 0;
    return WriteWith(direct_, size_ - tail_, std::string_view(buffer_.get(), whole), &end);
  }

  const int direct_;
  const size_t unit_;  ///< a power of two, at most kLogUnit, as the next
  const size_t memory_unit_;
  std::unique_ptr<char, Freed> buffer_ = Memory(kBufferBytes);
  size_t tail_ = 0;  ///< bytes of the sector in which the file ends, at the buffer's front
};

class PosixFs final : public Fs {
 public:
  Result<std::unique_ptr<File>> Create(const std::string& path) override {
    return OpenFile(path, O_RDWR | O_CREAT | O_TRUNC, "cannot create");
  }
  Result<std::unique_ptr<File>> CreateLog(const std::string& path) override {
    PHAROS_TRY(const int descriptor, Open(path, O_RDWR | O_CREAT | O_TRUNC, "cannot create"));
    return AsLog(descriptor, path, true);
  }
  Result<std::unique_ptr<File>> ReuseLog(const std::string& path) override {
    PHAROS_TRY(const int descriptor, Open(path, O_RDWR, "cannot open"));
    return AsLog(descriptor, path, false);
  }
  Result<std::unique_ptr<File>> OpenAppend(const std::string& path) override {
    return OpenFile(path, O_RDWR, "cannot open");
  }
  Result<std::unique_ptr<File>> OpenRead(const std::string& path) override {
    return OpenFile(path, O_RDONLY, "cannot open");
  }

  Result<bool> MakeDirs(const std::string& path) override {
    std::error_code error;
    const bool made = stdfs::create_directories(path, error);
    if (error) return SystemError("cannot make directory", path, error.value());
    return made;
  }

  Result<void> Rename(const std::string& from, const std::string& to) override {
    if (::rename(from.c_str(), to.c_str()) != 0) {
      return SystemError("cannot rename " + from + " to", to, errno);
    }
    return {};
  }

  Result<void> Link(const std::string& from, const std::string& to) override {
    if (::link(from.c_str(), to.c_str()) != 0) {
      return SystemError("cannot link " + from + " as", to, errno);
    }
    return {};
  }

  Result<void> Remove(const std::string& path) override {
    if (std::remove(path.c_str()) != 0) return SystemError("cannot remove", path, errno);
    return {};
  }

  Result<void> RemoveAll(const std::string& path) override {
    std::error_code error;
    stdfs::remove_all(path, error);
    if (error) return SystemError("cannot remove", path, error.value());
    return {};
  }

  Result<void> SyncDir(const std::string& path) override {
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0) return SystemError("cannot open directory", path, errno);
    const int failed = ::fsync(descriptor);
    const int error = errno;
    ::close(descriptor);
    if (failed) return SystemError("cannot sync directory", path, error);
    return {};
  }

  Result<std::vector<std::string>> List(const std::string& path) override {
    std::error_code error;
    std::vector<std::string> names;
    stdfs::directory_iterator it(path, error);
    for (; !error && it != stdfs::directory_iterator(); it.increment(error)) {
      names.push_back(it->path().filename().string());
    }
    if (error) return SystemError("cannot list", path, error.value());
    std::ranges::sort(names);
    return names;
  }

  bool Exists(const std::string& path) override { return ::access(path.c_str(), F_OK) == 0; }

  Result<uint64_t> FreeBytes(const std::string& path) override {
    struct statvfs status;
    if (::statvfs(path.c_str(), &status) != 0) {
      return SystemError("cannot ask for free space at", path, errno);
    }
    return static_cast<uint64_t>(status.f_bavail) * status.f_frsize;
  }

 private:
  /// What O_DIRECT writes to the file are multiples of; of 0 where there can be none. Systems
  /// before Linux 6.1 do not say: then a sector, and the first write tells.
  static PosixLog::Units DirectUnits(int descriptor) {
    constexpr size_t kSector = 512;
#ifdef STATX_DIOALIGN
    struct statx status;
    if (::statx(descriptor, "", AT_EMPTY_PATH, STATX_DIOALIGN, &status) == 0 &&
        (status.stx_mask & STATX_DIOALIGN) != 0) {
      const size_t unit = status.stx_dio_offset_align;
      const size_t memory = status.stx_dio_mem_align;
      if (unit == 0 || unit > kLogUnit || memory == 0 || memory > kLogUnit) return {};
      return {std::max(unit, kSector), memory};
    }
#endif
    return {.place = kSector};
  }
  static std::unique_ptr<File> AsLog(int descriptor, const std::string& path, bool is_empty) {
    const int direct = ::open(path.c_str(), O_WRONLY | O_DIRECT | O_CLOEXEC);
    const PosixLog::Units units = direct < 0 ? PosixLog::Units() : DirectUnits(direct);
    // One that is used again was written so before.
    if (units.place != 0 && (!is_empty || PosixLog::Works(direct, units.place))) {
      return std::make_unique<PosixLog>(descriptor, direct, units, path);
    }
    if (direct >= 0) ::close(direct);
    return std::make_unique<PosixFile>(descriptor, path, 0);
  }

  static Result<int> Open(const std::string& path, int flags, std::string_view action) {
    const int descriptor = ::open(path.c_str(), flags | O_CLOEXEC, 0640);
    if (descriptor < 0) return SystemError(action, path, errno);
    return descriptor;
  }
  static Result<std::unique_ptr<File>> OpenFile(const std::string& path, int flags,
                                                std::string_view action) {
    PHAROS_TRY(const int descriptor, Open(path, flags, action));
    struct stat status;
    if (::fstat(descriptor, &status) != 0) {
      const int error = errno;
      ::close(descriptor);
      return SystemError(action, path, error);
    }
    return std::make_unique<PosixFile>(descriptor, path, static_cast<uint64_t>(status.st_size));
  }
};

/// "." for a bare name, "/" for a name at the root.
std::string ParentOf(const std::string& path) {
  const size_t end = path.find_last_not_of('/');
  const size_t slash = end == std::string::npos ? std::string::npos : path.rfind('/', end);
  if (slash == std::string::npos) return path.starts_with('/') ? "/" : ".";
  const size_t kept = path.find_last_not_of('/', slash);
  return kept == std::string::npos ? "/" : path.substr(0, kept + 1);
}

}  // namespace

Result<void> MakeDirsDurably(Fs& fs, const std::string& path) {
  const std::string parent = ParentOf(path);
  const bool existed = fs.Exists(path);
  if (!existed) {
    if (!fs.Exists(parent)) PHAROS_TRY_VOID(MakeDirsDurably(fs, parent));
    PHAROS_TRY_VOID(fs.MakeDirs(path));
  }
  // One that exists may be a killed process's; but its parent need not be readable to us.
  if (auto synced = fs.SyncDir(parent); !synced && !existed) return synced;
  return {};
}

Result<std::string> ReadWholeFile(Fs& fs, const std::string& path) {
  PHAROS_TRY(const auto file, fs.OpenRead(path));
  PHAROS_TRY(const uint64_t size, file->Size());
  return file->ReadAt(0, size);
}

Result<void> WriteFileDurably(Fs& fs, const std::string& path, std::string_view bytes,
                              std::string tmp) {
  if (tmp.empty()) tmp = path + ".tmp";
  {
    PHAROS_TRY(const auto file, fs.Create(tmp));
    PHAROS_TRY_VOID(file->Append(bytes));
    PHAROS_TRY_VOID(file->Sync());
  }
  PHAROS_TRY_VOID(fs.Rename(tmp, path));
  return fs.SyncDir(ParentOf(path));
}

Fs& Fs::Real() {
  static PosixFs* const fs = new PosixFs;
  return *fs;
}

}  // namespace pharos::io
