#include "oklog/store/consumer.h"

#include <catch2/catch.hpp>

#include "store/store_world.h"

using namespace oklog;
using namespace std::chrono_literals;
using in = consumer::in;
using out = consumer::out;
using test::MiB;

namespace {

claim c(const std::string& id) {
  return {"ingester", id};
}

// One word an output, so that a script reads like a transcript.
std::string word(const consumer::output& o) {
  struct visitor {
    std::string operator()(const out::wake_at&) { return "wake_at"; }
    std::string operator()(const out::claim_next&) { return "claim_next"; }
    std::string operator()(const out::fetch& f) { return "fetch " + f.what.id; }
    std::string operator()(const out::merge& m) {
      std::string s = "merge";
      for (const claim& x : m.claims) s += " " + x.id;
      return s;
    }
    std::string operator()(const out::replicate& r) {
      return "replicate " + r.piece + " " + r.store_id;
    }
    std::string operator()(const out::commit& x) {
      std::string s = "commit " + x.what.id;
      for (const std::string& id : x.store_ids) s += " " + id;
      return s;
    }
    std::string operator()(const out::fail_back& f) { return "fail_back " + f.what.id; }
    std::string operator()(const out::drained&) { return "drained"; }
  };
  return std::visit(visitor{}, o);
}

struct script {
  consumer machine{consumer_config{}};
  boot_time now{1h};

  std::vector<std::string> operator()(const consumer::input& i) {
    std::vector<std::string> words;
    for (const auto& o : machine.step(now, i)) words.push_back(word(o));
    return words;
  }
  void gather(const std::string& id, std::uint64_t raw = 1000, std::uint32_t shard = 0) {
    (*this)(in::claimed{c(id)});
    (*this)(in::fetched{c(id), shard, raw, hash128{1, 2}});
  }
};

using words = std::vector<std::string>;

}  // namespace

TEST_CASE("consumer: claims until the first claim has its age, merges, commits, goes on",
          "[store]") {
  script s;
  CHECK(s(in::wake{}) == words{"claim_next"});
  CHECK(s(in::claimed{c("a")}) == words{"fetch a"});
  CHECK(s(in::fetched{c("a"), 0, 1000, {}}) == words{"claim_next"});
  CHECK(s(in::nothing{}) == words{"wake_at"});
  s.now += 2s;
  CHECK(s(in::wake{}) == words{"claim_next"});
  CHECK(s(in::nothing{}) == words{"wake_at"});
  s.now += 1s;
  CHECK(s(in::wake{}) == words{"merge a"});
  CHECK(s(in::merged{{{"p", {0, 0}, {}, {"me"}}}, "me"}) == words{"commit a me"});
  CHECK(s(in::committed{c("a")}) == words{"claim_next"});
  CHECK(s.machine.claims() == 0);
}

TEST_CASE("consumer: enough bytes are merged at once", "[store]") {
  script s;
  s(in::wake{});
  s.gather("a", 30 * MiB);
  CHECK(s(in::claimed{c("b")}) == words{"fetch b"});
  CHECK(s(in::fetched{c("b"), 0, 30 * MiB, {}}) == words{"merge a b"});
}

TEST_CASE("consumer: a segment that is claimed again, as its lease ran out, is merged once",
          "[store]") {
  script s;
  s(in::wake{});
  s.gather("a");
  s.gather("b");
  CHECK(s(in::claimed{c("a")}) == words{"fetch a"});
  SECTION("it is read again") {
    CHECK(s(in::fetched{c("a"), 0, 1000, hash128{1, 2}}) == words{"claim_next"});
    CHECK(s.machine.claims() == 2);
    s(in::nothing{});
    s.now += 3s;
    CHECK(s(in::wake{}) == words{"merge a b"});
  }
  SECTION("it cannot be read any more") {
    CHECK(s(in::fetch_failed{c("a")}) == words{"fail_back a", "merge b"});
    CHECK(s.machine.claims() == 1);
  }
}

TEST_CASE("K6, K10: a claim of another shard, or one too many, waits for the next merge",
          "[store]") {
  const bool other_shard = GENERATE(true, false);
  script s;
  s(in::wake{});
  s.gather("a", 31 * MiB);
  s(in::claimed{c("b")});
  const in::fetched b{c("b"), other_shard ? 1U : 0U, other_shard ? 1 * MiB : 34 * MiB, {}};
  CHECK(s(b) == words{"merge a"});
  CHECK(s.machine.claims() == 2);
  CHECK(s(in::merged{{}, "me"}) == words{"commit a me"});
  const words next = s(in::committed{c("a")});
  CHECK(next == (other_shard ? words{"claim_next"} : words{"merge b"}));
  CHECK(s.machine.claims() == 1);
}

TEST_CASE("K8: nothing is committed before every piece has its whole write set", "[store]") {
  script s;
  s(in::wake{});
  s.gather("a", 40 * MiB);
  const std::vector<piece> pieces{{"p", {0, 0}, {}, {"me", "B"}}, {"q", {1, 0}, {}, {"me", "C"}}};
  CHECK(s(in::merged{pieces, "me"}) == words{"replicate p B", "replicate q C"});
  CHECK(s(in::replicated{"p", "B"}).empty());
  CHECK(s(in::replicated{"p", "B"}).empty());
  CHECK(s(in::replicated{"q", "B"}).empty());
  CHECK(s(in::replicated{"q", "C"}) == words{"commit a me B C"});
}

