// Preloaded into a node: a disk whose sync fails once, as Linux fails it. The page cache drops what
// was not written back and calls it clean, and the next sync of the file says that all is well.
//
//   SICK_DISK=DIR   where DIR/fail holds a part of a path, the next fdatasync of a file whose path
//                   has that part fails with EIO, and DIR/fail is removed. What then happens to
//                   that file is a line of DIR/log: "failed PATH", "retried PATH".
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <map>
#include <mutex>
#include <set>
#include <string>

namespace {

struct sick_disk {
  std::mutex mutex;
  std::map<std::string, off_t> synced;  // by path: bytes that a sync has confirmed
  std::set<std::string> failed;
  std::string dir = std::getenv("SICK_DISK") != nullptr ? std::getenv("SICK_DISK") : "";

  bool told_to_fail(const std::string& path) const {
    std::string part;
    std::ifstream(dir + "/fail") >> part;
    return !part.empty() && path.find(part) != std::string::npos;
  }
  void note(const std::string& what) const {
    std::ofstream(dir + "/log", std::ios::app) << what << std::endl;
  }
};

sick_disk& disk() {
  static sick_disk one;
  return one;
}

std::string path_of(int fd) {
  std::string path(4096, '\0');
  const auto n = ::readlink(("/proc/self/fd/" + std::to_string(fd)).c_str(), path.data(), 4096);
  path.resize(n < 0 ? 0 : static_cast<std::size_t>(n));
  return path;
}

// What lies behind the last successful sync reads as zeros from now on.
void drop_dirty(int fd, off_t from, off_t size) {
  if (::ftruncate(fd, from) != 0 || ::ftruncate(fd, size) != 0) std::abort();
}

}  // namespace

extern "C" int fdatasync(int fd) {
  using function = int (*)(int);
  static const auto real = reinterpret_cast<function>(::dlsym(RTLD_NEXT, "fdatasync"));
  sick_disk& d = disk();
  const std::lock_guard lock(d.mutex);
  struct stat st {};
  if (d.dir.empty() || ::fstat(fd, &st) != 0) return real(fd);
  const std::string path = path_of(fd);
  if (d.failed.contains(path)) d.note("retried " + path);
  if (d.told_to_fail(path)) {
    ::unlink((d.dir + "/fail").c_str());
    d.failed.insert(path);
    drop_dirty(fd, d.synced[path], st.st_size);
    d.note("failed " + path);
    errno = EIO;
    return -1;
  }
  const int done = real(fd);
  if (done == 0) d.synced[path] = st.st_size;
  return done;
}
