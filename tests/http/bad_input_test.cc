// Bad requests: each row is sent whole and byte by byte, and answered alike.
#include <catch2/catch.hpp>
#include <vector>

#include "http/served.h"

using namespace oklog;
using namespace oklog::http;
using namespace std::chrono_literals;

namespace {

struct row {
  std::string what;
  std::string raw;
  unsigned status;
};

std::string post(const std::string& path, const std::string& headers, const std::string& body) {
  return "POST " + path + " HTTP/1.1\r\nHost: server\r\nConnection: close\r\n" + headers + "\r\n" +
         body;
}
std::string nul(std::string text) {
  std::replace(text.begin(), text.end(), '@', '\0');
  return text;
}

// Nothing that a client sent comes back to it.
void check_answer(const reply& r, const row& expected) {
  INFO(expected.what);
  INFO(r.text);
  CHECK(r.status() == expected.status);
  CHECK(!r.reset);
  CHECK(!r.has("EVIL"));
  CHECK(r.has("X-Content-Type-Options: nosniff\r\n"));
  if (expected.status < 400) return;
  CHECK(r.has("Content-Type: text/plain; charset=utf-8\r\n"));
  CHECK(r.text.back() == '\n');
  CHECK(r.took < 60s);
}

void check_rows(const std::vector<row>& rows, const server_limits& limits = {}) {
  for (const std::size_t segment : {1U << 20, 1U}) {
    served at(limits);
    at.world.net().set_segment_max(segment);
    for (const row& r : rows) {
      if (segment == 1 && r.raw.size() > 4096) continue;
      at.s.calls = 0;
      check_answer(at.ask(r.raw), r);
      CHECK(at.s.calls == (r.status == 200 ? 1 : 0));
    }
    CHECK(at.ask(get("/hello")).status() == 200);  // alive
  }
}

}  // namespace

TEST_CASE("http server: an unknown path or method is 404 or 405, without an echo", "[http]") {
  check_rows(
      {{"unknown path", get("/EVIL"), 404},
       {"part of a path", get("/hell"), 404},
       {"more than a path", get("/hello/EVIL"), 404},
       {"root", get("/"), 404},
       {"a prefix's own path", get("/ui/"), 200},
       {"below a prefix", get("/ui/x/y"), 200},
       {"the prefix without its slash", get("/ui"), 404},
       {"wrong method", get("/echo"), 405},
       {"DELETE", "DELETE /hello HTTP/1.1\r\nHost: server\r\nConnection: close\r\n\r\n", 405},
       {"EVIL", "EVIL /hello HTTP/1.1\r\nHost: server\r\n\r\n", 405},
       {"TRACE", "TRACE /hello HTTP/1.1\r\nHost: server\r\n\r\n", 405},
       {"CONNECT", "CONNECT server:80 HTTP/1.1\r\nHost: server\r\n\r\n", 405},
       {"lower case", "get /hello HTTP/1.1\r\nHost: server\r\n\r\n", 405}});
  served at;
  CHECK(at.ask(get("/echo")).has("Allow: POST\r\n"));
  CHECK(at.ask(post("/hello", "Content-Length: 1\r\n", "x")).has("Allow: GET, HEAD\r\n"));
}

TEST_CASE("http server: headers of 1 MiB, 10,000 headers, a URL of 64 KiB: 431 and 414", "[http]") {
  std::string many;
  for (int i = 0; i < 10000; ++i) many += "a:b\r\n";
  std::string hundred_and_one;
  for (int i = 0; i < 99; ++i) hundred_and_one += "a:b\r\n";
  check_rows({{"1 MiB", get("/hello", "X: " + std::string(1 << 20, 'a') + "\r\n"), 431},
              {"10k", get("/hello", many), 431},
              {"101", get("/hello", hundred_and_one), 431},
              {"64 KiB URL", get("/hello?q=" + std::string(64 << 10, 'a')), 414},
              {"8 KiB + 1", get("/hello?q=" + std::string((8 << 10) - 8, 'a')), 414},
              {"8 KiB", get("/hello?q=" + std::string((8 << 10) - 9, 'a')), 200}});
}

