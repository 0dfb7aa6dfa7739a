#include "oklog/sim/disk.h"

#include <catch2/catch.hpp>
#include <map>
#include <set>

using namespace oklog;
using sim::disk;

namespace {

void put(disk& d, const std::string& path, std::string_view bytes, bool sync) {
  auto f = d.create(path);
  REQUIRE(f);
  REQUIRE((*f)->append(bytes));
  if (sync) REQUIRE((*f)->sync());
}

// What a reader may find at `path` after a crash; "-" where there is no file.
std::set<std::string> outcomes(const disk& d, const std::string& path) {
  std::set<std::string> out;
  d.for_each_crash_state(
      [&](disk& image, std::string_view) { out.insert(image.contents(path).value_or("-")); });
  return out;
}

}  // namespace

TEST_CASE("sim disk: write and rename without a sync can lose the data of both names", "[sim]") {
  disk d;
  d.plant_file("/d/a", "old");
  put(d, "/d/a.tmp", "new", false);
  REQUIRE(d.rename("/d/a.tmp", "/d/a"));
  const auto seen = outcomes(d, "/d/a");
  CHECK(seen.contains("old"));
  CHECK(seen.contains("new"));
  CHECK(seen.contains(""));
  CHECK(seen.contains(std::string(3, '\0')));
  CHECK(seen.contains("n"));
}

TEST_CASE("sim disk: a synced file that was renamed is old or new, never torn", "[sim]") {
  disk d;
  d.plant_file("/d/a", "old");
  put(d, "/d/a.tmp", "new", true);
  REQUIRE(d.rename("/d/a.tmp", "/d/a"));
  CHECK(outcomes(d, "/d/a") == std::set<std::string>{"old", "new"});
  CHECK(outcomes(d, "/d/a.tmp") == std::set<std::string>{"new", "-"});
}

TEST_CASE("sim disk: C1: write, sync, rename, sync_dir survives every crash", "[sim]") {
  disk d;
  d.plant_file("/d/a", "old");
  put(d, "/d/a.tmp", "new", true);
  REQUIRE(d.rename("/d/a.tmp", "/d/a"));
  REQUIRE(d.sync_dir("/d"));
  CHECK(d.unsynced() == 0);
  CHECK(outcomes(d, "/d/a") == std::set<std::string>{"new"});
  CHECK(outcomes(d, "/d/a.tmp") == std::set<std::string>{"-"});
}

TEST_CASE("sim disk: C1: a synced file whose directory was not synced may vanish", "[sim]") {
  disk d;
  d.plant_directory("/d");
  put(d, "/d/a", "x", true);
  CHECK(outcomes(d, "/d/a") == std::set<std::string>{"x", "-"});
  REQUIRE(d.sync_dir("/d"));
  CHECK(outcomes(d, "/d/a") == std::set<std::string>{"x"});
}

TEST_CASE("sim disk: a removed file may come back until its directory is synced", "[sim]") {
  disk d;
  d.plant_file("/d/a", "x");
  REQUIRE(d.remove("/d/a"));
  CHECK(outcomes(d, "/d/a") == std::set<std::string>{"x", "-"});
  REQUIRE(d.sync_dir("/d"));
  CHECK(outcomes(d, "/d/a") == std::set<std::string>{"-"});
}

TEST_CASE("sim disk: a rename may leave both names, never none", "[sim]") {
  disk d;
  d.plant_file("/d/a", "x");
  REQUIRE(d.rename("/d/a", "/d/b"));
  std::set<std::vector<std::string>> seen;
  d.for_each_crash_state([&](disk& image, std::string_view) { seen.insert(image.files()); });
  CHECK(seen == std::set<std::vector<std::string>>{{"/d/a"}, {"/d/b"}, {"/d/a", "/d/b"}});
}

