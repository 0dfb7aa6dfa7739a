#include <catch2/catch.hpp>

#include "oklog/api/roster_api.h"

using namespace oklog;

namespace {

cluster::roster full() {
  cluster::roster r;
  cluster::store_entry s;
  s.id = {1, 1};
  s.epoch = 3;
  s.revision = 17;
  s.starts = 4;
  s.factor = 2;
  s.proved = 1;
  s.admitted = true;
  s.draining = true;
  s.full = true;
  s.floor = 480'000;
  s.api = "10.0.0.1:7650";
  s.gone = {{{1, 2}, 1}, {{1, 3}, 9}};
  s.clean_knew = {{{1, 3}, 9}};
  r.put(s);
  cluster::ingester_entry in;
  in.id = {1, 1};
  in.starts = 4;
  in.handed_over = true;
  in.low_water = {4, 1000, 1'700'000'000'000};
  in.given_up = 3;
  in.given_up_ms = 1'700'000'000'001;
  in.api = "10.0.0.1:7650";
  r.put(in);
  r.retire({1, 3}, {9, 1'700'000'000'002});
  return r;
}

}  // namespace

TEST_CASE("roster: what was written is what is read") {
  const auto read = api::parse_roster(api::to_json(full()));
  REQUIRE(read);
  CHECK(*read == full());
  const auto empty = api::parse_roster(api::to_json(cluster::roster()));
  REQUIRE(empty);
  CHECK(*empty == cluster::roster());
}

TEST_CASE("roster: what is none, or contradicts itself, is refused") {
  const std::string good = api::to_json(full());
  const auto with = [&good](std::string_view what, std::string_view instead) {
    std::string text = good;
    const auto at = text.find(what);
    REQUIRE(at != text.npos);
    text.replace(at, what.size(), instead);
    return text;
  };
  for (const std::string& bad :
       {std::string(), std::string("[]"), std::string("{\"stores\":[]}"), good.substr(0, 100),
        with("\"epoch\":3", "\"epoch\":0"), with("\"epoch\":3", "\"epoch\":-3"),
        with("\"factor\":2", "\"factor\":0"), with("\"factor\":2", "\"factor\":256"),
        with("10.0.0.1:7650", std::string(300, 'x')), with("\"admitted\":true", "\"admitted\":1"),
        with("\"epoch\":1}", "\"epoch\":1},{\"id\":\"00000000000000000000000000\",\"epoch\":1}"),
        with("\"ms\":1700000000000", "\"ms\":9007199254740993000"),
        with("\"starts\":4,\"uptime", "\"uptime")}) {
    INFO(bad);
    const auto read = api::parse_roster(bad);
    REQUIRE_FALSE(read);
    CHECK(read.error().code == errc::corruption);
  }
}
