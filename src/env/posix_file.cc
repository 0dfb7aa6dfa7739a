#include "env/posix_file.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>

#include "env/posix_error.h"

namespace oklog::env {

namespace {
// Linux moves at most 2 GiB a call; smaller pieces let a signal or a full disk be noticed.
constexpr std::size_t io_piece_max = std::size_t{64} << 20;
}  // namespace

result<> posix_file::append(std::string_view bytes) {
  while (!bytes.empty()) {
    const std::size_t want = std::min(bytes.size(), io_piece_max);
    const auto n = uninterrupted([&] { return ::write(fd_.get(), bytes.data(), want); });
    if (n < 0) return file_error("write", path_, errno);
    if (n == 0) return fail(errc::io, "write " + path_ + ": nothing was written");
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return {};
}

result<std::size_t> posix_file::read_at(std::uint64_t offset, char* out, std::size_t size) {
  std::size_t done = 0;
  while (done < size) {
    const std::size_t want = std::min(size - done, io_piece_max);
    const auto at = static_cast<off_t>(offset + done);
    const auto n = uninterrupted([&] { return ::pread(fd_.get(), out + done, want, at); });
    if (n < 0) return file_error("read", path_, errno);
    if (n == 0) break;
    done += static_cast<std::size_t>(n);
  }
  return done;
}

result<std::uint64_t> posix_file::size() {
  struct stat st {};
  if (::fstat(fd_.get(), &st) != 0) return file_error("stat", path_, errno);
  return static_cast<std::uint64_t>(st.st_size);
}

result<> posix_file::sync() {
  // Rule C5: the kernel has dropped the dirty pages and marked them clean, so that a second call
  // would report success for bytes that are not there.
  if (sync_failed_) return fail(errc::io, "sync " + path_ + ": an earlier sync failed");
  if (uninterrupted([&] { return ::fdatasync(fd_.get()); }) != 0) {
    sync_failed_ = true;
    return file_error("sync", path_, errno);
  }
  return {};
}

result<> posix_file::truncate(std::uint64_t size) {
  const auto length = static_cast<off_t>(size);
  if (uninterrupted([&] { return ::ftruncate(fd_.get(), length); }) != 0) {
    return file_error("truncate", path_, errno);
  }
  return {};
}

result<> posix_file::preallocate(std::uint64_t bytes) {
  if (bytes == 0) return {};
  TRY_LET(const std::uint64_t end, size());
  const auto from = static_cast<off_t>(end);
  const auto length = static_cast<off_t>(bytes);
  if (uninterrupted([&] { return ::fallocate(fd_.get(), FALLOC_FL_KEEP_SIZE, from, length); }) ==
      0) {
    return {};
  }
  if (errno == EOPNOTSUPP || errno == ENOSYS) return {};  // then the appends will tell
  return file_error("preallocate", path_, errno);
}

}  // namespace oklog::env
