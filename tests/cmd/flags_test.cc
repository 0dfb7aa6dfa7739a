#include "cmd/oklog/flags.h"

#include <catch2/catch.hpp>
#include <cstdlib>

using namespace oklog;
using namespace oklog::cmd;
using namespace std::chrono_literals;

namespace {

struct example {
  std::string from = "1h";
  std::string q;
  std::string fast = "tcp://0.0.0.0:7651";
  bool regex = false;
  duration age = 3s;
  std::uint64_t size = 5;
  std::vector<std::string> prefix;
  std::vector<std::string> targets;
  flags f{"example", "An example."};

  example() {
    f.add("from", from, "from");
    f.add("q", q, "q");
    f.add("ingest.fast", fast, "fast");
    f.add("regex", regex, "regex");
    f.add("segment-flush-age", age, "age");
    f.add("size", size, "size");
    f.add("prefix", prefix, "prefix");
    f.add_positional("target", targets, "target");
  }
};

}  // namespace

TEST_CASE("flags: one dash or two, space or =, dots in names", "[cmd]") {
  for (const std::vector<std::string>& args :
       {std::vector<std::string>{"-from", "5m", "-ingest.fast=x"},
        {"-from=5m", "--ingest.fast", "x"},
        {"--from", "5m", "-ingest.fast", "x"},
        {"--from=5m", "--ingest.fast=x"}}) {
    example e;
    REQUIRE_FALSE(e.f.parse(args));
    CHECK(e.from == "5m");
    CHECK(e.fast == "x");
  }
}

TEST_CASE("flags: -q= is empty, -q -x takes -x, a value may hold =", "[cmd]") {
  example e;
  e.q = "preset";
  REQUIRE_FALSE(e.f.parse({"-q="}));
  CHECK(e.q.empty());
  example f;
  REQUIRE_FALSE(f.f.parse({"-q", "-x", "-from", "a=b"}));
  CHECK(f.q == "-x");
  CHECK(f.from == "a=b");
  example g;
  REQUIRE_FALSE(g.f.parse({"-q", "-regex"}));
  CHECK(g.q == "-regex");
  CHECK_FALSE(g.regex);
}

TEST_CASE("flags: booleans stand alone or take =false", "[cmd]") {
  example e;
  REQUIRE_FALSE(e.f.parse({"-regex", "target"}));
  CHECK(e.regex);
  CHECK(e.targets == std::vector<std::string>{"target"});
  example f;
  REQUIRE_FALSE(f.f.parse({"-regex=false"}));
  CHECK_FALSE(f.regex);
}

TEST_CASE("flags: repeatable ones keep their order, positionals stay apart", "[cmd]") {
  example e;
  REQUIRE_FALSE(e.f.parse({"-prefix", "A", "one", "-prefix", "B", "two"}));
  CHECK(e.prefix == std::vector<std::string>{"A", "B"});
  CHECK(e.targets == std::vector<std::string>{"one", "two"});
}

TEST_CASE("flags: letters stand together, a number behind the one that takes it", "[cmd]") {
  struct letters {
    std::string q;
    std::string query;
    bool i = false;
    bool c = false;
    std::optional<std::uint64_t> around;
    flags f{"letters", "An example."};
    letters() {
      f.add("q", q, "q");
      f.add("qi", query, "a name of two letters");
      f.add("i", i, "i");
      f.add("c", c, "c");
      f.add("C", around, "C");
    }
  };
  for (const std::vector<std::string>& args :
       {std::vector<std::string>{"-iC3"}, {"-iC", "3"}, {"-C3", "-i"}, {"-i", "-C=3"}}) {
    letters l;
    REQUIRE_FALSE(l.f.parse(args));
    CHECK(l.i);
    CHECK_FALSE(l.c);
    CHECK(l.around == 3);
  }
  letters named;  // a flag's whole name is that flag
  REQUIRE_FALSE(named.f.parse({"-qi", "x"}));
  CHECK(named.query == "x");
  CHECK_FALSE(named.i);
  letters last;
  REQUIRE_FALSE(last.f.parse({"-icq", "-C3"}));
  CHECK(last.c);
  CHECK(last.q == "-C3");
  CHECK_FALSE(last.around);
  for (const std::string wrong : {"-ix", "-C3i", "-qfoo", "--iC3", "-Cx", "-C-3", "-iC=3"}) {
    letters l;
    INFO(wrong);
    CHECK(l.f.parse({wrong, "x"}) == exit_usage);
  }
}

