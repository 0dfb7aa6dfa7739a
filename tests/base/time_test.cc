#include "oklog/base/time.h"

#include <catch2/catch.hpp>

using namespace oklog;
using namespace std::chrono_literals;

TEST_CASE("duration: Go's notation is read", "[base]") {
  CHECK(*parse_duration("1h30m") == 90min);
  CHECK(*parse_duration("100ms") == 100ms);
  CHECK(*parse_duration("1.5s") == 1500ms);
  CHECK(*parse_duration("-30m") == -30min);
  CHECK(*parse_duration("0") == 0s);
  CHECK(*parse_duration("7d") == 168h);
}

TEST_CASE("duration: nonsense and overflow are refused", "[base]") {
  for (const char* bad : {"", "5", "m", "1x", "5m3", "-", "99999999999h", ".s", "1h-3m"}) {
    INFO(bad);
    CHECK_FALSE(parse_duration(bad));
  }
}

TEST_CASE("duration: printed as Go prints it", "[base]") {
  CHECK(format_duration(0s) == "0s");
  CHECK(format_duration(644901ns) == "644.901\xC2\xB5s");
  CHECK(format_duration(13400us) == "13.4ms");
  CHECK(format_duration(168h) == "168h0m0s");
  CHECK(format_duration(90s) == "1m30s");
  CHECK(format_duration(-1500ms) == "-1.5s");
}

TEST_CASE("rfc 3339: times with zone and fraction come back", "[base]") {
  CHECK(format_rfc3339(*parse_rfc3339("2026-11-20T20:46:46Z")) == "2026-11-20T20:46:46Z");
  CHECK(format_rfc3339(*parse_rfc3339("2026-11-20T21:46:46.25+01:00")) ==
        "2026-11-20T20:46:46.25Z");
  CHECK(unix_ms(*parse_rfc3339("1970-01-01T00:00:01.5Z")) == 1500);
}

TEST_CASE("rfc 3339: what is no time is refused", "[base]") {
  for (const char* bad :
       {"", "now", "2026-11-20", "2026-13-01T00:00:00Z", "0000-01-01T00:00:00Z",
        "2026-02-30T00:00:00Z", "2026-11-20T24:00:00Z", "2026-11-20T20:46:46",
        "2026-11-20T20:46:46.Z", "2026-11-20T20:46:46Zx", "9999-01-01T00:00:00Z"}) {
    INFO(bad);
    CHECK_FALSE(parse_rfc3339(bad));
  }
}
