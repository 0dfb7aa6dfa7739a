// oklog verify: what is said of what the stores said.
#include "cmd/oklog/verify_report.h"

#include <catch2/catch.hpp>

using namespace oklog;
using namespace oklog::cmd;

namespace {

catalogue_partition copy(std::uint64_t window, std::uint64_t count, std::uint64_t sum,
                         bool settled = true) {
  catalogue_partition p;
  p.where = {window, 0};
  p.digest = {count, {0, sum}};
  p.settled = settled;
  return p;
}

verified_store store(const std::string& name, std::vector<catalogue_partition> held) {
  verified_store s;
  s.name = name;
  s.api = "10.0.0.1:7650";
  s.said.begun = {name, held.size(), 100, 0};
  s.said.done = {held.size(), 100};
  s.said.end = api::verify_end{s.said.done, 0, 0};
  s.held.emplace();
  s.held->store_id = name;
  s.held->partitions = std::move(held);
  return s;
}

verify_input two_equal() {
  verify_input in;
  in.factor = 2;
  in.stores = {store("A", {copy(10, 5, 1), copy(11, 6, 2)}),
               store("B", {copy(10, 5, 1), copy(11, 6, 2)})};
  return in;
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != text.npos;
}

}  // namespace

TEST_CASE("verify: equal copies are sound", "[cmd]") {
  const verify_input in = two_equal();
  const verify_report r = compare(in);
  CHECK(exit_code(r) == 0);
  CHECK(r.partitions == 2);
  CHECK(has(report_text(in, r), "\nsound: "));
  CHECK(report_json(in, r)["sound"] == true);
}

TEST_CASE("verify: copies of equal count and other digest differ, and are named", "[cmd]") {
  verify_input in = two_equal();
  in.stores[1].held->partitions[1].digest.sum.lo = 3;
  const verify_report r = compare(in);
  CHECK(exit_code(r) == 1);
  REQUIRE(r.differing.size() == 1);
  CHECK(r.differing[0].where == partition{11, 0});
  CHECK(r.differing[0].copies.size() == 2);
  CHECK(r.under_replicated.empty());
  const std::string text = report_text(in, r);
  CHECK(has(text, "DIFFERS  1970-01-01T11Z-s000\n    A  6 records  "));
  CHECK(has(text, "NOT SOUND"));
  CHECK(report_json(in, r)["differing"][0]["copies"][1]["store"] == "B");
}

TEST_CASE("verify: a copy that lacks records differs, one that nobody else has is too few",
          "[cmd]") {
  verify_input in = two_equal();
  in.stores[1].held->partitions[0] = copy(10, 4, 9);
  in.stores[1].held->partitions.pop_back();
  const verify_report r = compare(in);
  CHECK(exit_code(r) == 1);
  REQUIRE(r.differing.size() == 1);
  CHECK(r.differing[0].where == partition{10, 0});
  REQUIRE(r.under_replicated.size() == 1);
  CHECK(r.under_replicated[0].where == partition{11, 0});
}

TEST_CASE("verify: one copy more than is wanted may hold less", "[cmd]") {
  verify_input in = two_equal();
  in.stores.push_back(store("C", {copy(10, 1, 7)}));
  const verify_report r = compare(in);
  CHECK(exit_code(r) == 0);
  CHECK(r.surplus == 1);
}

TEST_CASE("verify: what is written to now is counted apart, and is no difference", "[cmd]") {
  verify_input in = two_equal();
  in.stores[0].held->partitions[1] = copy(11, 9, 9, false);
  const verify_report r = compare(in);
  CHECK(exit_code(r) == 0);
  CHECK(r.changing == 1);
}

TEST_CASE("verify: damage is said with its file, and is no copy", "[cmd]") {
  verify_input in = two_equal();
  in.stores[0].said.damaged.push_back({"some-file", "1970-01-01T10Z-s000", {"block at 32: bad"}});
  in.stores[0].held->partitions[0].damaged = true;
  in.stores[0].held->partitions[0].settled = false;
  const verify_report r = compare(in);
  CHECK(exit_code(r) == 1);
  CHECK(r.damaged == 1);
  CHECK(r.under_replicated.size() == 1);
  const std::string text = report_text(in, r);
  CHECK(has(text, "  DAMAGED  some-file  of 1970-01-01T10Z-s000\n    block at 32: bad\n"));
  CHECK(has(text, "damaged\n"));
  verify_input lying = two_equal();
  lying.stores[1].said.begun.quarantined = 2;
  CHECK(exit_code(compare(lying)) == 1);
  verify_input unread = two_equal();
  unread.stores[1].said.end->unread = 1;
  CHECK(exit_code(compare(unread)) == 1);
}

TEST_CASE("verify: who did not answer is named; what was read may still be sound", "[cmd]") {
  verify_input in = two_equal();
  in.away = {"C"};
  CHECK(exit_code(compare(in)) == 3);
  CHECK(has(report_text(in, compare(in)), "C  is away\n"));
  in.away.clear();
  in.stores[1].failure = "its answer broke off";
  CHECK(exit_code(compare(in)) == 3);
  CHECK(has(report_text(in, compare(in)), ": its answer broke off\n"));
}

TEST_CASE("K12: below the newest floor nothing is compared", "[cmd]") {
  verify_input in = two_equal();
  in.stores[1].held->partitions.erase(in.stores[1].held->partitions.begin());
  in.stores[1].held->floor = 11;
  const verify_report r = compare(in);
  CHECK(exit_code(r) == 0);
  CHECK(r.partitions == 1);
}
