#include <catch2/catch.hpp>

#include "env/worlds.h"
#include "oklog/env/fs.h"

namespace oklog::env {
namespace {

std::string all_of(filesystem& fs, const std::string& path) {
  auto text = read_file(fs, path, 1 << 20);
  return text ? *text : "error: " + text.error().what;
}

template <class T>
errc code_of(const result<T>& r) {
  REQUIRE_FALSE(r);
  return r.error().code;
}

void append_and_read(world& w) {
  filesystem& fs = w.env().fs;
  const std::string path = w.folder() + "/a";
  auto made = fs.create(path);
  REQUIRE(made);
  file& f = **made;
  REQUIRE(f.append("hello "));
  REQUIRE(f.append(std::string(300000, 'x')));
  REQUIRE(f.append(""));
  CHECK(*f.size() == 300006);
  REQUIRE(f.truncate(8));
  REQUIRE(f.append("!"));
  REQUIRE(f.sync());
  CHECK(all_of(fs, path) == "hello xx!");

  char buffer[16] = {};
  CHECK(*f.read_at(6, buffer, 16) == 3);
  CHECK(std::string(buffer, 3) == "xx!");
  CHECK(*f.read_at(9, buffer, 16) == 0);
  CHECK(*f.read_at(900, buffer, 16) == 0);

  auto again = fs.open_append(path);
  REQUIRE(again);
  REQUIRE((*again)->append("?"));
  CHECK(all_of(fs, path) == "hello xx!?");
}

void preallocate(world& w) {
  auto f = w.env().fs.create(w.folder() + "/a");
  REQUIRE(f);
  REQUIRE((*f)->append("123"));
  REQUIRE((*f)->preallocate(1 << 20));
  CHECK(*(*f)->size() == 3);
  REQUIRE((*f)->append("4"));
  CHECK(*(*f)->size() == 4);
}

void names_and_kinds(world& w) {
  filesystem& fs = w.env().fs;
  const std::string dir = w.folder() + "/x/y";
  REQUIRE(fs.make_dirs(dir));
  REQUIRE(fs.make_dirs(dir));
  for (const char* each : {"/b", "/a", "/c"}) REQUIRE(fs.create(dir + each));
  REQUIRE(fs.make_dirs(dir + "/d"));
  w.plant_other(dir + "/e");
  REQUIRE(fs.rename(dir + "/b", dir + "/a2"));
  REQUIRE(fs.remove(dir + "/c"));
  REQUIRE(fs.sync_dir(dir));
  auto listed = fs.list(dir);
  REQUIRE(listed);
  REQUIRE(listed->size() == 4);
  CHECK((*listed)[0].name == "a");
  CHECK((*listed)[0].kind == file_kind::regular);
  CHECK((*listed)[1].name == "a2");
  CHECK((*listed)[2].kind == file_kind::directory);
  CHECK((*listed)[3].kind == file_kind::other);
}

void file_refusals(world& w) {
  filesystem& fs = w.env().fs;
  const std::string dir = w.folder();
  REQUIRE(fs.create(dir + "/file"));
  REQUIRE(fs.make_dirs(dir + "/sub"));
  w.plant_other(dir + "/other");
  CHECK(code_of(fs.create(dir + "/file")) == errc::conflict);
  CHECK(code_of(fs.open_read(dir + "/none")) == errc::not_found);
  CHECK(code_of(fs.open_append(dir + "/none")) == errc::not_found);
  CHECK(code_of(fs.open_read(dir + "/sub")) == errc::invalid);
  CHECK(code_of(fs.open_append(dir + "/sub")) == errc::invalid);
  CHECK(code_of(fs.open_read(dir + "/other")) == errc::invalid);
  CHECK(code_of(fs.open_append(dir + "/other")) == errc::invalid);
  CHECK(code_of(fs.remove(dir + "/none")) == errc::not_found);
  CHECK(code_of(fs.rename(dir + "/none", dir + "/x")) == errc::not_found);
  CHECK(code_of(fs.list(dir + "/none")) == errc::not_found);
  CHECK(code_of(fs.make_dirs(dir + "/file/below")) == errc::invalid);
}

void locks(world& w) {
  filesystem& fs = w.env().fs;
  const std::string path = w.folder() + "/LOCK";
  auto held = fs.lock(path);
  REQUIRE(held);
  CHECK(code_of(fs.lock(path)) == errc::busy);
  held->reset();
  CHECK(fs.lock(path));
  // A directory can be locked, too; what lies in it is free.
  const auto folder = fs.lock(w.folder());
  REQUIRE(folder);
  CHECK(code_of(fs.lock(w.folder())) == errc::busy);
  CHECK(fs.lock(path));
}

void whole_files(world& w) {
  filesystem& fs = w.env().fs;
  REQUIRE(write_file(fs, w.folder(), "oklog.json", "one"));
  REQUIRE(write_file(fs, w.folder(), "oklog.json", "two"));
  CHECK(all_of(fs, w.folder() + "/oklog.json") == "two");
  CHECK(fs.list(w.folder())->size() == 1);
  CHECK(code_of(read_file(fs, w.folder() + "/oklog.json", 2)) == errc::invalid);
  CHECK(read_file(fs, w.folder() + "/oklog.json", 3));
  // A temporary file of an earlier crash is in nobody's way.
  REQUIRE(fs.create(w.folder() + "/oklog.json.tmp"));
  REQUIRE(write_file(fs, w.folder(), "oklog.json", "three"));
  CHECK(all_of(fs, w.folder() + "/oklog.json") == "three");
}

void space(world& w) {
  auto s = w.env().fs.space(w.folder());
  REQUIRE(s);
  CHECK(s->total_bytes > 0);
  CHECK(s->free_bytes <= s->total_bytes);
}

}  // namespace

TEST_CASE("filesystem: appends go to the end, reads stop there, truncate cuts", "[env]") {
  for_each_world(append_and_read);
}

TEST_CASE("filesystem: preallocation does not change the visible size", "[env]") {
  for_each_world(preallocate);
}

TEST_CASE("filesystem: a listing is sorted and knows what is a plain file", "[env]") {
  for_each_world(names_and_kinds);
}

TEST_CASE("filesystem: refuses, without hanging, what is missing, there, or no plain file",
          "[env]") {
  for_each_world(file_refusals);
}

TEST_CASE("filesystem: a lock is held once, and free when its holder is gone", "[env]") {
  for_each_world(locks);
}

TEST_CASE("write_file: replaces as a whole and leaves nothing else (C1)", "[env]") {
  for_each_world(whole_files);
}

TEST_CASE("filesystem: free space is at most the total", "[env]") {
  for_each_world(space);
}

}  // namespace oklog::env