TEST_CASE("flags: a repeated value is taken as it is written", "[cmd]") {
  for (const std::string value : {"", "{}", "[a,b]", "a,b", "%%", "-x", "\"q\""}) {
    example e;
    REQUIRE_FALSE(e.f.parse({"-prefix", value}));
    CHECK(e.prefix == std::vector<std::string>{value});
  }
}

TEST_CASE("flags: -C has no variable, since -c has it", "[cmd]") {
  std::optional<std::uint64_t> around;
  bool count = false;
  flags f("letters", "An example.");
  f.add("C", around, "C");
  f.add("c", count, "c");
  ::setenv("OKLOG_C", "1", 1);
  const auto code = f.parse({});
  ::unsetenv("OKLOG_C");
  CHECK_FALSE(code);
  CHECK(count);
  CHECK_FALSE(around);
}

TEST_CASE("flags: an unknown one, a wrong value and a missing one end with code 2", "[cmd]") {
  for (const std::vector<std::string>& args : {std::vector<std::string>{"-form", "5m"},
                                               {"-segment-flush-age", "3"},
                                               {"-size", "x"},
                                               {"-size", "-1"},
                                               {"-from"},
                                               {"-segment-flush-age", "-3s"},
                                               {"-regex=maybe"}}) {
    example e;
    INFO(args[0]);
    CHECK(e.f.parse(args) == exit_usage);
  }
}

TEST_CASE("flags: the environment gives a value, the flag beats it", "[cmd]") {
  ::setenv("OKLOG_SEGMENT_FLUSH_AGE", "7s", 1);
  ::setenv("OKLOG_INGEST_FAST", "env", 1);
  example e;
  REQUIRE_FALSE(e.f.parse({"-ingest.fast", "flag"}));
  ::unsetenv("OKLOG_SEGMENT_FLUSH_AGE");
  ::unsetenv("OKLOG_INGEST_FAST");
  CHECK(e.age == 7s);
  CHECK(e.fast == "flag");
}

TEST_CASE("flags: what is exported for a node does not reach the modes beside it", "[cmd]") {
  struct {
    const char* mode;
    const char* flag;
    const char* variable;
    const char* expected;
  } const rows[] = {{"ingeststore", "api", "OKLOG_API", "given"},
                    {"forward", "api", "OKLOG_API", ""},
                    {"forward", "api", "OKLOG_FORWARD_API", "given"},
                    {"forward", "addr.file", "OKLOG_ADDR_FILE", ""},
                    {"forward", "addr.file", "OKLOG_FORWARD_ADDR_FILE", "given"},
                    {"ingest", "topic", "OKLOG_TOPIC", "given"},
                    {"query", "topic", "OKLOG_TOPIC", ""},
                    {"query", "topic", "OKLOG_QUERY_TOPIC", "given"},
                    {"stream", "topic", "OKLOG_TOPIC", ""},
                    {"stream", "topic", "OKLOG_STREAM_TOPIC", "given"},
                    {"query", "store", "OKLOG_STORE", "given"}};
  for (const auto& r : rows) {
    INFO(r.mode << " " << r.variable);
    std::string value;
    flags f(r.mode, "An example.");
    f.add(r.flag, value, "a value");
    ::setenv(r.variable, "given", 1);
    const auto code = f.parse({});
    ::unsetenv(r.variable);
    CHECK_FALSE(code);
    CHECK(value == r.expected);
  }
}

TEST_CASE("flags: usage names every flag with its default", "[cmd]") {
  example e;
  const std::string usage = e.f.usage();
  CHECK(usage.starts_with("USAGE\n  oklog example [flags]\n"));
  CHECK(usage.find("  -ingest.fast        tcp://0.0.0.0:7651  fast\n") != std::string::npos);
  CHECK(usage.find("  -segment-flush-age  3s ") != std::string::npos);
}
