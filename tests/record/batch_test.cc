#include "oklog/record/batch.h"

#include <algorithm>
#include <catch2/catch.hpp>

#include "oklog/base/prng.h"

using namespace oklog;

namespace {

struct owned {
  ulid id;
  std::string topic;
  std::string text;
  bool continuation;
  friend bool operator==(const owned&, const owned&) = default;
};

std::vector<owned> all_of(const batch& b) {
  std::vector<owned> out;
  b.for_each([&](const record_view& r) {
    out.push_back({r.id, std::string(r.topic), std::string(r.text), r.continuation});
  });
  return out;
}

void add(batch& b, const owned& r) {
  b.add(record_view{r.id, r.topic, r.text, r.continuation});
}

}  // namespace

TEST_CASE("batch: records come back as they went in", "[record]") {
  const std::vector<owned> in = {{ulid::make(5, 9, 1), "a", "one", false},
                                 {ulid::make(5, 9, 2), "a", "", false},
                                 {ulid::make(5, 9, 3), "b", std::string("n\0l", 3), false},
                                 {ulid::make(4, 8, 7), "a", "cut", false},
                                 {ulid::make(4, 8, 8), "a", "here", true}};
  batch b;
  for (const owned& r : in) add(b, r);
  CHECK(all_of(b) == in);
  CHECK(b.records() == 5);
  CHECK(b.min() == ulid::make(4, 8, 7));
  CHECK(b.max() == ulid::make(5, 9, 3));
  CHECK(b.lengths().empty());
  CHECK(b.text() == std::string("one\n\nn\0l\ncut\nhere\n", 18));
  CHECK(b.runs().size() == 3);
}

TEST_CASE("batch: lengths are kept only where a record holds a line feed", "[record]") {
  const std::string first = GENERATE("x", "x\ny", "\n", "\n\n");
  const std::string second = GENERATE("", "z", "a\n");
  batch b;
  add(b, {ulid::make(1, 1, 1), "t", first, false});
  add(b, {ulid::make(1, 1, 2), "t", second, false});
  b.add_lines(1, 1, 3, 0, "p\n\nq\n", 3);
  add(b, {ulid::make(1, 1, 6), "t", "last", false});
  const bool feeds = (first + second).find('\n') != std::string::npos;
  CHECK(b.lengths().empty() != feeds);
  std::vector<std::string> texts;
  for (const owned& r : all_of(b)) texts.push_back(r.text);
  CHECK(texts == std::vector<std::string>{first, second, "p", "", "q", "last"});
}

TEST_CASE("batch: lines added together make one run and no work a record", "[record]") {
  batch b;
  const std::uint32_t topic = b.topic_index("t");
  for (std::uint64_t i = 0; i < 100; ++i) b.add_lines(7, 3, 1 + 2 * i, topic, "a\nbc\n", 2);
  REQUIRE(b.runs().size() == 1);
  CHECK(b.runs()[0] == id_run{7, 3, 1, topic, 200});
  b.clear();
  CHECK(b.empty());
  CHECK(b.topic_index("other") == 0);
}

TEST_CASE("batch: a topic keeps its index among many", "[record]") {
  batch b;
  for (std::uint32_t i = 0; i < 50; ++i) CHECK(b.topic_index("t" + std::to_string(i)) == i);
  for (std::uint32_t i = 0; i < 50; ++i) CHECK(b.topic_index("t" + std::to_string(i)) == i);
  CHECK(b.topics().size() == 50);
}

TEST_CASE("batch: what a batch like the one before is given room for changes nothing of it",
          "[record]") {
  batch before;
  for (std::uint32_t i = 0; i < 500; ++i) {
    before.add(ulid::make(1, 1, 1 + i), before.topic_index("t" + std::to_string(i)), "text");
  }
  batch after;
  after.reserve_like(before);
  CHECK(after.empty());
  for (std::uint32_t i = 0; i < 2000; ++i) CHECK(after.topic_index("u" + std::to_string(i)) == i);
  for (std::uint32_t i = 0; i < 2000; ++i) CHECK(after.topic_index("u" + std::to_string(i)) == i);
}