TEST_CASE("http server: TE+CL, two lengths, bare LF and their like are 400", "[http]") {
  const std::string chunked = "Transfer-Encoding: chunked\r\n";
  const std::string five = "Content-Length: 5\r\n";
  check_rows(
      {{"TE+CL", post("/echo", five + chunked, "0\r\n\r\n"), 400},
       {"CL+TE", post("/echo", chunked + five, "0\r\n\r\n"), 400},
       {"equal lengths", post("/echo", five + five, "hello"), 400},
       {"other lengths", post("/echo", five + "Content-Length: 6\r\n", "hello"), 400},
       {"list of lengths", post("/echo", "Content-Length: 5, 5\r\n", "hello"), 400},
       {"+5", post("/echo", "Content-Length: +5\r\n", "hello"), 400},
       {"-1", post("/echo", "Content-Length: -1\r\n", "hello"), 400},
       {"2^64", post("/echo", "Content-Length: 18446744073709551616\r\n", "hello"), 400},
       {"empty length", post("/echo", "Content-Length:\r\n", "hello"), 400},
       {"other coding", post("/echo", "Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n"), 400},
       {"two codings", post("/echo", chunked + chunked, "0\r\n\r\n"), 400},
       {"identity", post("/echo", "Transfer-Encoding: identity\r\n", ""), 400},
       {"TE in 1.0", "POST /echo HTTP/1.0\r\n" + chunked + "\r\n0\r\n\r\n", 400},
       {"bare LF", "GET /hello HTTP/1.1\nHost: server\n\n", 400},
       {"one bare LF", "GET /hello HTTP/1.1\r\nHost: server\n\r\n", 400},
       {"bare CR", "GET /hello HTTP/1.1\r\nHost: ser\rver\r\n\r\n", 400},
       {"CR CR LF", "GET /hello HTTP/1.1\r\r\nHost: server\r\n\r\n", 400},
       {"NUL", nul("GET /hello HTTP/1.1\r\nHost: server\r\nX: a@b\r\n\r\n"), 400},
       {"NUL in the path", nul("GET /hel@lo HTTP/1.1\r\nHost: server\r\n\r\n"), 400},
       {"control byte", get("/hello", "X: a\x01\r\n"), 400},
       {"obs-fold", get("/hello", "X: a\r\n b\r\n"), 400},
       {"fold by a tab", get("/hello", "X: a\r\n\tb\r\n"), 400},
       {"space before colon", get("/hello", "X : a\r\n"), 400},
       {"no colon", get("/hello", "EVIL\r\n"), 400},
       {"no name", get("/hello", ": EVIL\r\n"), 400},
       {"no Host", "GET /hello HTTP/1.1\r\n\r\n", 400},
       {"two Hosts", get("/hello", "Host: server\r\n"), 400},
       {"wrong Host", "GET /hello HTTP/1.1\r\nHost: a/EVIL\r\n\r\n", 400},
       {"no version", "GET /hello\r\nHost: server\r\n\r\n", 400},
       {"two spaces", "GET  /hello HTTP/1.1\r\nHost: server\r\n\r\n", 400},
       {"HTTP/2.0", "GET /hello HTTP/2.0\r\nHost: server\r\n\r\n", 505},
       {"HTTP/1.2", "GET /hello HTTP/1.2\r\nHost: server\r\n\r\n", 505},
       {"HTP/1.1", "GET /hello HTP/1.1\r\nHost: server\r\n\r\n", 400},
       {"TLS", nul("\x16\x03\x01@\xa5\x01@@\xa1\x03\x03"), 400},
       {"only empty lines", "\r\n\r\n\r\n", 400}});
}

TEST_CASE("http server: %2e%2e/, //, NUL and absolute form are 400", "[http]") {
  check_rows({{"%2e%2e", get("/%2e%2e/EVIL"), 400},
              {"..", get("/ui/../hello"), 400},
              {"//", get("//hello"), 400},
              {"inner //", get("/ui//x"), 400},
              {"absolute", get("http://server/hello"), 400},
              {"%00", get("/hello%00"), 400},
              {"backslash", get("/ui\\x"), 400},
              {"%5c", get("/ui/%5cx"), 400},
              {"%2f", get("/ui%2fx"), 400},
              {"broken escape", get("/hello%4"), 400},
              {"broken escape in a parameter", get("/hello?q=%EV"), 400},
              {"*", "OPTIONS * HTTP/1.1\r\nHost: server\r\n\r\n", 400},
              {"fragment", get("/hello#EVIL"), 400},
              {"not ASCII", get("/h\xc3\xa4"), 400},
              {"any bytes in a parameter", get("/hello?q=%00%ff+%2f"), 200}});
}

