#include "oklog/ui/assets.h"

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>

namespace {

using files = std::map<std::string, std::string>;

files built() {
  const std::filesystem::path dist = OKLOG_UI_DIST;
  files out;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(dist)) {
    if (!entry.is_regular_file()) continue;
    std::ifstream in(entry.path(), std::ios::binary);
    out[entry.path().lexically_relative(dist).generic_string()] =
        std::string(std::istreambuf_iterator<char>(in), {});
  }
  return out;
}

const oklog::ui::asset* find(std::string_view path) {
  for (const auto& a : oklog::ui::assets()) {
    if (a.path == path) return &a;
  }
  return nullptr;
}

}  // namespace

TEST_CASE("ui: the binary holds exactly the files that Vite built, byte by byte", "[ui]") {
  const files expected = built();
  files embedded;
  for (const auto& a : oklog::ui::assets()) embedded[std::string(a.path)] = std::string(a.bytes);
  REQUIRE(expected.contains("index.html"));
  REQUIRE(embedded == expected);
}

TEST_CASE("ui: every asset but the page may be cached for ever, and has a type", "[ui]") {
  for (const auto& a : oklog::ui::assets()) {
    CAPTURE(a.path);
    CHECK(a.immutable == a.path.starts_with("assets/"));
    CHECK_FALSE(a.content_type.empty());
    CHECK_FALSE(a.bytes.empty());
  }
  REQUIRE(find("index.html") != nullptr);
  CHECK(find("index.html")->content_type == "text/html; charset=utf-8");
}

TEST_CASE("ui: the page holds nothing inline, so that a strict policy can serve it", "[ui]") {
  REQUIRE(find("index.html") != nullptr);
  const std::string_view page = find("index.html")->bytes;
  CHECK(page.find("<style") == std::string_view::npos);
  CHECK(page.find(" style=") == std::string_view::npos);
  CHECK(page.find(" onclick=") == std::string_view::npos);
  CHECK(page.find("<script>") == std::string_view::npos);
  CHECK(page.find("http://") == std::string_view::npos);
  CHECK(page.find("https://") == std::string_view::npos);
}

TEST_CASE("ui: every file that the page names is there", "[ui]") {
  REQUIRE(find("index.html") != nullptr);
  const std::string_view page = find("index.html")->bytes;
  std::size_t named = 0;
  for (std::size_t at = page.find("\"./"); at != std::string_view::npos;
       at = page.find("\"./", at)) {
    at += 3;
    const std::string_view path = page.substr(at, page.find('"', at) - at);
    CAPTURE(path);
    CHECK(find(path) != nullptr);
    ++named;
  }
  CHECK(named >= 3);
}
