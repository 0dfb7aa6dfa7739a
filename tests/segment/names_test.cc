#include "oklog/segment/names.h"

#include <catch2/catch.hpp>
#include <vector>

using namespace oklog;

namespace {
const std::string file_id = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
}

TEST_CASE("names: those that we give come back", "[segment]") {
  for (const auto s : {segment_state::active, segment_state::flushed, segment_state::pending}) {
    const auto n = parse_ingest_name(format(ingest_name{file_id, s}));
    REQUIRE(n);
    CHECK(n->id == file_id);
    CHECK(n->state == s);
  }
  for (const auto s : {segment_state::active, segment_state::flushed, segment_state::trashed}) {
    for (const std::uint64_t window :
         std::vector<std::uint64_t>{0, 480000, ulid::ms_max / window_ms}) {
      for (const std::uint32_t shard : std::vector<std::uint32_t>{0, 7, 1234, 0xffffffff}) {
        const std::int64_t ms = s == segment_state::trashed ? 1'700'000'000'123 : 0;
        const auto n = parse_store_name(format(store_name{{window, shard}, file_id, s, ms}));
        REQUIRE(n);
        CHECK(n->partition == partition{window, shard});
        CHECK(n->id == file_id);
        CHECK(n->state == s);
        CHECK(n->trashed_ms == ms);
      }
    }
  }
}

TEST_CASE("names: a partition is told by its hour and shard", "[segment]") {
  CHECK(format(partition{0, 0}) == "1970-01-01T00Z-s000");
  CHECK(format(partition{480'000, 12}) == "2024-10-04T00Z-s012");
}

TEST_CASE("C8: what is not exactly our grammar is not ours", "[segment]") {
  const std::string store = "2024-10-04T00Z-s012-" + file_id;
  REQUIRE(parse_store_name(store + ".flushed"));
  for (const std::string& bad : {std::string(),
                                 std::string("LOCK"),
                                 std::string("oklog.json"),
                                 std::string("lost+found"),
                                 file_id,
                                 file_id + ".",
                                 file_id + ".flushed.bak",
                                 file_id + ".trashed",
                                 file_id + ".Flushed",
                                 " " + file_id + ".active",
                                 std::string("01arz3ndektsv4rrffq69g5fav.active"),
                                 file_id + "-" + file_id + ".flushed",
                                 std::string("b3c8a6de-6f4a-4f0e-9d1c-8a2f3f0c1d2e.flushed"),
                                 store,
                                 store + ".pending",
                                 store + ".flushed.trashed",
                                 store + ".flushed.x.trashed",
                                 store + ".flushed.007.trashed",
                                 "2024-13-04T00Z-s012-" + file_id + ".flushed",
                                 "2024-10-04T24Z-s012-" + file_id + ".flushed",
                                 "2024-02-30T00Z-s012-" + file_id + ".flushed",
                                 "2024-10-04T00Z-s12-" + file_id + ".flushed",
                                 "2024-10-04T00Z-s0012-" + file_id + ".flushed",
                                 "2024-10-04T00Z-s4294967296-" + file_id + ".flushed",
                                 "1969-12-31T23Z-s000-" + file_id + ".flushed"}) {
    INFO(bad);
    CHECK_FALSE(parse_ingest_name(bad));
    CHECK_FALSE(parse_store_name(bad));
  }
}
