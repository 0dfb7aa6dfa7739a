// The judge of answers: what it must find, and what it must let pass.
#include "oklog/history/answers.h"

#include <catch2/catch.hpp>

using namespace oklog;
using namespace oklog::history;
using namespace std::chrono_literals;

namespace {

ulid at(std::uint64_t ms, std::uint64_t seq = 1) {
  return ulid::make(ms, 7, seq);
}

// Three lines, sent once each to n0 at 1 s; the first two were kept, and have the ids of 1,001 and
// 1,002 ms.
struct case_book {
  ledger book;
  case_book() {
    for (std::uint64_t i = 0; i < 3; ++i) {
      book.add(1, "default", "what happened");
      book.sent(i, 0, 1000);
    }
    book.kept(0, promise::on_disk, 2s);
    book.kept(1, promise::on_disk, 2s);
  }
  std::string line(std::uint64_t number, std::uint64_t ms) const {
    return format(at(ms)) + " " + book[number].text + "\n";
  }
  result<> judge(const std::string& body, claim says = claim::complete, question q = {},
                 duration asked = 3s) {
    const auto lines = read_lines(body);
    if (!lines) return lines.error();
    const auto sound = check_sound(q, *lines, book);
    if (!sound) return sound;
    return check_complete(q, {says, 0}, asked, *lines, book);
  }
};

}  // namespace

TEST_CASE("answers: one that holds what was promised passes, with or without what was not (R10)",
          "[history]") {
  case_book c;
  CHECK(c.judge(c.line(0, 1001) + c.line(1, 1002)));
  CHECK(c.judge(c.line(0, 1001) + c.line(1, 1002) + c.line(2, 1003)));
}

TEST_CASE("answers: a promised line may be missing only where the answer says so (R10)",
          "[history]") {
  case_book c;
  CHECK_FALSE(c.judge(c.line(0, 1001)));
  CHECK(c.judge(c.line(0, 1001), claim::partial));
  CHECK(c.judge(c.line(0, 1001), claim::complete, {}, 1s));  // asked before it was promised
  c.book.release(1);
  CHECK(c.judge(c.line(0, 1001)));
}

TEST_CASE("answers: order, doubles, and what nobody sent are found whatever is claimed (R10)",
          "[history]") {
  case_book c;
  CHECK_FALSE(c.judge(c.line(1, 1002) + c.line(0, 1001), claim::partial));
  CHECK_FALSE(c.judge(c.line(0, 1001) + c.line(0, 1001), claim::partial));
  CHECK_FALSE(c.judge(c.line(0, 1001) + c.line(0, 1002), claim::partial));  // sent once
  CHECK_FALSE(c.judge(format(at(1)) + " 0000000 what happene\n", claim::partial));
  CHECK_FALSE(c.judge(format(at(1)) + " 0000009 what happened\n", claim::partial));
  CHECK_FALSE(c.judge(format(at(1)) + " 0000000", claim::partial));
}

TEST_CASE("answers: what an ingester has let go of must be found, acknowledged or not",
          "[history]") {
  case_book c;
  REQUIRE(c.book.committed(2, at(1003), 2s));
  CHECK_FALSE(c.judge(c.line(0, 1001) + c.line(1, 1002)));
  CHECK(c.judge(c.line(0, 1001) + c.line(1, 1002) + c.line(2, 1003)));
  CHECK_FALSE(c.book.committed(2, at(1004), 2s));  // one record more than it was sent times
}

TEST_CASE("answers: with a limit only what stands before its last line is owed", "[history]") {
  case_book c;
  question q;
  q.limit = 1;
  CHECK(c.judge(c.line(0, 1001) + c.line(1, 1002), claim::partial));  // teaches it the ids
  CHECK(c.judge(c.line(0, 1001), claim::complete, q));
  CHECK_FALSE(c.judge(c.line(1, 1002), claim::complete, q));
  CHECK_FALSE(c.judge("", claim::complete, q));
  q.descending = true;
  CHECK(c.judge(c.line(1, 1002), claim::complete, q));
  CHECK_FALSE(c.judge(c.line(0, 1001), claim::complete, q));
}

TEST_CASE("answers: a window owes what is known to lie in it", "[history]") {
  case_book c;
  question q;
  q.from = ulid::lowest(1002);
  CHECK(c.judge("", claim::complete, q));  // nobody has seen where they are
  CHECK(c.judge(c.line(0, 1001) + c.line(1, 1002), claim::partial));
  CHECK_FALSE(c.judge("", claim::complete, q));
  CHECK(c.judge(c.line(1, 1002), claim::complete, q));
  CHECK_FALSE(c.judge(c.line(0, 1001), claim::partial, q));
}

TEST_CASE("answers: a count lies between what was promised and what was sent", "[history]") {
  case_book c;
  const answer_claim full{claim::complete, 0};
  CHECK_FALSE(check_count({}, full, 3s, 1, c.book));
  CHECK(check_count({}, full, 3s, 2, c.book));
  CHECK(check_count({}, full, 3s, 3, c.book));
  CHECK_FALSE(check_count({}, full, 3s, 4, c.book));
  CHECK(check_count({}, {claim::partial, 0}, 3s, 0, c.book));
}

TEST_CASE("answers: a line in its context stands between its sender's", "[history]") {
  case_book c;
  const answer_claim full{claim::complete, 0};
  const auto judge = [&](const std::string& body) {
    const auto lines = read_lines(body);
    return lines ? check_context(full, 3s, 0, *lines, c.book) : result<>(lines.error());
  };
  CHECK(judge(c.line(0, 1001) + c.line(1, 1002)));
  CHECK_FALSE(judge(c.line(0, 1001)));
  c.book.add(2, "default", "elsewhere");
  c.book.sent(3, 0, 1000);
  CHECK_FALSE(judge(c.line(0, 1001) + c.line(1, 1002) + c.line(3, 1003)));
}

TEST_CASE(
    "answers: what an ingester's lost disk held must be said to be missing until it is forgotten",
    "[history]") {
  case_book c;
  c.book.lose(1);
  CHECK_FALSE(c.judge(c.line(0, 1001)));
  CHECK(c.judge(c.line(0, 1001), claim::partial));
  c.book.release_lost();
  CHECK(c.judge(c.line(0, 1001)));
}