TEST_CASE("sim disk: a rename between directories is safe once the new one is synced", "[sim]") {
  disk d;
  d.plant_file("/d/a", "x");
  d.plant_directory("/e");
  REQUIRE(d.rename("/d/a", "/e/a"));
  REQUIRE(d.sync_dir("/e"));
  CHECK(outcomes(d, "/e/a") == std::set<std::string>{"x"});
  CHECK(outcomes(d, "/d/a") == std::set<std::string>{"x", "-"});
  REQUIRE(d.sync_dir("/d"));
  CHECK(outcomes(d, "/d/a") == std::set<std::string>{"-"});
}

TEST_CASE("sim disk: a torn append keeps a prefix or the size without the data", "[sim]") {
  disk d;
  d.plant_file("/a", std::string(4000, 'o'));
  auto f = d.open_append("/a");
  REQUIRE(f);
  REQUIRE((*f)->append(std::string(10000, 'n')));
  std::set<std::size_t> sizes;
  bool zeros = false;
  d.for_each_crash_state([&](disk& image, std::string_view) {
    const std::string got = *image.contents("/a");
    REQUIRE(got.substr(0, 4000) == std::string(4000, 'o'));
    sizes.insert(got.size());
    zeros = zeros || got.substr(4000) == std::string(10000, '\0');
  });
  CHECK(zeros);
  for (const std::size_t size : {4000u, 4001u, 4512u, 4096u, 8192u, 12288u, 14000u}) {
    CHECK(sizes.contains(size));
  }
  REQUIRE((*f)->sync());
  CHECK(outcomes(d, "/a").size() == 1);
}

TEST_CASE("sim disk: a later write may be kept where an earlier one is lost", "[sim]") {
  disk d;
  d.plant_file("/a", "");
  auto f = d.open_append("/a");
  REQUIRE((*f)->append("xx"));
  REQUIRE((*f)->append("yy"));
  CHECK(outcomes(d, "/a").contains(std::string("\0\0yy", 4)));
}

TEST_CASE("sim disk: a truncation may be lost until it is synced", "[sim]") {
  disk d;
  d.plant_file("/a", "abcdef");
  auto f = d.open_append("/a");
  REQUIRE((*f)->truncate(3));
  CHECK(*(*f)->size() == 3);
  CHECK(outcomes(d, "/a") == std::set<std::string>{"abcdef", "abc"});
  REQUIRE((*f)->append("X"));
  CHECK(*d.contents("/a") == "abcX");
  CHECK(outcomes(d, "/a").contains("abcXef"));
  REQUIRE((*f)->sync());
  CHECK(outcomes(d, "/a") == std::set<std::string>{"abcX"});
}

TEST_CASE("sim disk: six unsynced operations give every subset, each image once", "[sim]") {
  disk d;
  std::set<std::vector<std::string>> seen;
  for (const char* name : {"/a", "/b", "/c", "/e", "/f", "/g"}) REQUIRE(d.create(name));
  int images = 0;
  d.for_each_crash_state([&](disk& image, std::string_view) {
    seen.insert(image.files());
    ++images;
  });
  CHECK(seen.size() == 64);
  CHECK(images == 64);
}

TEST_CASE("sim disk: images are independent of the disk and of each other", "[sim]") {
  disk d;
  d.plant_file("/a", "base ");
  auto f = d.open_append("/a");
  REQUIRE((*f)->append("one "));
  d.for_each_crash_state([&](disk& image, std::string_view) {
    const std::string before = *image.contents("/a");
    auto g = image.open_append("/a");
    REQUIRE((*g)->append("image"));
    CHECK(*image.contents("/a") == before + "image");
  });
  REQUIRE((*f)->append("two"));
  CHECK(*d.contents("/a") == "base one two");
}

