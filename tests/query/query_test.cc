#include "oklog/query/query.h"

#include <catch2/catch.hpp>

using namespace oklog;

namespace {

const wall_time now = from_unix_ms(1'795'000'000'123);
constexpr std::uint64_t now_ms = 1'795'000'000'123;
constexpr std::uint64_t hour_ms = 3'600'000;
const std::string some_ulid = "01KAHWM5VJ0000000000000001";

result<query> parse(const parameters& params) {
  return parse_query(params, now);
}

query must(const parameters& params) {
  auto q = parse(params);
  REQUIRE(q);
  return *q;
}

std::string error_of(const parameters& params) {
  auto q = parse(params);
  REQUIRE(!q);
  CHECK(q.error().code == errc::invalid);
  for (const char c : q.error().what) CHECK(static_cast<unsigned char>(c) >= 0x20);
  return q.error().what;
}

bool says(const std::string& text, const std::string& part) {
  INFO(text);
  return text.find(part) != std::string::npos;
}

std::string header(const query& q, const std::string& name) {
  for (const auto& [key, value] : response_headers(q, {}, {}, std::chrono::microseconds(644))) {
    if (key == name) return value;
  }
  return "(absent)";
}

}  // namespace

TEST_CASE("query: without parameters it is everything of the last hour", "[query]") {
  const query q = must({});
  CHECK(q.from == ulid::lowest(now_ms - hour_ms));
  CHECK(q.to == ulid::highest(now_ms));
  CHECK(q.match->everything());
  CHECK_FALSE(q.regex);
  CHECK_FALSE(q.count_only);
  CHECK(q.topics.empty());
  CHECK(q.format == output_format::text);
  CHECK(q.window == std::chrono::seconds(3));
}

