#include "oklog/record/splitter.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

namespace oklog {
namespace {

struct got {
  std::string text;
  bool continuation;
  friend bool operator==(const got&, const got&) = default;
};
std::ostream& operator<<(std::ostream& out, const got& g) {
  return out << (g.continuation ? "+" : "") << '"' << g.text << '"';
}

void take(std::vector<got>& out, const line_piece& p, std::size_t max) {
  if (p.kind != line_piece::kind::lines) {
    CHECK(p.text.size() <= max);
    out.push_back({std::string(p.text), p.kind == line_piece::kind::continuation});
    return;
  }
  CHECK(p.text.back() == '\n');
  std::string_view lines = p.text;
  while (!lines.empty()) {
    const std::size_t end = lines.find('\n');
    CHECK(end <= max);
    out.push_back({std::string(lines.substr(0, end)), false});
    lines.remove_prefix(end + 1);
  }
}

std::vector<got> split(const std::string& all, std::size_t max,
                       const std::vector<std::size_t>& cuts) {
  std::vector<got> out;
  line_splitter splitter(max);
  line_piece p;
  std::size_t from = 0;
  for (std::size_t i = 0; i <= cuts.size(); ++i) {
    const std::size_t to = i < cuts.size() ? cuts[i] : all.size();
    const std::string chunk = all.substr(from, to - from);
    std::string_view rest = chunk;
    while (splitter.next(rest, p)) take(out, p, max);
    CHECK(rest.empty());
    CHECK(splitter.held_bytes() <= max);
    from = to;
  }
  if (splitter.finish(p)) take(out, p, max);
  CHECK(splitter.held_bytes() == 0);
  return out;
}

}  // namespace

TEST_CASE("splitter: sizes around the limit", "[record]") {
  const std::string a(8, 'a');
  CHECK(split("", 8, {}).empty());
  CHECK(split("\n", 8, {}) == std::vector<got>{{"", false}});
  CHECK(split("\r\n", 8, {}) == std::vector<got>{{"\r", false}});
  CHECK(split("x", 8, {}) == std::vector<got>{{"x", false}});
  CHECK(split(a.substr(1) + "\n", 8, {}) == std::vector<got>{{a.substr(1), false}});
  CHECK(split(a + "\n", 8, {}) == std::vector<got>{{a, false}});
  CHECK(split(a, 8, {}) == std::vector<got>{{a, false}});
  CHECK(split(a + "b\n", 8, {}) == std::vector<got>{{a, false}, {"b", true}});
  CHECK(split(a + "b", 8, {}) == std::vector<got>{{a, false}, {"b", true}});
  CHECK(split(a + a + "\n", 8, {}) == std::vector<got>{{a, false}, {a, true}});
  CHECK(split(a + a + "c\nd\n", 8, {}) ==
        std::vector<got>{{a, false}, {a, true}, {"c", true}, {"d", false}});
}

TEST_CASE("splitter: however the bytes arrive, the records are the same", "[record]") {
  std::string all;
  for (std::size_t size = 0; size <= 18; ++size) all += std::string(size, 'a') + "\n";
  all += std::string("\n\nx\0y\r\n", 7) + std::string(40, 'z') + "\n" + std::string(17, 'q');
  for (const std::size_t max : {1, 2, 7, 8, 9, 100}) {
    const auto whole = split(all, max, {});
    std::vector<std::size_t> every;
    for (std::size_t i = 1; i < all.size(); ++i) {
      every.push_back(i);
      CHECK(split(all, max, {i}) == whole);
    }
    CHECK(split(all, max, every) == whole);
    for (std::size_t i = 1; i + 5 < all.size(); i += 3) CHECK(split(all, max, {i, i + 5}) == whole);
    std::string joined;
    for (std::size_t i = 0; i < whole.size(); ++i) {
      joined += (i > 0 && !whole[i].continuation ? "\n" : "") + whole[i].text;
      CHECK((!whole[i].continuation || !whole[i].text.empty()));
    }
    CHECK(joined == all);
  }
}

TEST_CASE("splitter: no memory is kept between lines", "[record]") {
  line_splitter splitter(1024);
  line_piece p;
  std::string_view bytes = "half";
  CHECK_FALSE(splitter.next(bytes, p));
  CHECK(splitter.held() == "half");
  bytes = " a line\n";
  REQUIRE(splitter.next(bytes, p));
  CHECK(p.text == "half a line");
  CHECK_FALSE(splitter.next(bytes, p));
  CHECK(splitter.held_bytes() == 0);
}

}  // namespace oklog