TEST_CASE("sim disk: C5: after a failed sync the bytes are readable and never on disk", "[sim]") {
  disk d;
  d.plant_file("/a", "");
  auto f = d.open_append("/a");
  REQUIRE((*f)->append("lost"));
  d.fail_syncs(true);
  CHECK((*f)->sync().error().code == errc::io);
  d.fail_syncs(false);
  REQUIRE((*f)->append("kept"));
  CHECK(d.syncs_after_failure() == 0);
  REQUIRE((*f)->sync());
  CHECK(d.syncs_after_failure() == 1);
  CHECK(*d.contents("/a") == "lostkept");
  CHECK(outcomes(d, "/a") == std::set<std::string>{std::string("\0\0\0\0kept", 8)});
}

TEST_CASE("sim disk: a failed sync_dir is not made good by a later one", "[sim]") {
  disk d;
  REQUIRE(d.create("/a"));
  d.fail_operation(d.operations() + 1);
  CHECK_FALSE(d.sync_dir("/"));
  REQUIRE(d.sync_dir("/"));
  CHECK(outcomes(d, "/a") == std::set<std::string>{"", "-"});
}

TEST_CASE("sim disk: what a failed sync_dir left does not come back over a later synced rename",
          "[sim]") {
  disk d;
  put(d, "/a.tmp", "old", true);
  REQUIRE(d.rename("/a.tmp", "/a"));
  d.fail_operation(d.operations() + 1);
  CHECK_FALSE(d.sync_dir("/"));
  put(d, "/a.tmp", "new", true);
  REQUIRE(d.rename("/a.tmp", "/a"));
  REQUIRE(d.sync_dir("/"));
  CHECK(outcomes(d, "/a") == std::set<std::string>{"new"});
  CHECK(outcomes(d, "/a.tmp") == std::set<std::string>{"-"});
}

TEST_CASE("sim disk: the n-th operation fails once, an append writes a part", "[sim]") {
  disk d;
  d.plant_file("/a", "");
  auto f = d.open_append("/a");
  d.fail_operation(d.operations() + 2, errc::no_space);
  REQUIRE((*f)->append("1234"));
  CHECK((*f)->append("5678").error().code == errc::no_space);
  CHECK(*d.contents("/a") == "123456");
  CHECK((*f)->append("9"));
}

TEST_CASE("sim disk: a full disk refuses, keeps what is preallocated, and recovers", "[sim]") {
  disk d;
  d.set_capacity(100);
  auto f = d.create("/a");
  REQUIRE((*f)->preallocate(60));
  CHECK(*(*f)->size() == 0);
  CHECK(d.space("/")->free_bytes == 40);
  put(d, "/b", std::string(40, 'b'), true);
  CHECK(d.create("/c").error().code == errc::no_space);
  REQUIRE((*f)->append(std::string(60, 'a')));
  CHECK((*f)->append("x").error().code == errc::no_space);
  REQUIRE(d.remove("/b"));
  CHECK((*f)->append("x"));
  CHECK(d.space("/")->free_bytes == 39);
}

TEST_CASE("sim disk: what is not a plain file is refused, not followed", "[sim]") {
  disk d;
  d.plant_other("/d/link");
  d.plant_directory("/d/dir");
  d.plant_file("/d/secret", "s");
  d.set_unreadable("/d/secret");
  CHECK(d.open_read("/d/link").error().code == errc::invalid);
  CHECK(d.open_append("/d/dir").error().code == errc::invalid);
  CHECK(d.open_read("/d/secret").error().code == errc::io);
  CHECK(d.open_read("/d/none").error().code == errc::not_found);
  CHECK(d.create("/d/link").error().code == errc::conflict);
  CHECK(d.create("/none/a").error().code == errc::not_found);
  CHECK(d.rename("/d/secret", "/d/dir").error().code == errc::invalid);
  const auto all = d.list("/d");
  REQUIRE(all);
  REQUIRE(all->size() == 3);
  CHECK((*all)[0].kind == env::file_kind::directory);
  CHECK((*all)[1].kind == env::file_kind::other);
  CHECK((*all)[2].bytes == 1);
}

