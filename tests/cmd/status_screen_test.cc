// oklog status, drawn.
#include "cmd/oklog/status_screen.h"

#include <catch2/catch.hpp>

#include "cmd/oklog/human.h"

using namespace oklog;
using namespace oklog::cmd;
using json = nlohmann::ordered_json;

namespace {

seen_member member(const std::string& name, const std::string& state = "alive",
                   std::uint64_t factor = 2) {
  seen_member m;
  m.name = name;
  m.state = state;
  m.role = "ingeststore";
  m.api = "10.0.0.1:7650";
  m.factor = factor;
  return m;
}

member_answer answered(const std::string& name, const json& attention = json::array()) {
  member_answer a;
  a.member = member(name);
  a.said = json::parse(R"({"disks":[
      {"path":"data/ingest","total":1000000000,"free":600000000,"reserve":1,"full_in_s":null},
      {"path":"data/store","total":2000000000,"free":500000000,"reserve":1,"full_in_s":7200}],
    "ingest":{"segments":0,"bytes":0,"pending":0,"oldest":null},
    "answers":{"coverage":"full","missing":[]},
    "store":{"segments":2,"bytes":1500000,"partitions":2,"records":12345,
      "oldest":"2026-11-20T14:00:00Z","newest":"2026-11-20T15:00:00Z","factor":2,
      "factor_in_force":2,"known_partitions":3,"under_replicated":0,
      "oldest_under_replicated":null}})");
  (*a.said)["attention"] = attention;
  return a;
}

cluster_status two_nodes() {
  cluster_status s;
  s.members = {member("01AAAAAAAAAAAAAA"), member("01BBBBBBBBBBBBBB")};
  s.members[0].self = true;
  s.answers = {answered("01AAAAAAAAAAAAAA"), answered("01BBBBBBBBBBBBBB")};
  s.answers[0].member.self = true;
  return s;
}

}  // namespace

TEST_CASE("status: one screen says who is there, what they hold and what their disks have left",
          "[cmd]") {
  const cluster_status s = two_nodes();
  const std::string screen =
      "2 of 2 members in service answered; 2 copies are made of everything\n"
      "24.7 k records and 3.0 MB in all copies, of 3 partitions, since 2026-11-20 14:00\n"
      "no partition lacks a copy; nothing waits to be consumed\n"
      "answers are complete\n"
      "\n"
      "NODE          STATE  ROLE         API            COPIES  WAITING  STORED       DISK\n"
      "01AAAAAAAA *  alive  ingeststore  10.0.0.1:7650  2       0        1.5 MB in 2  "
      "[#######...] 75 % of 2.0 GB, full in 2h0m\n"
      "01BBBBBBBB    alive  ingeststore  10.0.0.1:7650  2       0        1.5 MB in 2  "
      "[#######...] 75 % of 2.0 GB, full in 2h0m\n"
      "\n"
      "all is well\n";
  CHECK(status_screen(s) == screen);
  CHECK(attention_of(s).empty());
}

TEST_CASE("status: what all say is said once, what one says names it, and who is silent is named",
          "[cmd]") {
  cluster_status s = two_nodes();
  (*s.answers[0].said)["attention"] = json::array({"all see this", "I see this"});
  (*s.answers[1].said)["attention"] = json::array({"all see this"});
  s.members.push_back(member("01CCCCCCCCCCCCCC", "alive", 3));
  s.answers.emplace_back();
  s.answers.back().member = s.members.back();
  s.answers.back().failure = "no answer\x1b[2J";
  s.members.push_back(member("01DDDDDDDDDDDDDD", "dead"));
  const std::vector<std::string> expected{
      "all see this", "01AAAAAAAA: I see this", "01CCCCCCCC did not answer: no answer\\x1b[2J",
      "stores are set to different numbers of copies (2 to 2, 1 to 3): the largest is made"};
  CHECK(attention_of(s) == expected);
  const std::string screen = status_screen(s);
  CHECK(screen.find("! all see this\n") != screen.npos);
  CHECK(screen.find("01DDDDDDDD    dead ") != screen.npos);
  CHECK(screen.find('\x1b') == screen.npos);
  const auto j = status_json(s);
  CHECK(j["nodes"].size() == 2);
  CHECK(j["silent"].size() == 2);
  CHECK(j["attention"].size() == 4);
}

TEST_CASE("status: whom answers miss is said as the node sees it that sees the worst", "[cmd]") {
  cluster_status s = two_nodes();
  (*s.answers[0].said)["answers"] = {{"coverage", "degraded"}, {"missing", {"store A: dead"}}};
  CHECK(attention_of(s) == std::vector<std::string>{"answers miss store A: dead"});
  CHECK_THAT(status_screen(s), Catch::Contains("\nanswers are complete, from the copies"));
  (*s.answers[1].said)["answers"] = {{"coverage", "partial"}, {"missing", {"store\x1b: B", 7}}};
  CHECK(attention_of(s) == std::vector<std::string>{"answers miss store\\x1b: B"});
  CHECK_THAT(status_screen(s), Catch::Contains("\nanswers may lack records\n"));
}

TEST_CASE("status: a member that answers nonsense is shown as nothing, and breaks nothing",
          "[cmd]") {
  for (const char* said :
       {"{}", R"({"store":7,"disks":{"a":1},"ingest":[],"attention":"x","answers":[1]})",
        R"({"answers":{"coverage":"splendid","missing":{"a":1}}})",
        R"({"store":{"bytes":"many","oldest":5},"disks":[1,{"total":0},{"total":-1}],
            "attention":[1,{}]})"}) {
    cluster_status s = two_nodes();
    s.answers[0].said = json::parse(said);
    s.answers[1].said = json::parse(said);
    CHECK_FALSE(status_screen(s).empty());
    CHECK(attention_of(s).empty());
    (void)status_json(s);
  }
}

TEST_CASE("human: numbers at a glance", "[cmd]") {
  CHECK(bytes_text(0) == "0 B");
  CHECK(bytes_text(999) == "999 B");
  CHECK(bytes_text(1000) == "1.0 kB");
  CHECK(bytes_text(123'456'789) == "123 MB");
  CHECK(bytes_text(~0ULL) == "18.4 EB");
  CHECK(count_text(12'345) == "12.3 k");
  CHECK(count_text(7) == "7");
  CHECK(bar(0, 4) == "[....]");
  CHECK(bar(0.01, 4) == "[#...]");
  CHECK(bar(0.5, 4) == "[##..]");
  CHECK(bar(2, 4) == "[####]");
  CHECK(age_text(59) == "59s");
  CHECK(age_text(90'000) == "1d1h");
}
