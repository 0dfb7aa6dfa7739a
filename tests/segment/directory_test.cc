#include "oklog/segment/directory.h"

#include <catch2/catch.hpp>

#include "oklog/sim/disk.h"

using namespace oklog;

namespace {

const std::string store_path = "/data/store";
const std::string first_id = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
const std::string other_id = "01BX5ZZKBKACTAV9WEVGEMMVRZ";

auto open(sim::disk& disk, segment_kind kind = segment_kind::store,
          const std::string& new_id = first_id) {
  return data_directory::open(disk, store_path, kind, new_id);
}

}  // namespace

TEST_CASE("directory: a missing or empty one is made and keeps its id", "[segment]") {
  sim::disk disk;
  if (GENERATE(true, false)) disk.plant_directory(store_path);
  {
    const auto d = open(disk);
    REQUIRE(d);
    CHECK((*d)->id() == first_id);
  }
  const auto again = open(disk, segment_kind::store, other_id);
  REQUIRE(again);
  CHECK((*again)->id() == first_id);
}

TEST_CASE("C9: one process holds a directory, the next is told so", "[segment]") {
  sim::disk disk;
  const auto first = open(disk);
  REQUIRE(first);
  const auto second = open(disk);
  REQUIRE_FALSE(second);
  CHECK(second.error().code == errc::busy);
  CHECK_THAT(second.error().what, Catch::Contains(store_path));
}

TEST_CASE("C9: refused before anything is touched", "[segment]") {
  struct strange {
    const char* file;
    const char* bytes;
    const char* says;
  };
  const auto s = GENERATE(
      strange{"b3c8a6de-6f4a-4f0e-9d1c-8a2f3f0c1d2e.flushed", "x", "Go's OK Log"},
      strange{"b3c8a6de-6f4a-4f0e-9d1c-8a2f3f0c1d2e.active", "x", "Go's OK Log"},
      strange{"01ARZ3NDEKTSV4RRFFQ69G5FAV-01BX5ZZKBKACTAV9WEVGEMMVRZ.flushed", "x", "Go's OK Log"},
      strange{"01ARZ3NDEKTSV4RRFFQ69G5FAV-01BX5ZZKBKACTAV9WEVGEMMVRZ.reading", "x", "Go's OK Log"},
      strange{"01ARZ3NDEKTSV4RRFFQ69G5FAV-01BX5ZZKBKACTAV9WEVGEMMVRZ.trashed", "x", "Go's OK Log"},
      strange{"LOCK", "", "LOCK"},
      strange{"oklog.json",
              R"({"format":2,"kind":"store","store_id":"01ARZ3NDEKTSV4RRFFQ69G5FAV"})", "newer"},
      strange{"oklog.json",
              R"({"format":1,"kind":"ingest","store_id":"01ARZ3NDEKTSV4RRFFQ69G5FAV"})", "ingest"},
      strange{"oklog.json", "", "damaged"}, strange{"oklog.json", "{}", "damaged"},
      strange{"oklog.json", R"({"format":1,"kind":"store","store_id":"x"})", "damaged"},
      strange{"oklog.json", R"({"format":-1,"kind":"store","store_id":""})", "damaged"});
  sim::disk disk;
  disk.plant_file(store_path + "/" + s.file, s.bytes);
  const auto before = disk.files();
  const auto d = open(disk);
  REQUIRE_FALSE(d);
  CHECK(d.error().code == errc::invalid);
  CHECK_THAT(d.error().what, Catch::Contains(s.says));
  CHECK(disk.files() == before);
  CHECK(*disk.contents(store_path + "/" + s.file) == s.bytes);
  CHECK(disk.unsynced() == 0);
}

TEST_CASE("directory: lost+found and a stranger's files are left alone", "[segment]") {
  sim::disk disk;
  disk.plant_directory(store_path + "/lost+found");
  disk.plant_file(store_path + "/notes.txt", "mine");
  disk.plant_other(store_path + "/pipe");
  REQUIRE(open(disk));
  CHECK(*disk.contents(store_path + "/notes.txt") == "mine");
}

TEST_CASE("C14: a first start may crash at every operation and begin again", "[segment]") {
  sim::disk disk;
  std::size_t states = 0;
  const auto check = [&] {
    disk.for_each_crash_state([&](sim::disk& image, std::string_view what) {
      ++states;
      INFO(what);
      const auto d = open(image, segment_kind::store, other_id);
      REQUIRE(d);
    });
  };
  disk.on_operation(check);
  REQUIRE(open(disk));
  check();
  CHECK(states > 5);
}

TEST_CASE("C9: of two first starts at once one has the directory, under the id that is on disk",
          "[segment]") {
  int steps = 0;
  int first_won = 0;
  for (int at = 1; at <= 20; ++at) {
    INFO("operation " << at);
    sim::disk disk;
    disk.plant_directory(store_path);
    result<std::unique_ptr<data_directory>> other = fail(errc::busy, "not tried");
    int operation = 0;
    disk.on_operation([&] {
      if (++operation != at) return;
      ++steps;
      other = open(disk, segment_kind::store, other_id);
    });
    auto mine = open(disk);
    disk.on_operation(nullptr);
    REQUIRE(mine.has_value() != other.has_value());
    first_won += mine ? 1 : 0;
    const std::string won = mine ? (*mine)->id() : (*other)->id();
    for (auto* d : {&mine, &other}) {
      if (*d) (*d)->reset();
    }
    const auto later = open(disk, segment_kind::store, "01BX5ZZKBKACTAV9WEVGEMMVRZ");
    REQUIRE(later);
    CHECK((*later)->id() == won);
  }
  CHECK(steps >= 4);
  CHECK(first_won > 0);
}

TEST_CASE("D18: an id that a node has used is on disk, and its own for good", "[segment]") {
  sim::disk disk;
  REQUIRE(open(disk));
  disk.for_each_crash_state([&](sim::disk& image, std::string_view what) {
    INFO(what);
    const auto d = open(image, segment_kind::store, other_id);
    REQUIRE(d);
    CHECK((*d)->id() == first_id);
  });
}

TEST_CASE("directory: quarantine keeps every file under a free name", "[segment]") {
  sim::disk disk;
  const auto d = open(disk);
  REQUIRE(d);
  for (const char* bytes : {"one", "two", "three"}) {
    disk.plant_file(store_path + "/x.flushed", bytes);
    REQUIRE((*d)->quarantine("x.flushed"));
    CHECK_FALSE(disk.contents(store_path + "/x.flushed"));
  }
  CHECK(*disk.contents(store_path + "/quarantine/x.flushed") == "one");
  CHECK(*disk.contents(store_path + "/quarantine/x.flushed.1") == "two");
  CHECK(*disk.contents(store_path + "/quarantine/x.flushed.2") == "three");
}
