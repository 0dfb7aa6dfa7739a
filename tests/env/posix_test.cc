// What only the real disk and clocks have: modes, links, descriptors.
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "oklog/env/real.h"

namespace oklog::env {
namespace {

struct scratch {
  scratch() {
    std::string pattern = std::filesystem::temp_directory_path() / "oklog-env-XXXXXX";
    REQUIRE(::mkdtemp(pattern.data()) != nullptr);
    path = pattern;
  }
  ~scratch() { std::filesystem::remove_all(path); }
  std::string path;
  real_world world{make_null_logger(), 1};
  filesystem& fs = world.env().fs;
};

struct umask_guard {
  explicit umask_guard(mode_t m) : before(::umask(m)) {}
  ~umask_guard() { ::umask(before); }
  mode_t before;
};

unsigned mode_of(const std::string& path) {
  struct stat st {};
  REQUIRE(::stat(path.c_str(), &st) == 0);
  return st.st_mode & 0777U;
}

}  // namespace

TEST_CASE("posix files: modes are 0600 and 0700 whatever the umask is", "[env]") {
  scratch s;
  for (const mode_t mask : {mode_t{0}, mode_t{0277}}) {
    const umask_guard guard(mask);
    const std::string dir = s.path + "/d" + std::to_string(mask) + "/e";
    REQUIRE(s.fs.make_dirs(dir));
    REQUIRE(s.fs.create(dir + "/f"));
    CHECK(mode_of(dir) == 0700);
    CHECK(mode_of(dir + "/f") == 0600);
  }
}

TEST_CASE("posix files: a symbolic link is not followed, to read, append, create or lock",
          "[env]") {
  scratch s;
  REQUIRE(s.fs.create(s.path + "/target"));
  std::filesystem::create_symlink(s.path + "/target", s.path + "/link");
  std::filesystem::create_symlink(s.path + "/missing", s.path + "/dangling");
  CHECK(s.fs.open_read(s.path + "/link").error().code == errc::invalid);
  CHECK(s.fs.open_append(s.path + "/link").error().code == errc::invalid);
  CHECK(s.fs.lock(s.path + "/link").error().code == errc::invalid);
  CHECK(s.fs.create(s.path + "/dangling").error().code == errc::conflict);
  CHECK(s.fs.list(s.path)->at(1).kind == file_kind::other);
}

TEST_CASE("posix files: a device is no file, and a missing folder is not found", "[env]") {
  scratch s;
  CHECK(s.fs.open_append("/dev/full").error().code == errc::invalid);
  CHECK(s.fs.sync_dir(s.path + "/none").error().code == errc::not_found);
  CHECK(s.fs.space(s.path + "/none").error().code == errc::not_found);
}

TEST_CASE("posix files: errors name the file and the reason", "[env]") {
  scratch s;
  const auto missing = s.fs.open_read(s.path + "/none");
  CHECK(missing.error().what == "open " + s.path + "/none: No such file or directory");
}

TEST_CASE("raise_open_files: takes what the system allows, and says how many", "[env]") {
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
  const rlimit low{100, before.rlim_max};
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &low) == 0);
  CHECK(raise_open_files() == before.rlim_max);
  rlimit after{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &after) == 0);
  CHECK(after.rlim_cur == before.rlim_max);
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &before) == 0);
}

TEST_CASE("posix files: a truncate to its own size gives preallocated room back", "[env]") {
  scratch s;
  const std::string path = s.path + "/file";
  const auto room = [&path] {
    struct stat st {};
    REQUIRE(::stat(path.c_str(), &st) == 0);
    return st.st_blocks * 512;
  };
  auto f = s.fs.create(path);
  REQUIRE(f);
  REQUIRE((*f)->append("a few bytes"));
  REQUIRE((*f)->preallocate(1 << 20));
  if (room() < 1 << 20) {
    WARN("this filesystem does not preallocate");
    return;
  }
  REQUIRE((*f)->truncate(11));
  REQUIRE((*f)->sync());
  CHECK(room() <= 64 << 10);
  CHECK(*(*f)->size() == 11);
}

TEST_CASE("posix files: descriptors are not inherited by what we start", "[env]") {
  scratch s;
  const int before = ::dup(0);
  REQUIRE(before >= 0);
  ::close(before);
  auto f = s.fs.create(s.path + "/f");
  REQUIRE(f);
  CHECK((::fcntl(before, F_GETFD) & FD_CLOEXEC) != 0);  // the lowest free number was taken
}

TEST_CASE("real clocks: wall time is after 2023, boot time does not go back", "[env]") {
  scratch s;
  clock& c = s.world.env().clock;
  CHECK(unix_ms(c.now()) > 1'672'531'200'000);
  const boot_time first = c.boot();
  CHECK(c.boot() >= first);
  CHECK(first.time_since_epoch().count() > 0);
}

TEST_CASE("real entropy: two worlds draw different numbers", "[env]") {
  scratch a;
  scratch b;
  CHECK(a.world.env().random.next() != b.world.env().random.next());
}

}  // namespace oklog::env
