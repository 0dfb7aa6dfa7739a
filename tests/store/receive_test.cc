// Pieces that go from the store that wrote them to those that are to hold them.
#include "oklog/store/receive.h"

#include "oklog/store/placement.h"
#include "store/store_world.h"

using namespace oklog;
using namespace oklog::test;

namespace {

const std::string second_id = "01BX5ZZKBKACTAV9WEVGEMMVRZ";
const std::string third_id = "01CX5ZZKBKACTAV9WEVGEMMVRZ";

// The bytes of a piece as whoever asks for it gets them.
std::string bytes_of(const store_segment& s) {
  std::string bytes(s.file_bytes, '\0');
  const auto n = s.file->file->read_at(0, bytes.data(), bytes.size());
  REQUIRE(n);
  REQUIRE(*n == bytes.size());
  return bytes;
}

result<> receive(store_log& to, const partition& where, const hash128& hash, std::string_view bytes,
                 std::size_t step = 1000) {
  receive_job job = to.begin_receive(where);
  for (std::size_t at = 0; at < bytes.size(); at += step) {
    TRY(job.append(bytes.substr(at, step)));
  }
  TRY(job.finish(hash));
  to.end_receive(std::move(job));
  return {};
}

struct sender {
  sim::disk disk;
  store_world world;
  std::string bytes;
  piece what;
  explicit sender(const plain_records& records) {
    REQUIRE(world.open(disk));
    const auto done = world.consume(records, store_placement{{new_store_id, second_id}, 2});
    REQUIRE(done);
    REQUIRE(done->pieces.size() == 1);
    what = done->pieces.front();
    const segment_ptr found = world.log().find(what.name);
    REQUIRE(found);
    bytes = bytes_of(*found);
  }
};

struct receiver {
  sim::disk disk;
  store_world world{{}, second_id};
  receiver() { REQUIRE(world.open(disk)); }
  std::size_t files() const {
    std::size_t n = 0;
    for (const std::string& f : disk.files()) n += f.find("-s0") != f.npos ? 1 : 0;
    return n;
  }
};

}  // namespace

TEST_CASE("receive: a piece is the same on both stores, digest and records", "[store]") {
  sender a(lines(first_ms, 1, 3000));
  receiver b;
  CHECK(a.what.write_set.size() == 2);
  CHECK_FALSE(b.world.log().has_piece(a.what.partition, a.what.hash));
  REQUIRE(receive(b.world.log(), a.what.partition, a.what.hash, a.bytes));
  CHECK(b.world.contents() == a.world.contents());
  CHECK(b.world.log().live()[0]->footer.digest == a.world.log().live()[0]->footer.digest);
  b.world.verify_segments();
  // Durable: it is there after the power has gone.
  b.disk.for_each_crash_state([&](sim::disk& image, std::string_view what) {
    INFO(what);
    store_world after({}, second_id);
    REQUIRE(after.open(image));
    CHECK(after.contents().size() == 3000);
  });
}

TEST_CASE("K9: a store has a piece while a live segment is that piece", "[store]") {
  sender a(lines(first_ms, 1, 300));
  receiver b;
  REQUIRE(receive(b.world.log(), a.what.partition, a.what.hash, a.bytes));
  CHECK(b.world.log().has_piece(a.what.partition, a.what.hash));
  CHECK_FALSE(b.world.log().has_piece({a.what.partition.window, 9}, a.what.hash));
  // Taken once more, as after a compaction that has forgotten its name, it merges away.
  REQUIRE(receive(b.world.log(), a.what.partition, a.what.hash, a.bytes));
  CHECK(b.world.log().segments() == 2);
  b.world.clock.pass(std::chrono::hours(3));
  b.world.compact_all();
  CHECK(b.world.contents() == lines(first_ms, 1, 300));
}

TEST_CASE("receive: what is not the piece that was announced leaves nothing behind", "[store]") {
  sender a(lines(first_ms, 1, 3000));
  receiver b;
  store_log& log = b.world.log();
  const auto refused = [&](const result<>& r) {
    CHECK_FALSE(r);
    CHECK(log.segments() == 0);
    CHECK(b.files() == 0);
  };
  for (const std::size_t size :
       {std::size_t{0}, std::size_t{1}, std::size_t{24}, a.bytes.size() / 2, a.bytes.size() - 1}) {
    refused(receive(log, a.what.partition, a.what.hash, a.bytes.substr(0, size)));
  }
  refused(receive(log, a.what.partition, a.what.hash, a.bytes + "x"));
  refused(receive(log, a.what.partition, hash128{1, 2}, a.bytes));
  refused(receive(log, {a.what.partition.window + 1, 0}, a.what.hash, a.bytes));
  prng random(5);
  for (int i = 0; i < 200; ++i) {
    std::string bytes = a.bytes;
    bytes[random.below(bytes.size())] ^= static_cast<char>(1 << random.below(8));
    refused(receive(log, a.what.partition, a.what.hash, bytes));
  }
  {
    receive_job given_up = log.begin_receive(a.what.partition);
    REQUIRE(given_up.append(a.bytes));
    CHECK(b.files() == 1);
  }
  CHECK(b.files() == 0);
  REQUIRE(receive(log, a.what.partition, a.what.hash, a.bytes));
}

