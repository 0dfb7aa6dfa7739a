#include "env/posix_filesystem.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include <algorithm>
#include <cstdio>

#include "env/posix_error.h"
#include "env/posix_file.h"

namespace oklog::env {

namespace {

constexpr mode_t file_mode = 0600;
constexpr mode_t dir_mode = 0700;

constexpr int directory_flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;

// O_NONBLOCK, because the open of a fifo would otherwise wait for somebody to open the other end;
// on a plain file it means nothing.
constexpr int open_flags = O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;

result<descriptor> open_plain(const std::string& path, int flags) {
  descriptor fd(uninterrupted([&] { return ::open(path.c_str(), flags | open_flags, file_mode); }));
  if (!fd.valid()) return file_error("open", path, errno);
  struct stat st {};
  if (::fstat(fd.get(), &st) != 0) return file_error("stat", path, errno);
  if (!S_ISREG(st.st_mode)) return fail(errc::invalid, "open " + path + ": not a plain file");
  return fd;
}

result<std::unique_ptr<file>> open_file(const std::string& path, int flags) {
  TRY_LET(descriptor fd, open_plain(path, flags));
  std::unique_ptr<file> out = std::make_unique<posix_file>(std::move(fd), path);
  return out;
}

class posix_lock final : public file_lock {
 public:
  explicit posix_lock(descriptor fd) : fd_(std::move(fd)) {}

 private:
  descriptor fd_;  // closing it releases the lock
};

std::string parent_of(const std::string& path) {
  const std::size_t slash = path.find_last_of('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

bool is_directory(const std::string& path) {
  struct stat st {};
  return ::stat(path.c_str(), &st) == 0 && S_ISDIR(st.st_mode);
}

file_kind kind_of(mode_t mode) {
  if (S_ISREG(mode)) return file_kind::regular;
  return S_ISDIR(mode) ? file_kind::directory : file_kind::other;
}

}  // namespace

result<std::unique_ptr<file>> posix_filesystem::open_read(const std::string& path) {
  return open_file(path, O_RDONLY);
}

result<std::unique_ptr<file>> posix_filesystem::create(const std::string& path) {
  TRY_LET(descriptor fd, open_plain(path, O_RDWR | O_APPEND | O_CREAT | O_EXCL));
  // The umask can only have taken bits away; without ours the file could not be read again.
  if (::fchmod(fd.get(), file_mode) != 0) return file_error("chmod", path, errno);
  std::unique_ptr<file> out = std::make_unique<posix_file>(std::move(fd), path);
  return out;
}

result<std::unique_ptr<file>> posix_filesystem::open_append(const std::string& path) {
  return open_file(path, O_RDWR | O_APPEND);
}

result<> posix_filesystem::rename(const std::string& from, const std::string& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) return file_error("rename to " + to, from, errno);
  return {};
}

result<> posix_filesystem::remove(const std::string& path) {
  if (::unlink(path.c_str()) != 0) return file_error("remove", path, errno);
  return {};
}

result<> posix_filesystem::sync_dir(const std::string& path) {
  const descriptor fd(uninterrupted([&] { return ::open(path.c_str(), directory_flags); }));
  if (!fd.valid()) return file_error("open", path, errno);
  if (uninterrupted([&] { return ::fsync(fd.get()); }) != 0) return file_error("sync", path, errno);
  return {};
}

result<> posix_filesystem::make_dirs(const std::string& path) {
  std::string wanted = path;
  while (wanted.size() > 1 && wanted.back() == '/') wanted.pop_back();
  if (is_directory(wanted)) return {};
  const std::string parent = parent_of(wanted);
  if (parent != wanted) {
    TRY(make_dirs(parent));
  }
  if (::mkdir(wanted.c_str(), dir_mode) != 0) {
    if (errno == EEXIST && is_directory(wanted)) return {};
    if (errno == EEXIST) return fail(errc::invalid, "mkdir " + wanted + ": not a directory");
    return file_error("mkdir", wanted, errno);
  }
  if (::chmod(wanted.c_str(), dir_mode) != 0) return file_error("chmod", wanted, errno);
  return sync_dir(parent);
}

result<std::vector<dir_entry>> posix_filesystem::list(const std::string& path) {
  DIR* raw = ::opendir(path.c_str());
  if (raw == nullptr) return file_error("list", path, errno);
  const std::unique_ptr<DIR, int (*)(DIR*)> dir(raw, ::closedir);
  std::vector<dir_entry> out;
  for (;;) {
    errno = 0;
    const dirent* entry = ::readdir(dir.get());
    if (entry == nullptr && errno != 0) return file_error("list", path, errno);
    if (entry == nullptr) break;
    const std::string entry_name = entry->d_name;
    if (entry_name == "." || entry_name == "..") continue;
    struct stat st {};
    if (::fstatat(::dirfd(dir.get()), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0) {
      if (errno == ENOENT) continue;  // gone since readdir
      return file_error("stat", path + "/" + entry_name, errno);
    }
    out.push_back({entry_name, kind_of(st.st_mode), static_cast<std::uint64_t>(st.st_size)});
  }
  std::sort(out.begin(), out.end(),
            [](const dir_entry& a, const dir_entry& b) { return a.name < b.name; });
  return out;
}

result<bool> posix_filesystem::readable_by_others(const std::string& path) {
  struct stat st {};
  if (uninterrupted([&] { return ::stat(path.c_str(), &st); }) != 0) {
    return file_error("stat", path, errno);
  }
  return (st.st_mode & (S_IRGRP | S_IROTH)) != 0;
}

result<disk_space> posix_filesystem::space(const std::string& path) {
  struct statvfs st {};
  if (uninterrupted([&] { return ::statvfs(path.c_str(), &st); }) != 0) {
    return file_error("statvfs", path, errno);
  }
  return disk_space{st.f_bavail * st.f_frsize, st.f_blocks * st.f_frsize};
}

result<std::unique_ptr<file_lock>> posix_filesystem::lock(const std::string& path) {
  descriptor fd;
  if (is_directory(path)) {
    fd = descriptor(uninterrupted([&] { return ::open(path.c_str(), directory_flags); }));
    if (!fd.valid()) return file_error("open", path, errno);
  } else {
    TRY_LET(fd, open_plain(path, O_RDWR | O_CREAT));
  }
  if (uninterrupted([&] { return ::flock(fd.get(), LOCK_EX | LOCK_NB); }) != 0) {
    if (errno == EWOULDBLOCK) return fail(errc::busy, path + " is locked by another process");
    return file_error("lock", path, errno);
  }
  std::unique_ptr<file_lock> out = std::make_unique<posix_lock>(std::move(fd));
  return out;
}

}  // namespace oklog::env