TEST_CASE("http server: Host evil.com is 421, Origin evil.com is 403", "[http]") {
  server_limits limits;
  limits.hosts = {"server", "::1]", "[::1]"};
  const auto with_host = [](const std::string& host) {
    return "GET /hello HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n\r\n";
  };
  check_rows({{"Host", with_host("evil.com"), 421},
              {"Host with a port", with_host("evil.com:80"), 421},
              {"suffix", with_host("server.evil.com"), 421},
              {"ours", with_host("SERVER:7650"), 200},
              {"IPv6", with_host("[::1]:7650"), 200},
              {"none", "GET /hello HTTP/1.0\r\n\r\n", 421}},
             limits);
  check_rows({{"any Host", with_host("evil.com"), 200},
              {"Origin", get("/hello", "Origin: http://evil.com\r\n"), 403},
              {"null", get("/hello", "Origin: null\r\n"), 403},
              {"other port", get("/hello", "Origin: http://server:81\r\n"), 403},
              {"other scheme", get("/hello", "Origin: ftp://server\r\n"), 403},
              {"own", get("/hello", "Origin: http://server\r\n"), 200},
              {"own with its port", get("/hello", "Origin: http://server:80\r\n"), 200},
              {"own behind TLS", get("/hello", "Origin: https://server\r\n"), 200}});
}

TEST_CASE("http server: Range is ignored, Expect 417, Upgrade 400, TRACE 405", "[http]") {
  check_rows({{"Range", get("/hello", "Range: bytes=0-1\r\n"), 200},
              {"Expect", get("/hello", "Expect: EVIL\r\n"), 417},
              {"Upgrade", get("/hello", "Upgrade: websocket\r\n"), 400},
              {"TRACE", "TRACE / HTTP/1.1\r\nHost: server\r\n\r\n", 405}});
  served at;
  CHECK(at.ask(get("/hello", "Range: bytes=0-1\r\n")).body() == "hello\n");
}

TEST_CASE("http server: chunks that are wrong are 400, bodies that are too large 413", "[http]") {
  const std::string chunked = "Transfer-Encoding: chunked\r\n";
  const auto in_chunks = [&](const std::string& body) { return post("/echo", chunked, body); };
  const auto small = [&](const std::string& body) { return post("/small", chunked, body); };
  check_rows(
      {{"good", in_chunks("5\r\nhello\r\n0\r\n\r\n"), 200},
       {"empty", in_chunks("0\r\n\r\n"), 200},
       {"extension", in_chunks("5;a=b\r\nhello\r\n0\r\n\r\n"), 200},
       {"long extension", in_chunks("5;" + std::string(300, 'a') + "\r\nhello\r\n0\r\n\r\n"), 400},
       {"trailer", in_chunks("5\r\nhello\r\n0\r\nX: y\r\n\r\n"), 200},
       {"no size", in_chunks("\r\nhello\r\n0\r\n\r\n"), 400},
       {"not hexadecimal", in_chunks("5g\r\nhello\r\n0\r\n\r\n"), 400},
       {"negative", in_chunks("-5\r\nhello\r\n0\r\n\r\n"), 400},
       {"size over 2^64", in_chunks("1ffffffffffffffff\r\nhello\r\n0\r\n\r\n"), 400},
       {"size lies", in_chunks("3\r\nhello\r\n0\r\n\r\n"), 400},
       {"10 are allowed", post("/small", "Content-Length: 10\r\n", "0123456789"), 200},
       {"11 are not", post("/small", "Content-Length: 11\r\n", "0123456789a"), 413},
       {"chunks", small("a\r\n0123456789\r\n0\r\n\r\n"), 200},
       {"one more", small("a\r\n0123456789\r\n1\r\na\r\n0\r\n\r\n"), 413},
       {"2^62", post("/echo", "Content-Length: 461168601842738790\r\n", "x"), 413},
       {"chunk of 2^62", in_chunks("4000000000000000\r\nx"), 413},
       {"endless size", in_chunks(std::string(40 << 10, '0')), 400},
       {"endless trailers", in_chunks("0\r\n" + std::string(40 << 10, 'a')), 400}});
}

TEST_CASE("http server: slow headers and slow bodies are closed in time", "[http]") {
  served at;
  const reply headers = at.ask(get("/hello"), 1s);
  CHECK(headers.status() == 408);
  CHECK(headers.took < 9s);
  const std::string body = post("/echo", "Content-Length: 1000\r\n", std::string(1000, 'a'));
  const reply slow = at.ask(body, 20ms);  // 50 bytes a second; the head takes 2 s
  CHECK(slow.status() == 408);
  CHECK(slow.took > 10s);
  CHECK(slow.took < 16s);
  CHECK(at.ask(body, 1us).status() == 200);
  const reply silent = at.ask("");
  CHECK(silent.text.empty());
  CHECK(silent.took >= 60s);
  CHECK(silent.took < 64s);
}
