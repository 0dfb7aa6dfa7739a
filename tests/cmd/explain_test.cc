#include <catch2/catch.hpp>

#include "cmd/oklog/query_explain.h"

using namespace oklog;
using namespace oklog::cmd;

TEST_CASE("explain: a table of what was skipped, read and how long it took", "[cmd]") {
  query_stats s;
  s.nodes_queried = 1;
  s.segments_queried = 17;
  s.blocks = 4096;
  s.blocks_skipped_time = 1024;
  s.blocks_skipped_filter = 3070;
  s.blocks_read = 2;
  s.bytes_read = 51'405;
  s.filter_bytes_read = 1 << 20;
  s.text_bytes = 512 << 10;
  s.max_data_set_bytes = 1ULL << 30;
  s.records_matched = 12;
  s.plan_time = std::chrono::microseconds(800);
  const std::string table = explain_table(to_json(coverage{}, s), std::chrono::microseconds(1234));
  CHECK(table ==
        "blocks              4,096  considered, in 17 segment(s) of 1 node(s)\n"
        " ├ by time          1,024  skipped  ██████████\n"
        " ├ by topic             0  skipped\n"
        " ├ by filter        3,070  skipped  ██████████████████████████████\n"
        " ├ counted              0  by index\n"
        " └ read                 2           ▏\n"
        "bytes            50.2 KiB  of blocks and 1.0 MiB of filters; 512.0 KiB of text searched, "
        "of 1.0 GiB\n"
        "time               1.2 ms  of all threads: plan 0.8, read 0.0, decode 0.0, search 0.0, "
        "merge 0.0 ms\n"
        "records                12  coverage full, 0 error(s)\n");
}

TEST_CASE("explain: a summary of another kind is no error", "[cmd]") {
  CHECK(explain_table("", duration{}) == "the store did not say what the answer cost\n");
  CHECK(explain_table("[1]", duration{}) == "the store did not say what the answer cost\n");
  const std::string odd =
      explain_table(R"({"blocks":3,"coverage":7,"records":-1,"seconds":{"plan":"x"}})", duration{});
  CHECK(odd.find("coverage ?") != std::string::npos);
  CHECK(explain_table("{\"coverage\":\"\\u001b[2J\"}", duration{}).find('\x1b') ==
        std::string::npos);
}