TEST_CASE("query: the forms of from and to", "[query]") {
  struct row {
    std::string text;
    std::uint64_t ms;
  };
  const row rows[] = {
      {"now", now_ms},
      {"5m", now_ms - 300'000},
      {"-5m", now_ms - 300'000},
      {"1h30m", now_ms - 5'400'000},
      {"0", now_ms},
      {"1d", now_ms - 24 * hour_ms},
      {"2026-11-18T15:33:20Z", 1'795'016'000'000},
      {"2026-11-18T16:33:20.25+01:00", 1'795'016'000'250},
      {"2026-11-18T15:33:20.123999Z", 1'795'016'000'123},
      {"1970-01-01T00:00:00Z", 0},
      {"2500000h", 0},  // before 1970
  };
  for (const row& r : rows) {
    INFO(r.text);
    auto from = parse_from(r.text, now);
    auto to = parse_to(r.text, now);
    REQUIRE(from);
    REQUIRE(to);
    CHECK(*from == ulid::lowest(r.ms));
    CHECK(*to == ulid::highest(r.ms));
  }
}

TEST_CASE("query: a ULID is a bound as a whole, in either case", "[query]") {
  const ulid id = *parse_ulid(some_ulid);
  std::string lower = some_ulid;
  for (char& c : lower) c = static_cast<char>(std::tolower(c));
  const query q = must({{"from", some_ulid}, {"to", lower}});
  CHECK(q.from == id);
  CHECK(q.to == id);
}

TEST_CASE("query: bounds that are refused, each with a reason", "[query]") {
  const std::string go = "parsing 'from': ";
  CHECK(says(error_of({{"from", "bogus"}}),
             "parsing 'from': bogus: can't parse as ULID or RFC3339 time"));
  CHECK(says(error_of({{"to", "bogus"}}),
             "parsing 'to': bogus: can't parse as ULID or RFC3339 time"));
  CHECK(says(error_of({{"from", ""}}), go + ": can't parse"));
  CHECK(says(error_of({{"from", some_ulid.substr(1)}}), "26 characters, not 25"));
  CHECK(says(error_of({{"from", some_ulid + "0"}}), "26 characters, not 27"));
  CHECK(says(error_of({{"from", "8ZZZZZZZZZZZZZZZZZZZZZZZZZ"}}), "digit from 0 to 7"));
  CHECK(says(error_of({{"from", "01KAHWM5VJ000000000000000U"}}), "without I, L, O, U"));
  CHECK(says(error_of({{"from", "0000-01-01T00:00:00Z"}}), "years 1970 to 2261"));
  CHECK(says(error_of({{"from", "NaN"}}), go + "NaN"));
  CHECK(says(error_of({{"from", "1e400s"}}), go));
  CHECK(says(error_of({{"from", "99999999999999999999h"}}), go));
  CHECK(says(error_of({{"from", "2026-11-18T16:33:20 01:00"}}), "%2B"));
  CHECK(says(error_of({{"from", "\x1b]0;x\x07\nX-Evil: 1"}}), "\\x1b]0;x\\x07\\x0aX-Evil"));
  CHECK(error_of({{"from", std::string(1024 * 1024, 'x')}}).size() < 1000);
}

TEST_CASE("query: from after to is refused, from equal to is fine", "[query]") {
  CHECK(says(error_of({{"from", "1m"}, {"to", "2m"}}), "'from'"));
  CHECK(says(error_of({{"to", "2h"}}), "later than 'to'"));
  const query q = must({{"from", "2m"}, {"to", "2m"}});
  CHECK(q.from < q.to);
  CHECK(q.from.ms() == q.to.ms());
}

TEST_CASE("query: regex and count are yes where present, but not where they say no", "[query]") {
  for (const char* no : {"false", "0", "no", "False", "NO"}) {
    INFO(no);
    CHECK_FALSE(must({{"regex", no}, {"count", no}}).regex);
    CHECK_FALSE(must({{"count", no}}).count_only);
    CHECK(must({{"q", "("}, {"regex", no}}).match->matches("a(b"));
  }
  for (const char* yes : {"", "true", "1", "yes", "on"}) {
    INFO(yes);
    CHECK(must({{"regex", yes}}).regex);
    CHECK(must({{"count", yes}}).count_only);
  }
}

TEST_CASE("query: topics repeat, are sorted, and must be names", "[query]") {
  const query q = must({{"topic", "web"}, {"topic", "api-2"}, {"topic", "web"}});
  CHECK(q.topics == std::vector<std::string>{"api-2", "web"});
  CHECK(q.wants_topic("web"));
  CHECK_FALSE(q.wants_topic("default"));
  CHECK(must({}).wants_topic("default"));
  for (const std::string bad : {"", "a b", "-x", "../x", "a\nb"}) {
    CHECK(says(error_of({{"topic", bad}}), "parsing 'topic'"));
  }
}

TEST_CASE("query: format and continuation know their values", "[query]") {
  CHECK(must({{"format", "json"}}).format == output_format::json);
  CHECK(must({{"format", "text"}}).format == output_format::text);
  CHECK(says(error_of({{"format", "xml"}}), "parsing 'format': xml"));
  CHECK(must({{"continuation", "mark"}}).mark_continuations);
  CHECK(says(error_of({{"continuation", "x"}}), "parsing 'continuation'"));
}

TEST_CASE("query: window is Go's: what cannot be read is 3 s, the least is 100 ms", "[query]") {
  using namespace std::chrono_literals;
  CHECK(must({{"window", "10s"}}).window == 10s);
  CHECK(must({{"window", "1ms"}}).window == 100ms);
  CHECK(must({{"window", "-5s"}}).window == 100ms);
  CHECK(must({{"window", "bogus"}}).window == 3s);
  CHECK(must({{"window", ""}}).window == 3s);
}

TEST_CASE("query: each q counts, unknown parameters are ignored", "[query]") {
  const query q = must({{"q", "a"}, {"x", "y"}, {"q", "b"}});
  CHECK(q.patterns == std::vector<std::string>{"a", "b"});
}

TEST_CASE("query: q may hold any bytes but has a limit", "[query]") {
  using namespace std::string_literals;
  CHECK(must({{"q", "a\0b"s}}).match->matches("xa\0bx"s));
  CHECK(must({{"q", "\xff"}}).match->matches("\xff"));
  CHECK(says(error_of({{"q", std::string(1024 * 1024, 'a')}}), "at most 65536"));
  CHECK(says(error_of({{"q", "\xff"}, {"regex", "1"}}), "invalid UTF-8"));
  CHECK(says(error_of({{"q", "("}, {"regex", "true"}}),
             "compiling regex: error parsing regexp: missing closing ): `(`"));
}

TEST_CASE("query: the headers that Go's client needs", "[query]") {
  const query q = must({{"from", "2026-11-18T15:33:20Z"},
                        {"to", "2026-11-18T16:33:20.5Z"},
                        {"q", "a b\r\nX: \xff%"},
                        {"regex", "no"}});
  CHECK(header(q, "X-Oklog-From") == "2026-11-18T15:33:20.000Z");
  CHECK(header(q, "X-Oklog-To") == "2026-11-18T16:33:20.500Z");
  CHECK(header(q, "X-Oklog-Regex") == "false");
  CHECK(header(q, "X-Oklog-Nodes-Queried") == "0");
  CHECK(header(q, "X-Oklog-Segments-Queried") == "0");
  CHECK(header(q, "X-Oklog-Error-Count") == "0");
  CHECK(header(q, "X-Oklog-Max-Data-Set-Size") == "0");
  CHECK(header(q, "X-Oklog-Duration") == "644µs");
  CHECK(header(q, "X-Oklog-Coverage") == "full");
  CHECK(header(q, "X-Oklog-Q") == "a%20b%0D%0AX%3A%20%FF%25");
}

TEST_CASE("query: no header is long, and no time is one that Go cannot read", "[query]") {
  query q = must({{"q", std::string(2000, '%')}});
  CHECK(header(q, "X-Oklog-Q") == "(absent)");
  q.to = ulid_max;
  CHECK(header(q, "X-Oklog-To") == "7ZZZZZZZZZZZZZZZZZZZZZZZZZ");
}

TEST_CASE("query: a last line about coverage is asked for, and only JSON has room for it",
          "[query]") {
  CHECK_FALSE(must({{"format", "json"}}).summary_line);
  CHECK(must({{"format", "json"}, {"summary", "true"}}).summary_line);
  CHECK_FALSE(must({{"format", "json"}, {"summary", "false"}}).summary_line);
  CHECK_FALSE(must({{"summary", "true"}}).summary_line);
}
