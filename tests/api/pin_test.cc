// A store's pin as it goes to the node that asked for it.
#include <catch2/catch.hpp>

#include "oklog/api/part_frames.h"
#include "oklog/api/pin_api.h"

using namespace oklog;

namespace {

api::store_pin sample_pin() {
  api::store_pin pin;
  pin.token = "00112233445566778899aabbccddeeff";
  pin.said.covered.add_missing("2 damaged files, \"here\"");
  pin.held.store_id = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
  pin.held.floor = 12;
  for (std::uint32_t shard : {0U, 3U}) {
    catalogue_partition p;
    p.where = {480'000, shard};
    p.digest = {5, {1, shard}};
    p.bytes = 77;
    pin.held.partitions.push_back(p);
  }
  cluster::store_entry e;
  e.id = {1, 2};
  pin.roster.put(e);
  return pin;
}

}  // namespace

TEST_CASE("pin: what one store says another node reads", "[api]") {
  const auto read = api::parse_pin(api::to_text(sample_pin()) + "\n\n");
  REQUIRE(read);
  CHECK(read->token == sample_pin().token);
  CHECK(read->said.covered.missing == sample_pin().said.covered.missing);
  CHECK(read->held.store_id == sample_pin().held.store_id);
  CHECK(read->held.floor == 12);
  CHECK(read->roster == sample_pin().roster);
  REQUIRE(read->held.partitions.size() == 2);
  CHECK(read->held.partitions[1].where == partition{480'000, 3});
  CHECK(read->held.partitions[1].digest == set_digest{5, {1, 3}});
  CHECK(read->held.partitions[1].bytes == 77);
}

TEST_CASE("pin: what is none is refused", "[api]") {
  const std::string good = api::to_text(sample_pin());
  REQUIRE(api::parse_pin(good));
  for (std::size_t n = 0; n < good.size(); ++n) CHECK_FALSE(api::parse_pin(good.substr(0, n)));
  const auto refused = [&](const std::string& what, const std::string& with) {
    std::string bad = good;
    const auto at = bad.find(what);
    REQUIRE(at != bad.npos);
    const auto read = api::parse_pin(bad.replace(at, what.size(), with));
    return !read && read.error().code == errc::corruption;
  };
  CHECK(refused("00112233445566778899aabbccddeeff", "00112233445566778899AABBCCDDEEFF"));
  CHECK(refused("00112233445566778899aabbccddeeff", ""));
  CHECK(refused("\"pin\"", "\"pim\""));
  CHECK(refused("\"answer\"", "\"other\""));
  CHECK(refused("\"count\":5", "\"count\":0"));
  CHECK(refused("\"partitions\"", "\"segments\""));
}

TEST_CASE("part frames: an unread partition is read as it was written", "[api]") {
  const api::unread_part part{{480'000, 7}, ulid::make(1, 2, 3), "block at 8 of x: damaged"};
  const std::string bytes = api::pack_unread(part);
  const auto read = api::parse_unread(bytes);
  REQUIRE(read);
  CHECK(read->where == part.where);
  CHECK(read->from == part.from);
  CHECK(read->why == part.why);
  CHECK_FALSE(api::parse_unread(std::string_view(bytes).substr(0, 27)));
}