TEST_CASE("batch: a batch that was taken apart knows its many topics again", "[record]") {
  std::vector<std::string> topics;
  std::vector<id_run> runs;
  std::string text;
  for (std::uint32_t i = 0; i < 300; ++i) {
    topics.push_back("t" + std::to_string(i));
    runs.push_back({1, 1, 1 + i, i, 1});
    text += "x\n";
  }
  auto b = batch::from_parts(text, runs, topics, {}, {});
  REQUIRE(b);
  CHECK(b->topic_index("t299") == 299);
  CHECK(b->topic_index("t7") == 7);
  CHECK(b->topic_index("new") == 300);
  topics[299] = "t100";
  const auto twice = batch::from_parts(text, runs, topics, {}, {});
  REQUIRE_FALSE(twice);
  CHECK(twice.error().code == errc::corruption);
}

TEST_CASE("batch: parts that disagree are corruption", "[record]") {
  const std::vector<id_run> two = {{1, 1, 1, 0, 2}};
  CHECK(batch::from_parts("a\nb\n", two, {"t"}, {1}, {}));
  const auto refused = [](auto&&... parts) {
    const auto r = batch::from_parts(std::forward<decltype(parts)>(parts)...);
    return !r && r.error().code == errc::corruption;
  };
  using numbers = std::vector<std::uint32_t>;
  using topics = std::vector<std::string>;
  using runs = std::vector<id_run>;
  CHECK(refused("a\nb", two, topics{"t"}, numbers{}, numbers{}));
  CHECK(refused("a\n", two, topics{"t"}, numbers{}, numbers{}));
  CHECK(refused("a\nb\nc\n", two, topics{"t"}, numbers{}, numbers{}));
  CHECK(refused("", two, topics{"t"}, numbers{}, numbers{}));
  CHECK(refused("a\nb\n", two, topics{}, numbers{}, numbers{}));
  CHECK(refused("a\nb\n", two, topics{"t t"}, numbers{}, numbers{}));
  CHECK(refused("a\nb\n", two, topics{"t", "t"}, numbers{}, numbers{}));
  CHECK(refused("a\nb\n", two, topics{"t"}, numbers{2}, numbers{}));
  CHECK(refused("a\nb\n", two, topics{"t"}, numbers{1, 1}, numbers{}));
  CHECK(refused("a\nb\n", two, topics{"t"}, numbers{}, numbers{1}));
  CHECK(refused("a\nb\n", two, topics{"t"}, numbers{}, numbers{1, 2}));
  CHECK(refused("a\nb\n", two, topics{"t"}, numbers{}, numbers{1, 0xffffffff}));
  CHECK(refused("a\nb\n", runs{{1, 1, ulid::seq_max, 0, 2}}, topics{"t"}, numbers{}, numbers{}));
  CHECK(refused("a\nb\n", runs{{1ULL << 48, 1, 1, 0, 2}}, topics{"t"}, numbers{}, numbers{}));
  CHECK(refused("a\nb\n", runs{{1, 1ULL << 40, 1, 0, 2}}, topics{"t"}, numbers{}, numbers{}));
  CHECK(
      refused("a\nb\n", runs{{1, 1, 1, 0, 0}, {1, 1, 1, 0, 2}}, topics{"t"}, numbers{}, numbers{}));
}

TEST_CASE("batch: line feeds are counted exactly at every size", "[record]") {
  prng random(1);
  for (std::size_t size = 1; size < 9000; size += 1 + random.below(97)) {
    std::string text(size, '\n');
    for (std::size_t i = 0; i + 1 < size; ++i) {
      if (random.chance(1, 1 + random.below(3))) text[i] = static_cast<char>(random.below(256));
    }
    const auto feeds = static_cast<std::uint32_t>(std::count(text.begin(), text.end(), '\n'));
    const auto claim = [&](std::uint32_t n) {
      return batch::from_parts(text, {{1, 1, 1, 0, n}}, {"t"}, {}, {}).has_value();
    };
    REQUIRE(claim(feeds));
    REQUIRE_FALSE(claim(feeds + 1));
  }
}