TEST_CASE("consumer: a failure at any step fails every claim back and pauses", "[store]") {
  script s;
  s(in::wake{});
  SECTION("fetch") {
    s(in::claimed{c("a")});
    CHECK(s(in::fetch_failed{c("a")}) == words{"fail_back a", "wake_at"});
  }
  SECTION("fetch of a later one: the others are merged") {
    s.gather("a");
    s(in::claimed{c("b")});
    CHECK(s(in::fetch_failed{c("b")}) == words{"fail_back b", "merge a"});
    CHECK(s(in::merge_failed{}) == words{"fail_back a", "wake_at"});
  }
  SECTION("merge") {
    s.gather("a", 40 * MiB);
    CHECK(s(in::merge_failed{}) == words{"fail_back a", "wake_at"});
  }
  SECTION("merge, with one held over") {
    s.gather("a");
    s(in::claimed{c("b")});
    s(in::fetched{c("b"), 1, 10, {}});
    CHECK(s(in::merge_failed{}) == words{"fail_back a", "fail_back b", "wake_at"});
  }
  SECTION("replicate") {
    s.gather("a", 40 * MiB);
    s(in::merged{{{"p", {0, 0}, {}, {"me", "B"}}}, "me"});
    CHECK(s(in::replicate_failed{"p", "B"}) == words{"fail_back a", "wake_at"});
  }
  SECTION("commit") {
    s.gather("a", 40 * MiB);
    s(in::merged{{}, "me"});
    CHECK(s(in::commit_failed{c("a")}) == words{"fail_back a", "wake_at"});
  }
  CHECK(s.machine.claims() == 0);
  s.now += 5s;
  CHECK(s(in::wake{}) == words{"claim_next"});
}

TEST_CASE("consumer: late and foreign answers change nothing", "[store]") {
  script s;
  s(in::wake{});
  CHECK(s(in::fetched{c("z"), 0, 10, {}}).empty());
  CHECK(s(in::merged{{}, "me"}).empty());
  CHECK(s(in::committed{c("z")}).empty());
  CHECK(s(in::replicated{"p", "B"}).empty());
  CHECK(s(in::claimed{c("a")}) == words{"fetch a"});
  CHECK(s(in::claimed{c("b")}) == words{"fail_back b"});
  CHECK(s.machine.claims() == 1);
}

TEST_CASE("consumer: a drain hands over all there is, then ends", "[store]") {
  script s;
  s(in::wake{});
  s.gather("a");
  s(in::nothing{});
  CHECK(s(in::drain{}) == words{"claim_next"});
  CHECK(s(in::nothing{}) == words{"merge a"});
  CHECK(s(in::merged{{}, "me"}) == words{"commit a me"});
  CHECK(s(in::committed{c("a")}) == words{"claim_next"});
  CHECK(s(in::nothing{}) == words{"drained"});
  CHECK(s(in::wake{}).empty());
}

TEST_CASE("consumer: every order of failures keeps each claim until it is answered for",
          "[store]") {
  // A claim leaves the machine as a commit or a fail_back, exactly once, whatever happens.
  for (unsigned seed = 0; seed < 4000; ++seed) {
    consumer machine{consumer_config{}};
    boot_time now{1h};
    unsigned dice = seed * 2654435761U + 1;
    const auto roll = [&](unsigned n) {
      dice = dice * 1664525U + 1013904223U;
      return (dice >> 16) % n;
    };
    std::map<std::string, int> handed;
    std::map<std::string, int> ended;
    int names = 0;
    std::vector<consumer::output> todo = machine.step(now, in::wake{});
    for (int i = 0; i < 200 && !todo.empty(); ++i) {
      const consumer::output o = todo.front();
      todo.erase(todo.begin());
      std::optional<consumer::input> answer;
      if (std::get_if<out::wake_at>(&o)) {
        now += 1s;
        answer = in::wake{};
      } else if (std::get_if<out::claim_next>(&o)) {
        const claim next = c(std::to_string(++names));
        if (roll(3) != 0) handed[next.id] = 1;
        answer = handed.count(next.id) != 0 ? consumer::input(in::claimed{next}) : in::nothing{};
      } else if (const auto* f = std::get_if<out::fetch>(&o)) {
        answer = roll(5) == 0 ? consumer::input(in::fetch_failed{f->what})
                              : in::fetched{f->what, roll(2), roll(40) * MiB, {}};
      } else if (std::get_if<out::merge>(&o)) {
        answer = roll(4) == 0 ? consumer::input(in::merge_failed{})
                              : in::merged{{{"p", {0, 0}, {}, {"me", "B"}}}, "me"};
      } else if (const auto* r = std::get_if<out::replicate>(&o)) {
        answer = roll(4) == 0 ? consumer::input(in::replicate_failed{r->piece, r->store_id})
                              : in::replicated{r->piece, r->store_id};
      } else if (const auto* x = std::get_if<out::commit>(&o)) {
        const bool refused = roll(4) == 0;
        if (!refused) ++ended[x->what.id];
        answer = refused ? consumer::input(in::commit_failed{x->what}) : in::committed{x->what};
      } else if (const auto* b = std::get_if<out::fail_back>(&o)) {
        ++ended[b->what.id];
      }
      if (!answer) continue;
      for (auto& more : machine.step(now, *answer)) todo.push_back(more);
    }
    std::size_t open = 0;
    for (const auto& [id, n] : handed) {
      CHECK(ended[id] <= 1);
      open += ended[id] == 0 ? 1 : 0;
    }
    CHECK(open >= machine.claims());
    CHECK(open <= machine.claims() + todo.size());
  }
}
