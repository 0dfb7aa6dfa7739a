#include "oklog/env/address.h"

#include <catch2/catch.hpp>

using namespace oklog;
using namespace oklog::env;

TEST_CASE("address: every way to write one is read, also a digit first", "[env]") {
  for (const char* text :
       {"tcp://127.0.0.1:7651", "127.0.0.1:7651", "127.0.0.1", "tcp://127.0.0.1"}) {
    INFO(text);
    CHECK(format(*parse_address(text, 7651)) == "tcp://127.0.0.1:7651");
  }
  CHECK(format(*parse_address("LOG.example.org:1", 7651)) == "tcp://log.example.org:1");
  CHECK(format(*parse_address("tcp://[::1]:9", 7651)) == "tcp://[::1]:9");
  CHECK(format(*parse_address("::1", 7651)) == "tcp://[::1]:7651");
  CHECK(parse_address("tcp+dnssrv://_oklog._tcp.example.org", 7651)->lookup ==
        lookup_kind::service);
  CHECK(parse_address("tcp+dns://x", 7651)->lookup == lookup_kind::ip);
  CHECK(parse_address("tcp+dnsip://x", 7651)->lookup == lookup_kind::ip);
  CHECK(parse_address("tcp+dnsaddr://10.0.0.1", 7651)->lookup == lookup_kind::pointer);
  CHECK(parse_api_address("http://store:7650/", 7650)->host == "store");
}

TEST_CASE("address: what is none is refused with what was expected", "[env]") {
  for (const char* text :
       {"", "a b", "tcp://", "x:70000", "x:", "x:-1", "udp://x:1", "http://x", "ftp://x", "[::1",
        "[::1]7", "[zz]:1", "1:2:3", "x:0", "tcp://x/path", "x\n:1"}) {
    INFO(text);
    CHECK_FALSE(parse_address(text, 7651));
  }
}

TEST_CASE("address: to listen takes an IP address and port 0", "[env]") {
  CHECK(format(*parse_listen_address("tcp://0.0.0.0:0", 7650)) == "0.0.0.0:0");
  CHECK(format(*parse_listen_address("localhost", 7650)) == "127.0.0.1:7650");
  CHECK(format(*parse_listen_address("tcp://[::]:1", 7650)) == "[::]:1");
  CHECK_FALSE(parse_listen_address("example.org:1", 7650));
  CHECK_FALSE(parse_listen_address("tcp+dns://x:1", 7650));
}
