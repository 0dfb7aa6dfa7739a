// The whole path on one node: a line goes in, and comes back from a query.
#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <regex>
#include <set>

#include "node/one_node.h"

using namespace oklog;
using namespace oklog::node_test;
using namespace std::chrono_literals;

namespace {

using lines = std::vector<std::string>;

// Bytes that some store once lost or changed.
lines awkward_lines() {
  lines all{"plain",
            "100% done %d %s%n",
            "a carriage return\r",
            "\r",
            "",
            " leading and trailing ",
            std::string("nul \0 inside", 12),
            "\xff\xfe not UTF-8 \xc3",
            "h\xc3\xa9llo",
            "\x1b[31mred\x1b[0m",
            "</script><img onerror=x>",
            "tab\there"};
  all.push_back(std::string(64 * 1024 - 1, 'a'));
  all.push_back(std::string(64 * 1024, 'b'));
  all.push_back(std::string(64 * 1024 + 1, 'c'));
  all.push_back(std::string(300 * 1024, 'd'));
  return all;
}

lines sorted(lines all) {
  std::sort(all.begin(), all.end());
  return all;
}

// A line that was split is marked in the answer, and whole again when joined.
lines joined_continuations(const std::vector<found>& records) {
  lines out;
  for (const found& f : records) {
    if (f.continuation) {
      out.back() += f.line;
    } else {
      out.push_back(f.line);
    }
  }
  return out;
}

}  // namespace

TEST_CASE("D2: every byte of a line comes back, from memory, from the queue and from the store",
          "[node]") {
  one_node n;
  REQUIRE(n.start());
  const lines all = awkward_lines();
  REQUIRE(n.send(n.fast(), joined(all)));
  CHECK(n.lines() == all);
  n.consume_everything();
  CHECK(n.lines() == all);
  CHECK(n.stop() == 0);
  REQUIRE(n.start());
  CHECK(n.lines() == all);
}

TEST_CASE("D3: forward passes every byte on, long lines and a last one without line feed too",
          "[node]") {
  one_node n;
  REQUIRE(n.start());
  lines all = awkward_lines();
  all.push_back("the last has no line feed");
  std::string input = joined(all);
  input.pop_back();
  const auto f = n.forward(input);
  REQUIRE(n.world.run_until([&] { return f->code.has_value(); }, 1min));
  CHECK(f->code == 0);
  CHECK(n.lines() == all);
}

TEST_CASE("D4: a line of 10 MiB is split, marked, and whole again when joined", "[node]") {
  one_node n;
  REQUIRE(n.start());
  std::string big(10 * 1024 * 1024, 'x');
  for (std::size_t i = 0; i < big.size(); i += 997) big[i] = static_cast<char>('a' + i % 26);
  const auto f = n.forward("before\n" + big + "\nafter\n");
  REQUIRE(n.world.run_until([&] { return f->code.has_value(); }, 5min));
  CHECK(f->code == 0);
  const lines whole{"before", big, "after"};
  CHECK((joined_continuations(n.records("continuation=mark")) == whole));
  n.consume_everything();
  CHECK((joined_continuations(n.records("continuation=mark")) == whole));
  std::string text;
  for (const std::string& l : n.lines()) text += l;
  CHECK((text == "before" + big + "after"));
}

TEST_CASE("query: a record is found as soon as it has been received, before any flush", "[node]") {
  one_node n;
  n.config.in.flush_age = 1h;
  REQUIRE(n.start());
  const auto s = n.connect(n.fast());
  for (int i = 1; i <= 20; ++i) {
    n.write(*s, "line " + std::to_string(i) + "\n");
    n.world.run_for(2ms);  // the network's own time
    REQUIRE(n.lines().size() == static_cast<std::size_t>(i));
  }
  CHECK(n.lines("q=line+17") == lines{"line 17"});
}

TEST_CASE("query: a record is found exactly once while it goes from ingester to store", "[node]") {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    one_node n(seed);
    n.config.in.flush_age = 500ms;
    n.config.st.target_age = 1s;
    n.host.set_pool_delay(1ms, 40ms);
    REQUIRE(n.start());
    lines all;
    for (int i = 0; i < 100; ++i) {
      all.push_back("seed " + std::to_string(seed) + " line " + std::to_string(i));
      if (i % 5 == 0) REQUIRE(n.send(n.fast(), all.back() + "\n"));
      if (i % 5 != 0) REQUIRE(n.send(n.durable(), all.back() + "\n"));
      const auto found = n.lines();
      REQUIRE(found == all);
      n.world.run_for(std::chrono::milliseconds(n.world.random().below(200)));
    }
    n.consume_everything();
    CHECK(n.lines() == all);
    CHECK(n.number("oklog_store_consumed_segments_total") > 3);
  }
}

