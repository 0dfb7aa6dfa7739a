#include "oklog/segment/filter.h"

#include "oklog/base/ascii.h"
#include "oklog/segment/describe.h"
#include "oklog/segment/filter_reader.h"
#include "segment/samples.h"

using namespace oklog;
using namespace oklog::test;

namespace {

// A segment with one block for each text, whose lines are its records.
struct segment_file {
  std::unique_ptr<sim::disk> disk = std::make_unique<sim::disk>();
  std::string path;
  std::vector<std::string> texts;

  std::string bytes() const { return *disk->contents(path); }
};

batch records_of(const std::string& text, std::uint64_t first_seq) {
  batch b;
  const std::uint32_t topic = b.topic_index("default");
  std::uint64_t seq = first_seq;
  for (std::size_t at = 0; at < text.size(); ++seq) {
    const std::size_t end = text.find('\n', at);
    b.add(ulid::make(sample_ms, 9, seq), topic, std::string_view(text).substr(at, end - at));
    at = end + 1;
  }
  return b;
}

bool always(std::size_t) {
  return true;
}

template <class HasFilter = bool (*)(std::size_t)>
segment_file write_texts(std::vector<std::string> texts, HasFilter has_filter = always) {
  segment_file f;
  f.disk->plant_directory(sample_dir);
  auto w =
      store_segment_writer::create(*f.disk, sample_dir, sample_partition, {sample_id}, sample_id);
  REQUIRE(w);
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const batch b = records_of(texts[i], 1 + i * 1'000'000);
    encoded_block block = encode_block(b, 1);
    block_filter filter;
    if (has_filter(i)) filter = build_filter(b.text(), block.bytes.size());
    REQUIRE((*w)->append(std::move(block), "default", digest_of(b), std::move(filter)));
  }
  const auto p = (*w)->publish();
  REQUIRE(p);
  f.path = sample_dir + "/" + p->name;
  CHECK(p->file_bytes == f.bytes().size());
  f.texts = std::move(texts);
  return f;
}

store_segment open(const segment_file& f) {
  auto s = open_store_segment(*f.disk, sample_dir, f.path.substr(sample_dir.size() + 1));
  REQUIRE(s);
  return std::move(*s);
}

enum class bytes_of { words, anything };

std::string random_text(prng& random, std::size_t size, bytes_of kind) {
  static constexpr std::string_view few = "aAbBeEkKsS012 .-/\n\xc5\xbf\xe2\x84\xaa";
  std::string text(size, '\n');
  for (char& c : text) {
    c = kind == bytes_of::words ? few[random.below(few.size())]
                                : static_cast<char>(random.below(256));
  }
  text += '\n';
  return text;
}

// Blocks of very different sizes, so that there are several groups.
std::vector<std::string> random_texts(prng& random, std::size_t blocks) {
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < blocks; ++i) {
    const std::size_t size = std::size_t{1} << random.below(i % 10 == 0 ? 17 : 11);
    texts.push_back(
        random_text(random, size, random.chance(1, 2) ? bytes_of::words : bytes_of::anything));
  }
  return texts;
}

// A part of some line, in any case.
std::string random_piece(prng& random, const std::string& text) {
  const std::size_t at = random.below(text.size());
  std::string piece = text.substr(at, 1 + random.below(random.chance(1, 20) ? 600 : 20));
  piece.resize(std::min(piece.find('\n'), piece.size()));
  for (char& c : piece) {
    if (c >= 'a' && c <= 'z' && random.chance(1, 3)) c = static_cast<char>(c - 32);
  }
  return piece;
}

bool holds(const std::string& text, const std::string& folded_piece) {
  return fold_ascii(text).find(folded_piece) != std::string::npos;
}

}  // namespace

