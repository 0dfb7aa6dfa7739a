#include "oklog/sim/durability.h"

#include <catch2/catch.hpp>

#include "oklog/sim/disk.h"

using namespace oklog;
using sim::disk;
using sim::durability;

namespace {

// A log of lines, written well or badly; the acknowledgement is given where it claims to be safe.
enum class flaw { none, no_sync, no_sync_dir, retries_sync };

void write_log(disk& d, durability& judge, flaw with) {
  auto f = d.create("/log");
  if (!f) return;
  if (with != flaw::no_sync_dir && !d.sync_dir("/")) return;
  for (int i = 0; i < 4; ++i) {
    const std::string line = "line " + std::to_string(i);
    judge.sent(line);
    if (!(*f)->append(line + "\n")) return;
    if (with != flaw::no_sync) {
      auto synced = (*f)->sync();
      if (!synced && with == flaw::retries_sync) synced = (*f)->sync();
      if (!synced) return;
    }
    judge.acked(line);
  }
}

// Whole lines that look like ours.
std::vector<std::string> recover(disk& d) {
  std::vector<std::string> out;
  std::string rest = d.contents("/log").value_or("");
  for (std::size_t end; (end = rest.find('\n')) != std::string::npos; rest.erase(0, end + 1)) {
    const std::string line = rest.substr(0, end);
    if (line.size() == 6 && line.starts_with("line ")) out.push_back(line);
  }
  return out;
}

// How many crash states, at every operation, break the promise.
int violations(flaw with, std::uint64_t failing = 0) {
  disk d;
  durability judge;
  int bad = 0;
  const auto look = [&] {
    d.for_each_crash_state([&](disk& image, std::string_view) {
      if (!judge.check(recover(image))) ++bad;
    });
  };
  d.on_operation(look);
  if (failing != 0) d.fail_operation(failing);
  write_log(d, judge, with);
  look();
  return bad;
}

}  // namespace

TEST_CASE("sim durability: a log that syncs file and directory keeps its promise", "[sim]") {
  CHECK(violations(flaw::none) == 0);
  for (std::uint64_t n = 1; n < 12; ++n) CHECK(violations(flaw::none, n) == 0);
}

TEST_CASE("sim durability: C1, C5: each missing or repeated sync is found", "[sim]") {
  CHECK(violations(flaw::no_sync) > 0);
  CHECK(violations(flaw::no_sync_dir) > 0);
  CHECK(violations(flaw::retries_sync) == 0);
  int found = 0;
  for (std::uint64_t n = 1; n < 12; ++n) found += violations(flaw::retries_sync, n);
  CHECK(found > 0);
}

TEST_CASE("sim durability: the judge names what is missing, invented or doubled", "[sim]") {
  durability judge;
  for (const char* r : {"a", "b", "c"}) judge.sent(r);
  judge.acked("a");
  CHECK(judge.check({"a"}));
  CHECK(judge.check({"c", "a"}));
  CHECK(judge.check({"b"}).error().what == "1 acknowledged records are missing, first \"a\"");
  CHECK(judge.check({"a", "x"}).error().what == "1 records were never sent, first \"x\"");
  CHECK(judge.check({"a", "a"}).error().code == errc::corruption);
  CHECK(judge.check_with_duplicates({"a", "a"}));
}