TEST_CASE("query: the answer is that of plain matching on the same lines", "[node]") {
  one_node n;
  REQUIRE(n.start());
  lines all;
  for (int i = 0; i < 500; ++i) {
    all.push_back("req " + std::to_string(i) + (i % 7 == 0 ? " failed" : " ok") +
                  (i % 11 == 0 ? " end" : ""));
  }
  REQUIRE(n.send(n.fast(), joined(all)));
  const auto compare = [&](const std::string& parameters, const auto& matches) {
    lines expected;
    std::copy_if(all.begin(), all.end(), std::back_inserter(expected), matches);
    INFO(parameters);
    REQUIRE(!expected.empty());
    CHECK(n.lines(parameters) == expected);
    CHECK(n.get(query_target(parameters + "&count")).body ==
          std::to_string(expected.size()) + "\n");
  };
  const auto contains = [](std::string part) {
    return [part](const std::string& l) { return l.find(part) != std::string::npos; };
  };
  const auto regex = [](std::string pattern) {
    return [re = std::regex(pattern)](const std::string& l) { return std::regex_search(l, re); };
  };
  for (int round = 0; round < 2; ++round) {
    compare("q=failed", contains("failed"));
    compare("q=req+4", contains("req 4"));
    compare("q=req+1.*end&regex=true", regex("req 1.*end"));
    compare("q=%5Ereq+%5B0-9%5D%7B2%7D+&regex=true", regex("^req [0-9]{2} "));
    compare("q=end%24&regex=true", regex("end$"));
    compare("q=%5Ereq+1%5B0-9%5D*+ok%24&regex", regex("^req 1[0-9]* ok$"));
    CHECK(n.lines("q=.*&regex=false").empty());
    n.consume_everything();
  }
}

TEST_CASE("query: from and to are inclusive and cut by time", "[node]") {
  one_node n;
  REQUIRE(n.start());
  for (int i = 0; i < 10; ++i) {
    REQUIRE(n.send(n.fast(), "line " + std::to_string(i) + "\n"));
    n.world.run_for(1s);
  }
  const auto all = n.records();
  REQUIRE(all.size() == 10);
  const answer some = n.get("/store/query?from=" + all[3].id + "&to=" + all[6].id);
  CHECK(lines_of(parse_records(some.body)) == lines{"line 3", "line 4", "line 5", "line 6"});
  CHECK(parse_records(n.get("/store/query?from=10m&to=now").body).size() == 10);
  CHECK(parse_records(n.get("/store/query?from=10m&to=5m").body).empty());
  CHECK(parse_records(n.get("/store/query?from=5500ms").body).size() == 5);
}

TEST_CASE(
    "ingest: a dynamic topic leaves the line; without a valid one the line goes whole to "
    "the static topic",
    "[node]") {
  one_node n;
  n.config.in.mode = node::topic_mode::dynamic;
  n.config.in.topic = "rest";
  REQUIRE(n.start());
  REQUIRE(n.send(n.fast(), "web one\ndb two\n-bad three\nweb four\n\nlonely\n"));
  for (int round = 0; round < 2; ++round) {
    CHECK(n.lines("topic=web") == lines{"one", "four"});
    CHECK(n.lines("topic=db") == lines{"two"});
    CHECK(n.lines("topic=web&topic=db") == lines{"one", "two", "four"});
    CHECK(sorted(n.lines("topic=rest")).front().empty());
    CHECK(n.lines("topic=rest").size() >= 2);
    CHECK(n.lines("q=%5Eone&regex") == lines{"one"});
    CHECK(n.lines().size() == 6);
    n.consume_everything();
  }
  CHECK(n.number("oklog_ingest_lines_without_topic_total") >= 2);
}

TEST_CASE("D6: lines of many connections keep their bytes", "[node]") {
  std::size_t ok = 0;
  one_node n;
  n.config.in.topic = "a";
  REQUIRE(n.start());
  const std::string letters = "WXYZ";
  const auto sender = [](one_node& to, char letter, std::size_t& done) -> awaitable<void> {
    std::string bytes;
    for (int i = 0; i < 5000; ++i) bytes += std::string(4, letter) + "\n";
    const auto sent = co_await to.sending(to.fast(), std::move(bytes));
    if (sent) ++done;
  };
  for (const char c : letters) n.tasks.spawn(sender(n, c, ok));
  REQUIRE(n.world.run_until([&] { return ok == letters.size(); }, 1min));
  std::map<std::string, int> count;
  for (const std::string& l : n.lines()) ++count[l];
  CHECK(count.size() == letters.size());
  for (const char c : letters) CHECK(count[std::string(4, c)] == 5000);
}

TEST_CASE("forward: each line gets its prefixes", "[node]") {
  one_node n;
  REQUIRE(n.start());
  const auto f = n.forward("one\n\ntwo", true, "tcp://node:7652", "host1 app ");
  REQUIRE(n.world.run_until([&] { return f->code.has_value(); }, 1min));
  CHECK(f->code == 0);
  CHECK(n.lines() == lines{"host1 app one", "host1 app ", "host1 app two"});
}

TEST_CASE("sim: the same seed gives the same run", "[node]") {
  const auto play = [](std::uint64_t seed) {
    one_node n(seed);
    REQUIRE(n.start());
    for (int i = 0; i < 10; ++i) REQUIRE(n.send(n.durable(), "x " + std::to_string(i) + "\n"));
    const auto f = n.forward("a\nb\nc\n");
    n.world.run_for(20s);
    CHECK(n.lines().size() == 13);
    CHECK(n.stop() == 0);
    return n.world.trace_hash();
  };
  CHECK(play(5) == play(5));
  CHECK(play(5) != play(6));
}
