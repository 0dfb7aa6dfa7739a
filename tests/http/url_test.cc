#include "oklog/http/url.h"

#include <catch2/catch.hpp>

using namespace oklog;
using namespace oklog::http;

TEST_CASE("url: decoding is strict about escapes", "[http]") {
  CHECK(*percent_decode("a%41%c3%a4+") == "aA\xc3\xa4+");
  CHECK(*form_decode("a+b%2B%00") == std::string("a b+\0", 5));
  for (const char* bad : {"%", "%4", "%4g", "%g4", "a%", "%%41", "%-1", "% 1"}) {
    INFO(bad);
    CHECK(percent_decode(bad).error().code == errc::invalid);
    CHECK(form_decode(bad).error().code == errc::invalid);
  }
}

TEST_CASE("url: what is encoded decodes to the same bytes", "[http]") {
  std::string all;
  for (int c = 0; c < 256; ++c) all.push_back(static_cast<char>(c));
  CHECK(*percent_decode(percent_encode(all)) == all);
  CHECK(*form_decode(percent_encode(all)) == all);
  const std::vector<parameter> parameters{{"q", all}, {"", "x"}, {"q", ""}};
  CHECK(*parse_query(format_query(parameters)) == parameters);
}

TEST_CASE("url: a query keeps order, repeats and empty values", "[http]") {
  const std::vector<parameter> expected{
      {"a", "1"}, {"b", ""}, {"a", "x y"}, {"c", "d=e"}, {"", "f"}};
  CHECK(*parse_query("a=1&b&&a=x+y&c=d=e&=f&") == expected);
  CHECK(parse_query("")->empty());
  CHECK(!parse_query("a=%zz"));
  CHECK(!parse_query("%=1"));
}

TEST_CASE("url: a target that two readers could understand differently is invalid", "[http]") {
  for (const char* bad :
       {"",      "x",      "*",    "http://h/", "//",      "//x",    "/a//b",   "/..",   "/../x",
        "/a/..", "/./a",   "/a/.", "/%2e%2e/x", "/%2E./x", "/a%2fb", "/a%2Fb",  "/a\\b", "/a%5cb",
        "/%00",  "/a%0ab", "/a#b", "/%7f",      "/a?b#c",  "/%",     "/?q=%g0", "/x/%2e"}) {
    INFO(bad);
    const auto got = parse_target(bad);
    REQUIRE(!got);
    CHECK(got.error().code == errc::invalid);
  }
  CHECK(parse_target("/")->path == "/");
  CHECK(parse_target("/ui/")->path == "/ui/");
  CHECK(parse_target("/a/..b/...")->path == "/a/..b/...");
  CHECK(parse_target("/a%20b?q=%00//..")->path == "/a b");
  CHECK(parse_target("/a?q=%00")->query[0].value == std::string(1, '\0'));
}

TEST_CASE("url: hosts, ports and brackets", "[http]") {
  const auto whole = parse_url("http://[::1]:7650/store/query?q=x");
  REQUIRE(whole);
  CHECK(whole->host == "::1");
  CHECK(whole->port == 7650);
  CHECK(whole->target == "/store/query?q=x");
  CHECK(whole->authority() == "[::1]:7650");
  CHECK(parse_url("http://a.example")->target == "/");
  CHECK(parse_url("HTTP://a.example?x=1")->target == "/?x=1");
  CHECK(parse_url("http://a.example:80/")->authority() == "a.example");
  for (const char* bad : {"", "a:80", "https://a/", "http://", "http:///x", "http://a:0/",
                          "http://a:65536/", "http://a:/", "http://a:8x/", "http://[::1/",
                          "http://u@a/", "http://a b/", "http://a/\r\nX: y", "http://a/ b"}) {
    INFO(bad);
    CHECK(!parse_url(bad));
  }
}
