#include "../../src/env/dns_answer.h"

#include <catch2/catch.hpp>

namespace oklog::env {
namespace {

// A DNS message by hand: a question for "a" and answers that are given whole.
std::string message(unsigned char answers, const std::string& records) {
  const char header[] = {0, 1, '\x81', '\x80', 0, 1, 0, static_cast<char>(answers), 0, 0, 0, 0};
  const char question[] = {1, 'a', 0, 0, 33, 0, 1};
  return std::string(header, sizeof header) + std::string(question, sizeof question) + records;
}

std::string record(char type, const std::string& data) {
  const char head[] = {'\xc0', 12, 0, type, 0, 1, 0, 0, 0, 60, 0, static_cast<char>(data.size())};
  return std::string(head, sizeof head) + data;
}

std::string service(char priority, char port, const std::string& host) {
  const char fixed[] = {0, priority, 0, 5, 0, port};
  std::string name;
  if (!host.empty()) name = static_cast<char>(host.size()) + host;
  return record(33, std::string(fixed, sizeof fixed) + name + '\0');
}

}  // namespace

TEST_CASE("DNS answer: services come by priority, the root is none", "[env]") {
  const auto got = read_srv_answer(message(4, service(9, 1, "late") + service(2, 3, "early") +
                                                  service(1, 7, "") + service(2, 4, "next")));
  REQUIRE(got);
  REQUIRE(got->size() == 3);
  CHECK((*got)[0].host == "early");
  CHECK((*got)[0].port == 3);
  CHECK((*got)[1].host == "next");
  CHECK((*got)[2].host == "late");
}

TEST_CASE("DNS answer: the names of an address, other records skipped", "[env]") {
  const std::string name = std::string("\4host\3org", 9) + '\0';
  const auto got = read_ptr_answer(message(2, service(1, 1, "x") + record(12, name)));
  REQUIRE(got);
  CHECK(*got == std::vector<std::string>{"host.org"});
}

TEST_CASE("DNS answer: one that is cut anywhere is refused or ends early, never overrun", "[env]") {
  const std::string whole = message(2, service(1, 1, "first") + service(2, 2, "second"));
  REQUIRE(read_srv_answer(whole)->size() == 2);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const std::string cut = whole.substr(0, size);
    CHECK_FALSE(read_srv_answer(cut));
  }
  for (std::size_t at = 0; at < whole.size(); ++at) {
    std::string damaged = whole;
    damaged[at] = '\xff';
    (void)read_srv_answer(damaged);  // whatever it says, within its bytes
    (void)read_ptr_answer(damaged);
  }
}

TEST_CASE("reverse_name: both families, and no name", "[env]") {
  CHECK(*reverse_name("10.1.2.3") == "3.2.1.10.in-addr.arpa");
  CHECK(reverse_name("::1")->starts_with("1.0.0.0."));
  CHECK(reverse_name("::1")->ends_with(".0.ip6.arpa"));
  CHECK(reverse_name("::1")->size() == 72);
  CHECK_FALSE(reverse_name("host"));
}

}  // namespace oklog::env
