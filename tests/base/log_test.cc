#include "oklog/base/log.h"

#include <catch2/catch.hpp>

using namespace oklog;

TEST_CASE("logfmt: a value cannot forge another field or line", "[base]") {
  std::string out;
  append_logfmt(out, "a", "plain");
  append_logfmt(out, "b", "x level=error\nts=1 \x1b[2J\"");
  append_logfmt(out, "c", "");
  CHECK(out == "a=plain b=\"x level=error\\nts=1 \\x1b[2J\\\"\" c=\"\"");
}
