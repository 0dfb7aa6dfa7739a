// What lines may cost: Go's OK Log wrote, synced, opened and listed once for each of them.
#include <catch2/catch.hpp>
#include <map>

#include "ingest/harness.h"

namespace oklog::ingest {
namespace {

using namespace std::chrono_literals;

// A disk that counts what is asked of it.
class counting final : public env::filesystem {
 public:
  explicit counting(env::filesystem& of) : of_(of) {}
  result<std::unique_ptr<env::file>> open_read(const std::string& path) override {
    ++calls["open_read"];
    return of_.open_read(path);
  }
  result<std::unique_ptr<env::file>> create(const std::string& path) override {
    ++calls["create"];
    return of_.create(path);
  }
  result<std::unique_ptr<env::file>> open_append(const std::string& path) override {
    ++calls["open_append"];
    return of_.open_append(path);
  }
  result<> rename(const std::string& from, const std::string& to) override {
    ++calls["rename"];
    return of_.rename(from, to);
  }
  result<> remove(const std::string& path) override {
    ++calls["remove"];
    return of_.remove(path);
  }
  result<> sync_dir(const std::string& path) override {
    ++calls["sync_dir"];
    return of_.sync_dir(path);
  }
  result<> make_dirs(const std::string& path) override { return of_.make_dirs(path); }
  result<std::vector<env::dir_entry>> list(const std::string& path) override {
    ++calls["list"];
    return of_.list(path);
  }
  result<bool> readable_by_others(const std::string& path) override {
    return of_.readable_by_others(path);
  }
  result<env::disk_space> space(const std::string& path) override { return of_.space(path); }
  result<std::unique_ptr<env::file_lock>> lock(const std::string& path) override {
    return of_.lock(path);
  }

  std::map<std::string, int> calls;

 private:
  env::filesystem& of_;
};

}  // namespace

TEST_CASE("ingest log: D25 lines that come together cost one write, however many they are",
          "[ingest]") {
  sim::disk disk;
  harness h(disk);
  REQUIRE(h.open());
  h.send("the first one makes the file\n", modality::durable);
  h.write();
  const std::uint64_t before = disk.operations();
  std::string lines;
  for (int i = 0; i < 5000; ++i) lines += "line " + std::to_string(i) + "\n";
  h.send(lines, modality::durable);
  while (h.write()) {
  }
  CHECK(h.log->synced_through() == h.log->written_through());
  CHECK(disk.operations() - before <= 4);
  CHECK(h.seen().size() == 5001);
}

TEST_CASE("ingest log: D25 the oldest segment is known without listing the directory", "[ingest]") {
  sim::disk disk;
  counting fs(disk);
  harness h(fs);
  REQUIRE(h.open());
  for (int i = 0; i < 100; ++i) {
    h.send(std::to_string(i) + "\n");
    h.write_and_flush();
  }
  fs.calls.clear();
  for (int i = 0; i < 100; ++i) {
    const auto claimed = h.next();
    REQUIRE(claimed);
    const auto content = h.read(claimed->id);
    REQUIRE(content);
    REQUIRE(h.commit(claimed->id, *content->hash) == decision::done);
  }
  CHECK(fs.calls["list"] == 0);
  CHECK_FALSE(h.next());
}

TEST_CASE("ingest log: C7 a file is synced through the descriptor that wrote it, opened once",
          "[ingest]") {
  sim::disk disk;
  counting fs(disk);
  harness h(fs);
  REQUIRE(h.open());
  fs.calls.clear();
  for (int segment = 1; segment <= 3; ++segment) {
    for (int i = 0; i < 10; ++i) {
      h.send("durable " + std::to_string(i) + "\n", modality::durable);
      h.write();
      h.send("fast " + std::to_string(i) + "\n");
      h.pass(50ms);
      h.write();
    }
    h.write_and_flush();
    CHECK(fs.calls["create"] == segment);
  }
  CHECK(fs.calls["open_append"] == 0);
}

}  // namespace oklog::ingest
