#include "oklog/segment/file_header.h"

#include "segment/samples.h"

using namespace oklog;

TEST_CASE("file header: names its kind, and every bit flip is found", "[segment]") {
  const auto kind = GENERATE(segment_kind::ingest, segment_kind::store);
  const std::string head = file_header(kind);
  REQUIRE(head.size() == file_header_bytes);
  REQUIRE(read_file_header(head));
  CHECK(*read_file_header(head) == kind);
  CHECK(test::zstdcat(head) == "");
  for (std::size_t bit = 0; bit < head.size() * 8; ++bit) {
    std::string bad = head;
    bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << (bit % 8)));
    const auto r = read_file_header(bad);
    REQUIRE_FALSE(r);
    REQUIRE(r.error().code == errc::corruption);
  }
  for (std::size_t n = 0; n < head.size(); ++n) REQUIRE_FALSE(read_file_header(head.substr(0, n)));
}

TEST_CASE("file header: a newer version is refused with a sentence, not as damage", "[segment]") {
  std::string head = file_header(segment_kind::store);
  set_int(head.data() + 14, std::uint16_t{2});
  set_int(head.data() + 24, xxh3_64(std::string_view(head).substr(0, 24)));
  const auto r = read_file_header(head);
  REQUIRE_FALSE(r);
  CHECK(r.error().code == errc::invalid);
  CHECK_THAT(r.error().what, Catch::Contains("version 2") && Catch::Contains("upgrade"));
}
