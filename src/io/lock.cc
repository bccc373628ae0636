// LockDirectory: one process a data directory.
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "io/fs.h"

namespace pharos::io {

base::Result<std::shared_ptr<void>> LockDirectory(const std::string& dir) {
  PHAROS_TRY_VOID(Fs::Real().MakeDirs(dir));
  const std::string path = dir + "/LOCK";
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0640);
  if (descriptor < 0) {
    return base::Fail(base::ErrorKind::kIo,
                      "cannot create " + path + ": " + std::generic_category().message(errno));
  }
  if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    const int error = errno;
    ::close(descriptor);
    if (error == EWOULDBLOCK) {
      return base::Fail(base::ErrorKind::kConflict,
                        "data directory " + dir + " is in use by another process");
    }
    return base::Fail(base::ErrorKind::kIo,
                      "cannot lock " + path + ": " + std::generic_category().message(error));
  }
  // The descriptor itself is the lock; the system gives it back even after SIGKILL.
  return std::shared_ptr<void>(new int(descriptor), [](void* held) {
    int* const locked = static_cast<int*>(held);
    ::close(*locked);
    delete locked;
  });
}

}  // namespace pharos::io
