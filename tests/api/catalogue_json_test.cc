// The catalogue as it goes from store to store.
#include <catch2/catch.hpp>
#include <functional>
#include <nlohmann/json.hpp>

#include "oklog/api/catalogue_api.h"
#include "oklog/segment/names.h"

using namespace oklog;
using json = nlohmann::json;

namespace {

constexpr std::uint64_t window = 480'000;

catalogue_partition held(std::uint32_t shard, std::uint64_t records) {
  catalogue_partition p;
  p.where = {window, shard};
  const std::uint64_t ms = window * window_ms;
  for (std::uint64_t i = 0; i < 2; ++i) {
    catalogue_segment s;
    s.name = format(store_name{p.where, format(ulid{i + 1, shard}), segment_state::flushed, 0});
    s.hash = {i, ~0ULL};
    s.records = records;
    s.bytes = 1000 + i;
    s.min = ulid::make(ms + i, 1, 1);
    s.max = ulid::make(ms + i + 1, ulid::stream_max, ulid::seq_max);
    p.bytes += s.bytes;
    p.digest.count += records;
    p.segments.push_back(s);
  }
  p.digest.sum = {0x0123456789abcdef, shard};
  p.settled = shard == 0;
  return p;
}

store_catalogue sample_catalogue() {
  return {"01ARZ3NDEKTSV4RRFFQ69G5FAV", 479'000, {held(0, 10), held(3, 1)}};
}

}  // namespace

TEST_CASE("catalogue: what one store says another reads", "[api]") {
  const store_catalogue said = sample_catalogue();
  const auto read = api::parse_catalogue(api::to_json(said));
  REQUIRE(read);
  CHECK(read->store_id == said.store_id);
  CHECK(read->floor == 479'000);
  REQUIRE(read->partitions.size() == 2);
  for (std::size_t i = 0; i < 2; ++i) {
    const catalogue_partition& was = said.partitions[i];
    const catalogue_partition& is = read->partitions[i];
    CHECK(is.where == was.where);
    CHECK(is.digest == was.digest);
    CHECK(is.bytes == was.bytes);
    CHECK(is.settled == was.settled);
    REQUIRE(is.segments.size() == 2);
    CHECK(is.segments[1].name == was.segments[1].name);
    CHECK(is.segments[1].hash == was.segments[1].hash);
    CHECK(is.segments[1].records == was.segments[1].records);
    CHECK(is.segments[1].min == was.segments[1].min);
    CHECK(is.segments[1].max == was.segments[1].max);
  }
}

TEST_CASE("catalogue: what contradicts itself or is of another kind is refused", "[api]") {
  const json good = json::parse(api::to_json(sample_catalogue()));
  REQUIRE(api::parse_catalogue(good.dump()));
  const auto refused = [&good](const std::function<void(json&)>& change) {
    json j = good;
    change(j);
    const auto read = api::parse_catalogue(j.dump());
    return !read && read.error().code == errc::corruption;
  };
  CHECK_FALSE(api::parse_catalogue(""));
  CHECK_FALSE(api::parse_catalogue("[]"));
  CHECK_FALSE(api::parse_catalogue(std::string(100'000, '[')));
  CHECK(refused([](json& j) { j["store"] = "somebody"; }));
  CHECK(refused([](json& j) { j.erase("floor"); }));
  CHECK(refused([](json& j) { j["partitions"] = 7; }));
  CHECK(refused([](json& j) { std::swap(j["partitions"][0], j["partitions"][1]); }));
  CHECK(refused([](json& j) { j["partitions"][1] = j["partitions"][0]; }));
  for (const char* key : {"window", "shard", "count", "sum", "bytes", "settled", "segments"}) {
    INFO(key);
    CHECK(refused([key](json& j) { j["partitions"][0].erase(key); }));
    CHECK(refused([key](json& j) { j["partitions"][0][key] = -1; }));
    CHECK(refused([key](json& j) { j["partitions"][0][key] = nullptr; }));
  }
  for (const char* key : {"name", "hash", "records", "bytes", "min", "max"}) {
    INFO(key);
    CHECK(refused([key](json& j) { j["partitions"][0]["segments"][1].erase(key); }));
    CHECK(refused([key](json& j) { j["partitions"][0]["segments"][1][key] = -1; }));
  }
  CHECK(refused([](json& j) { j["partitions"][0]["segments"][0]["name"] = "../oklog.json"; }));
  CHECK(refused([](json& j) { j["partitions"][0]["shard"] = 1; }));
  CHECK(refused([](json& j) { j["partitions"][0]["shard"] = 1ULL << 32; }));
  CHECK(refused([](json& j) { j["partitions"][0]["count"] = 21; }));
}

TEST_CASE("catalogue: the fingerprint survives the wire, and whatever changes changes it",
          "[api]") {
  const store_catalogue said = sample_catalogue();
  const auto read = api::parse_catalogue(api::to_json(said));
  REQUIRE(read);
  CHECK(read->fingerprint() == said.fingerprint());
  const std::vector<std::function<void(store_catalogue&)>> changes = {
      [](store_catalogue& c) { c.store_id.back() = 'W'; },
      [](store_catalogue& c) { ++c.floor; },
      [](store_catalogue& c) { c.partitions.pop_back(); },
      [](store_catalogue& c) { ++c.partitions[0].digest.sum.lo; },
      [](store_catalogue& c) { c.partitions[1].settled = !c.partitions[1].settled; },
      [](store_catalogue& c) { c.partitions[1].damaged = true; },
      [](store_catalogue& c) { c.partitions[1].releasing = true; },
      [](store_catalogue& c) { c.partitions[0].segments[1].name.back() = 'x'; },
      [](store_catalogue& c) { ++c.partitions[0].segments[1].hash.hi; },
      [](store_catalogue& c) { c.partitions[0].segments[0].damaged = true; },
      [](store_catalogue& c) { ++c.partitions[0].segments[0].max.lo; },
  };
  for (std::size_t i = 0; i < changes.size(); ++i) {
    INFO(i);
    store_catalogue changed = said;
    changes[i](changed);
    CHECK(changed.fingerprint() != said.fingerprint());
  }
}