TEST_CASE("K24: a hostile store's piece is refused, though all its hashes agree with its lies",
          "[store]") {
  const partition where{window_of(ulid::lowest(first_ms)), 0};
  batch good, unordered;
  for (const std::uint64_t seq : {1, 2, 3}) {
    good.add({ulid::make(first_ms + seq, 7, seq), "default", "line", false});
  }
  for (const std::uint64_t seq : {1, 3, 2}) {
    unordered.add({ulid::make(first_ms + seq, 7, seq), "default", "line", false});
  }
  const auto taken = [&](const batch& records, const std::string& topic, bool other_sum) {
    sim::disk disk;
    REQUIRE(disk.make_dirs("/s"));
    auto w = store_segment_writer::create(disk, "/s", where, {second_id}, format(ulid{1, 1}));
    REQUIRE(w);
    set_digest digest;
    records.for_each([&](record_view r) {
      if (other_sum) r.text = "another line";
      digest.add(r);
    });
    REQUIRE((*w)->append(encode_block(records, block_compression_level), topic, digest));
    const auto made = (*w)->publish();
    REQUIRE(made);
    receiver b;
    const auto got =
        receive(b.world.log(), where, made->footer.file_hash, *disk.contents("/s/" + made->name));
    CHECK(b.files() == (got ? 1 : 0));
    CHECK(b.world.log().segments() == (got ? 1 : 0));
    return got.has_value();
  };
  CHECK(taken(good, "default", false));
  CHECK_FALSE(taken(unordered, "default", false));
  CHECK_FALSE(taken(good, "another", false));
  CHECK_FALSE(taken(good, "default", true));
}

TEST_CASE("receive: a crash at any operation leaves the piece whole or not at all", "[store]") {
  sender a(lines(first_ms, 1, 2000));
  receiver b;
  std::size_t states = 0;
  b.disk.on_operation([&] {
    b.disk.for_each_crash_state([&](sim::disk& image, std::string_view what) {
      INFO(what);
      store_world after({}, second_id);
      REQUIRE(after.open(image));
      const std::size_t n = after.contents().size();
      const bool whole_or_nothing = n == 0 || n == 2000;
      CHECK(whole_or_nothing);
      CHECK(after.log().quarantined() == 0);
      ++states;
    });
  });
  REQUIRE(receive(b.world.log(), a.what.partition, a.what.hash, a.bytes, 100'000));
  b.disk.on_operation({});
  CHECK(states > 5);
}

TEST_CASE("K7: a piece that only others are to hold is staged, and gone when it is discarded",
          "[store]") {
  sim::disk disk;
  store_world world;
  REQUIRE(world.open(disk));
  const auto done = world.consume(lines(first_ms, 1, 500), {{second_id, third_id}, 2});
  REQUIRE(done);
  REQUIRE(done->pieces.size() == 1);
  const piece& p = done->pieces.front();
  CHECK(p.write_set.size() == 2);
  CHECK(world.log().segments() == 0);
  CHECK(world.contents().empty());
  const segment_ptr staged = world.log().find(p.name);
  REQUIRE(staged);
  receiver b;
  REQUIRE(receive(b.world.log(), p.partition, p.hash, bytes_of(*staged)));
  CHECK(b.world.contents() == lines(first_ms, 1, 500));
  discard_job job = world.log().begin_discard({p.name, "no such"});
  job.run();
  CHECK(job.errors.empty());
  CHECK(world.log().find(p.name) == nullptr);
  for (const std::string& f : disk.files()) CHECK(f.find(p.name) == f.npos);
  REQUIRE(world.open(disk));
  CHECK(world.log().segments() == 0);
}

TEST_CASE("K7: stores that know the same stores name the same write set, spread evenly",
          "[store]") {
  const std::vector<std::string> ids{new_store_id, second_id, third_id};
  std::map<std::string, int> held;
  for (std::uint64_t window = 0; window < 3000; ++window) {
    const auto a = write_set({window, 0}, {ids[0], ids[1], ids[2]}, 2);
    const auto b = write_set({window, 0}, {ids[2], ids[0], ids[1]}, 2);
    CHECK(a == b);
    for (const std::string& id : a) ++held[id];
  }
  for (const auto& [id, n] : held) CHECK((n > 1800 && n < 2200));
}
