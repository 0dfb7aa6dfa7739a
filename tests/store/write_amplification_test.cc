// How often a byte is written until it is at rest: an hour of steady input, consumed every 3 s.
// A scale of 100 means 1/100 of 2 MB/s, and segments, shards and targets of 1/100; blocks keep
// their size, so that small scales pay more for small blocks than the real thing does.
#include "oklog/base/prng.h"
#include "store/store_world.h"

using namespace oklog;
using namespace oklog::test;
using namespace std::chrono_literals;

namespace {

constexpr std::uint64_t bytes_a_second = 2'000'000;

struct amplification {
  std::uint64_t raw = 0;
  std::uint64_t ingest = 0;
  std::uint64_t consumed = 0;
  std::uint64_t compacted = 0;
  std::uint64_t remaining = 0;
  std::size_t segments = 0;

  double ratio() const {
    return static_cast<double>(ingest + consumed + compacted) / static_cast<double>(remaining);
  }
};

// Three seconds of lines of two connections, which end a little beyond the next one's beginning.
plain_records three_seconds(prng& random, std::uint64_t ms, std::uint64_t bytes,
                            std::uint64_t& seq) {
  static constexpr const char* words[] = {"GET", "POST", "accepted", "timeout", "user", "order"};
  plain_records r;
  const std::uint64_t count = std::max<std::uint64_t>(bytes / 120, 4);
  for (std::uint64_t i = 0; i < count; ++i) {
    std::string text = "2024-10-04T00:00:0" + std::to_string(random.below(10)) + "." +
                       std::to_string(random.below(1000)) +
                       "Z level=info msg=" + words[random.below(6)] + " path=/api/v1/" +
                       words[random.below(6)] +
                       " request=" + std::to_string(random.next() % 100'000'000) +
                       " took=" + std::to_string(random.below(5000)) + "ms status=200 bytes=";
    text += std::to_string(random.below(100'000));
    text.resize(119, ' ');
    const std::uint64_t at = ms + i * 3050 / count;
    r.push_back({ulid::make(at, 1 + i % 2, seq++), "default", std::move(text)});
  }
  return r;
}

amplification an_hour(std::uint64_t scale, std::uint64_t shard_bytes) {
  store_config config;
  config.compact.target_bytes /= scale;
  sim::disk disk;
  store_world world(config);
  REQUIRE(world.open(disk));
  prng random(42);
  amplification a;
  std::uint64_t seq = 1;
  std::uint64_t in_shard = 0;
  std::uint32_t shard = 0;
  for (std::uint64_t second = 0; second < 3597; second += 3) {
    const plain_records some =
        three_seconds(random, first_ms + second * 1000, 3 * bytes_a_second / scale, seq);
    std::string file = ingest_bytes(some, shard, 2000);
    a.raw += some.size() * 120;
    a.ingest += file.size();
    in_shard += file.size();
    if (in_shard >= shard_bytes / scale) {
      ++shard;
      in_shard = 0;
    }
    auto done = world.consume({std::move(file)});
    REQUIRE(done);
    a.consumed += done->written_bytes;
    world.clock.pass(3s);
    world.compact_all();
  }
  world.clock.pass(10min);
  world.compact_all();
  a.compacted = world.written();
  a.remaining = world.log().bytes();
  a.segments = world.log().segments();
  WARN("scale " << scale << ": raw " << a.raw << ", ingest " << a.ingest << ", consumed "
                << a.consumed << ", compacted " << a.compacted << ", remaining " << a.remaining
                << " in " << a.segments << " segments: written / remaining = " << a.ratio());
  return a;
}

}  // namespace

TEST_CASE("D24: an hour at 2 MB/s is written less than four times", "[store]") {
  const std::uint64_t MiB = 1024 * 1024;
  SECTION("as it is: an ingester goes on to the next shard after 128 MiB") {
    const amplification a = an_hour(400, 128 * MiB);
    CHECK(a.ratio() < 4);
    CHECK(a.segments < 30);
  }
  SECTION("one shard for the whole hour") {
    const amplification a = an_hour(400, 1 << 30);
    CHECK(a.ratio() < 4);
    CHECK(a.segments < 30);
  }
}

TEST_CASE("D24: the same at a tenth of the real rate", "[.slow]") {
  CHECK(an_hour(10, 128 * 1024 * 1024).ratio() < 4);
}