TEST_CASE("filter: every piece of a block is found, whatever bytes", "[segment]") {
  prng random(71);
  std::size_t removed = 0;
  for (const std::size_t blocks : {1, 2, 63, 64, 65, 130}) {
    const segment_file f = write_texts(random_texts(random, blocks));
    const store_segment s = open(f);
    filter_reader reader(s);
    REQUIRE(reader.has_filters());
    for (int round = 0; round < 2000; ++round) {
      const std::size_t from = random.below(blocks);
      const std::string piece = fold_ascii(random_piece(random, f.texts[from]));
      block_set candidates = block_set::all(blocks);
      REQUIRE(reader.keep_blocks_that_may_hold(piece, candidates));
      INFO("blocks " << blocks << " round " << round);
      REQUIRE(candidates.has(from));
      removed += blocks - candidates.count();
      if (round % 50 != 0) continue;
      for (std::size_t i = 0; i < blocks; ++i) {
        if (!candidates.has(i)) REQUIRE_FALSE(holds(f.texts[i], piece));
      }
    }
  }
  CHECK(removed > 100'000);
}

TEST_CASE("filter: blocks that lack a text are passed over", "[segment]") {
  std::vector<std::string> texts;
  for (int i = 0; i < 100; ++i) texts.push_back("request " + std::to_string(7'000'000 + i) + "\n");
  const segment_file f = write_texts(texts);
  const store_segment s = open(f);
  filter_reader reader(s);
  block_set candidates = block_set::all(100);
  REQUIRE(reader.keep_blocks_that_may_hold("request 7000042", candidates));
  CHECK(candidates.has(42));
  CHECK(candidates.count() < 5);
  REQUIRE(reader.keep_blocks_that_may_hold("no such text anywhere", candidates));
  CHECK(candidates.empty());
  CHECK(reader.reads() > 0);
  CHECK(reader.bytes_read() < f.bytes().size());
}

TEST_CASE("filter: a piece shorter than a gram, or with a line feed, takes out nothing",
          "[segment]") {
  const segment_file f = write_texts({"one\n", "two\n"});
  const store_segment s = open(f);
  filter_reader reader(s);
  for (const char* piece : {"", "x", "xyzw", "xyzw\nxyzw"}) {
    block_set candidates = block_set::all(2);
    REQUIRE(reader.keep_blocks_that_may_hold(piece, candidates));
    CHECK(candidates.count() == 2);
  }
  CHECK(reader.reads() == 0);
}

TEST_CASE("filter: blocks without one always stay, and a file without any is read", "[segment]") {
  const std::vector<std::string> texts = {"one text\n", "another text\n", "a third text\n"};
  const segment_file some = write_texts(texts, [](std::size_t i) { return i != 1; });
  const segment_file none = write_texts(texts, [](std::size_t) { return false; });
  for (const auto& [file, left] : {std::pair{&some, 1}, std::pair{&none, 3}}) {
    const store_segment s = open(*file);
    CHECK(verify_store_segment(s));
    filter_reader reader(s);
    CHECK(reader.has_filters() == (file == &some));
    block_set candidates = block_set::all(3);
    REQUIRE(reader.keep_blocks_that_may_hold("quite something else", candidates));
    CHECK(candidates.has(1));
    CHECK(candidates.count() == static_cast<std::size_t>(left));
  }
  CHECK(open(none).footer.filters.version == 0);
}

TEST_CASE("filter: a flipped bit in any page is found, and hides no line", "[segment]") {
  prng random(72);
  segment_file f = write_texts(random_texts(random, 12));
  const std::string bytes = f.bytes();
  const store_segment whole = open(f);
  const store_block& last = whole.footer.blocks.back();
  const std::uint64_t begin = last.offset + last.header.bytes() + 16;
  const std::uint64_t end = begin - 16 + whole.footer.filters.frame_bytes;
  REQUIRE(end - begin > 5 * 512);
  std::size_t refused = 0;
  const std::size_t step = 1 + (end - begin) / 400;
  for (std::uint64_t at = begin; at < end; at += step) {
    std::string flipped = bytes;
    flipped[at] = static_cast<char>(flipped[at] ^ 1 << random.below(8));
    f.disk->plant_file(f.path, flipped);
    const store_segment s = open(f);
    REQUIRE_FALSE(verify_store_segment(s));
    filter_reader reader(s);
    for (int round = 0; round < 5; ++round) {
      const std::size_t from = random.below(f.texts.size());
      const std::string piece = fold_ascii(random_piece(random, f.texts[from]));
      block_set candidates = block_set::all(f.texts.size());
      const auto kept = reader.keep_blocks_that_may_hold(piece, candidates);
      if (!kept) {
        REQUIRE(kept.error().code == errc::corruption);
        ++refused;
      }
      REQUIRE(candidates.has(from));
    }
  }
  CHECK(refused > 100);
}

TEST_CASE("filter: a page of another file or place is refused", "[segment]") {
  prng random(73);
  const std::vector<std::string> texts = random_texts(random, 12);
  std::vector<std::string> others = texts;
  others[0][0] = others[0][0] == 'x' ? 'y' : 'x';
  const segment_file a = write_texts(texts);
  const segment_file b = write_texts(others);
  std::string bytes = a.bytes();
  const store_segment whole = open(a);
  const std::size_t pages =
      whole.footer.blocks.back().offset + whole.footer.blocks.back().header.bytes() + 16;
  const auto damaged = [&](std::size_t to, const std::string& from, std::size_t at) {
    std::string changed = bytes;
    changed.replace(to, 512, from, at, 512);
    a.disk->plant_file(a.path, changed);
    const auto d = describe_segment(*a.disk, a.path, false);
    REQUIRE(d);
    return !d->sound;
  };
  CHECK_FALSE(damaged(pages, bytes, pages));
  CHECK(damaged(pages, bytes, pages + 512));
  CHECK(damaged(pages, b.bytes(), pages));
}

TEST_CASE("filter: zstdcat prints a segment with filters exactly", "[segment]") {
  prng random(74);
  const segment_file f = write_texts(random_texts(random, 20));
  std::string text;
  for (const std::string& t : f.texts) text += t;
  CHECK(zstdcat(f.bytes()) == text);
  const store_segment s = open(f);
  CHECK(s.footer.filters.frame_bytes > 16 + 512);
  CHECK(verify_store_segment(s));
}

TEST_CASE("filter: none is larger than half its block, nor fuller than it need be", "[segment]") {
  prng random(75);
  for (const std::string& text : random_texts(random, 60)) {
    const std::size_t block = 100 + random.below(text.size());
    const block_filter f = build_filter(text, block);
    CHECK(f.words.size() == std::size_t{1} << (f.log2_bits() - 6));
    CHECK(f.bytes() <= std::max<std::size_t>(8, block / 2));
    std::size_t set = 0;
    for (const std::uint64_t w : f.words) set += static_cast<std::size_t>(std::popcount(w));
    const bool as_large_as_allowed = f.bytes() * 2 > block / 2;
    if (!as_large_as_allowed) CHECK(set * 100 <= f.words.size() * 64 * 72);
  }
}

TEST_CASE("filter: verify finds a filter that lacks some of its block's text", "[segment]") {
  sim::disk disk;
  disk.plant_directory(sample_dir);
  auto w = store_segment_writer::create(disk, sample_dir, sample_partition, {sample_id}, sample_id);
  REQUIRE(w);
  const batch b = records_of("what the block holds\n", 1);
  encoded_block block = encode_block(b, 1);
  REQUIRE((*w)->append(std::move(block), "default", digest_of(b),
                       build_filter("something other\n", 1000)));
  const auto p = (*w)->publish();
  REQUIRE(p);
  const auto s = open_store_segment(disk, sample_dir, p->name);
  REQUIRE(s);
  const auto damage = find_damage(*s);
  REQUIRE(damage);
  REQUIRE(damage->size() == 1);
  CHECK_THAT(damage->front(), Catch::Contains("filter lacks"));
}

TEST_CASE("C12: verify finds a footer whose bits have flipped since the file was opened",
          "[segment]") {
  sim::disk disk;
  disk.plant_directory(sample_dir);
  auto w = store_segment_writer::create(disk, sample_dir, sample_partition, {sample_id}, sample_id);
  REQUIRE(w);
  const batch b = records_of("what the block holds\n", 1);
  REQUIRE((*w)->append(encode_block(b, 1), "default", digest_of(b)));
  const auto p = (*w)->publish();
  REQUIRE(p);
  const auto s = open_store_segment(disk, sample_dir, p->name);
  REQUIRE(s);
  REQUIRE(find_damage(*s)->empty());
  const std::string path = std::string(sample_dir) + "/" + p->name;
  const std::uint64_t begins = s->footer.blocks.back().offset +
                               s->footer.blocks.back().header.bytes() +
                               s->footer.filters.frame_bytes;
  for (std::uint64_t at = begins; at < p->file_bytes; ++at) {
    INFO(at);
    disk.bit_flip(path, at, at % 8);
    const auto damage = find_damage(*s);
    disk.bit_flip(path, at, at % 8);
    REQUIRE(damage);
    CHECK_FALSE(damage->empty());
  }
}