TEST_CASE("sim disk: a lock is exclusive, ends with its holder, and a crash releases it", "[sim]") {
  disk d;
  auto held = d.lock("/LOCK");
  REQUIRE(held);
  CHECK(d.lock("/LOCK").error().code == errc::busy);
  CHECK(d.kill_process()->lock("/LOCK"));
  held->reset();
  CHECK(d.lock("/LOCK"));
}

TEST_CASE("sim disk: what a dead process has written stays, and can still be lost", "[sim]") {
  disk d;
  d.plant_directory("/d");
  put(d, "/d/a", "x", false);
  const auto after = d.kill_process();
  CHECK(*after->contents("/d/a") == "x");
  CHECK(after->unsynced() == 2);
  CHECK(outcomes(*after, "/d/a").contains("-"));
  REQUIRE(after->remove("/d/a"));
  CHECK(d.contents("/d/a") == "x");
}

TEST_CASE("sim disk: a random crash is one of the states, and the seed decides which", "[sim]") {
  disk d;
  for (const char* name : {"/a", "/b", "/c"}) REQUIRE(d.create(name));
  std::set<std::vector<std::string>> seen;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    prng one(seed);
    prng two(seed);
    const auto files = d.crash(one)->files();
    CHECK(files == d.crash(two)->files());
    seen.insert(files);
  }
  CHECK(seen.size() == 8);
}

TEST_CASE("sim disk: the hook sees the state before every change", "[sim]") {
  disk d;
  std::vector<std::size_t> unsynced;
  d.on_operation([&] { unsynced.push_back(d.unsynced()); });
  auto f = d.create("/a");
  REQUIRE((*f)->append("x"));
  REQUIRE((*f)->sync());
  REQUIRE(d.sync_dir("/"));
  REQUIRE(d.make_dirs("/x/y"));
  CHECK(unsynced == std::vector<std::size_t>{0, 1, 2, 1, 0, 1, 0, 1});
}

TEST_CASE("sim disk: a flipped bit, a read-only disk and a machine that is gone", "[sim]") {
  disk d;
  d.plant_file("/a", "a");
  d.bit_flip("/a", 0, 1);
  CHECK(*d.contents("/a") == "c");
  CHECK(outcomes(d, "/a") == std::set<std::string>{"c"});
  d.set_read_only(true);
  CHECK(d.remove("/a").error().code == errc::io);
  CHECK(d.open_read("/a"));
  d.cut_off();
  CHECK(d.open_read("/a").error().code == errc::io);
}

TEST_CASE("sim disk: a judge sees what is on disk for sure, and no more", "[sim]") {
  disk d;
  REQUIRE(d.make_dirs("/d"));
  put(d, "/d/a", "one", true);
  CHECK_FALSE(d.synced_contents("/d/a"));  // its name is not
  CHECK(d.synced_bytes("/d/a") == "one");
  CHECK(d.synced_names("/d").empty());
  REQUIRE(d.sync_dir("/d"));
  CHECK(d.synced_contents("/d/a") == "one");
  REQUIRE((*d.open_append("/d/a"))->append(" more"));
  CHECK(d.synced_contents("/d/a") == "one");
  CHECK(d.contents("/d/a") == "one more");
  REQUIRE(d.rename("/d/a", "/d/b"));
  CHECK(d.synced_names("/d") == std::vector<std::string>{"a"});
  CHECK(d.synced_bytes("/d/b") == "one");
  CHECK(outcomes(d, "/d/b").contains("-"));
  CHECK(d.used() == 8);
}

TEST_CASE("sim disk: whoever watches names is told before one goes, and only then", "[sim]") {
  disk d;
  d.plant_file("/d/a", "a");
  std::vector<std::string> told;
  d.watch_names([&](const std::string& from, const std::string& to) {
    told.push_back(from + ">" + to);
    CHECK(d.contents(from));
  });
  CHECK_FALSE(d.remove("/d/none"));
  REQUIRE(d.rename("/d/a", "/d/b"));
  REQUIRE(d.remove("/d/b"));
  CHECK(told == std::vector<std::string>{"/d/a>/d/b", "/d/b>"});
}
