#include "oklog/ingest/line_source.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

namespace oklog::ingest {
namespace {

constexpr boot_time boot0{};
const wall_time wall0 = from_unix_ms(1'700'000'000'000);

struct row {
  std::string topic;
  std::string text;
  bool continuation;
  friend bool operator==(const row&, const row&) = default;
};

struct bench {
  explicit bench(receiver_options options = {}) : inbox(std::move(options), metrics) {}

  std::vector<std::pair<ulid, row>> records() {
    inbox.seal();
    std::vector<std::pair<ulid, row>> out;
    for (const sealed_batch& b : inbox.sealed()) {
      b.records->for_each([&](const record_view& r) {
        out.push_back({r.id, {std::string(r.topic), std::string(r.text), r.continuation}});
      });
    }
    return out;
  }
  std::vector<row> rows() {
    std::vector<row> out;
    for (auto& [id, r] : records()) out.push_back(r);
    return out;
  }

  metrics_registry registry;
  ingest_metrics metrics{registry};
  receiver inbox;
};

receiver_options dynamic() {
  receiver_options o;
  o.mode = topic_mode::dynamic;
  o.topic = "rest";
  return o;
}

}  // namespace

TEST_CASE("line source: lines become records, the last one without a line feed too", "[ingest]") {
  bench b;
  line_source s(b.inbox, modality::fast, 7);
  CHECK(s.feed("one\ntwo\r\n\nthr", wall0, boot0) == line_source::verdict::lines);
  CHECK(s.held_bytes() == 3);
  s.feed("ee\nfour", wall0, boot0);
  s.finish(wall0, boot0);
  CHECK(b.rows() == std::vector<row>{{"default", "one", false},
                                     {"default", "two\r", false},
                                     {"default", "", false},
                                     {"default", "three", false},
                                     {"default", "four", false}});
}

TEST_CASE("line source: ids count up within the stream, and never go back in time", "[ingest]") {
  bench b;
  line_source s(b.inbox, modality::fast, 7);
  s.feed("a\nb\n", wall0, boot0);
  s.feed("c\n", wall0 - std::chrono::milliseconds(900), boot0);
  s.feed("d\n", wall0 + std::chrono::milliseconds(5), boot0);
  const auto all = b.records();
  const auto ms = static_cast<std::uint64_t>(unix_ms(wall0));
  CHECK(all[0].first == ulid::make(ms, 7, 1));
  CHECK(all[1].first == ulid::make(ms, 7, 2));
  CHECK(all[2].first == ulid::make(ms, 7, 3));
  CHECK(all[3].first == ulid::make(ms + 5, 7, 4));
}

TEST_CASE("line source: K5 a clock that goes back over a second begins a new stream", "[ingest]") {
  bench b;
  line_source s(b.inbox, modality::fast, 7);
  s.feed("a\n", wall0, boot0);
  s.feed("b\n", wall0 - std::chrono::hours(1), boot0);
  const auto all = b.records();
  CHECK(all[1].first.ms() == static_cast<std::uint64_t>(unix_ms(wall0) - 3'600'000));
  CHECK(all[1].first.stream() != 7);
  CHECK(all[1].first.seq() == 1);
}

TEST_CASE("line source: a clock out of range is clamped", "[ingest]") {
  bench b;
  line_source s(b.inbox, modality::fast, 7);
  s.feed("a\n", from_unix_ms(-5), boot0);
  CHECK(b.records()[0].first == ulid::make(0, 7, 1));
}

TEST_CASE("line source: dynamic topics leave the line, lines without one are whole", "[ingest]") {
  bench b(dynamic());
  line_source s(b.inbox, modality::fast, 7);
  s.feed("web GET /\ndb\n-no topic\n\nweb  two\nweb\tx\n", wall0, boot0);
  CHECK(b.rows() == std::vector<row>{{"web", "GET /", false},
                                     {"db", "", false},
                                     {"rest", "-no topic", false},
                                     {"rest", "", false},
                                     {"web", " two", false},
                                     {"rest", "web\tx", false}});
  CHECK(b.metrics.lines_without_topic.value() == 3);
}

TEST_CASE("line source: continuations keep the topic of the head", "[ingest]") {
  receiver_options o = dynamic();
  o.line_bytes_max = 1024;
  bench b(o);
  line_source s(b.inbox, modality::fast, 7);
  s.feed("web " + std::string(1020, 'a'), wall0, boot0);
  s.feed("db " + std::string(1030, 'b') + "\nx y\n", wall0, boot0);
  CHECK(b.rows() == std::vector<row>{{"web", std::string(1020, 'a'), false},
                                     {"web", "db " + std::string(1021, 'b'), true},
                                     {"web", std::string(9, 'b'), true},
                                     {"x", "y", false}});
  CHECK(b.metrics.split_lines.value() == 1);
}

TEST_CASE("line source: a session's greeting is told from lines, at any chunking", "[ingest]") {
  for (std::size_t step = 1; step <= 9; ++step) {
    const auto feed = [&](const std::string& bytes, bench& b) {
      line_source s(b.inbox, modality::durable, 7);
      auto v = line_source::verdict::lines;
      for (std::size_t at = 0; at < bytes.size(); at += step) {
        v = s.feed(bytes.substr(at, step), wall0, boot0);
      }
      s.finish(wall0, boot0);
      return v;
    };
    bench session, lines, part, later;
    CHECK(feed("OKLOG/2 stream=1\nx\n", session) == line_source::verdict::session);
    CHECK(session.rows().empty());
    CHECK(feed("OKLOG/20 x\n", lines) == line_source::verdict::lines);
    CHECK(lines.rows().size() == 1);
    CHECK(feed("OKLOG/2", part) == line_source::verdict::lines);
    CHECK(part.rows() == std::vector<row>{{"default", "OKLOG/2", false}});
    CHECK(feed("x\nOKLOG/2 stream\n", later) == line_source::verdict::lines);
    CHECK(later.rows().size() == 2);
  }
}

TEST_CASE("receiver: batches are sealed at 256 KiB and never over it but for one long line",
          "[ingest]") {
  bench b;
  line_source s(b.inbox, modality::fast, 7);
  std::string chunk;
  while (chunk.size() < 1'000'000) chunk += std::string(chunk.size() % 2000, 'x') + "\n";
  s.feed(chunk, wall0, boot0);
  s.feed(std::string(700'000, 'y') + "\nz\n", wall0, boot0);
  std::size_t total = 0;
  std::uint64_t serial = 0;
  b.inbox.seal();
  for (const sealed_batch& sealed : b.inbox.sealed()) {
    CHECK(sealed.serial == ++serial);
    CHECK((sealed.records->bytes() <= block_bytes_target || sealed.records->records() == 1));
    total += sealed.records->bytes();
  }
  CHECK(total == chunk.size() + 700'003);
  CHECK(s.last_serial() == serial);
}

TEST_CASE(
    "receiver: K26 a batch is sealed at 50 ms, and by a sync point only where durable lines wait",
    "[ingest]") {
  bench b;
  line_source fast(b.inbox, modality::fast, 1);
  line_source durable(b.inbox, modality::durable, 2);
  CHECK(b.inbox.seal_due() == boot_time::max());
  fast.feed("a\n", wall0, boot0);
  b.inbox.seal_durable();
  CHECK(b.inbox.sealed().empty());
  b.inbox.seal_aged(boot0 + std::chrono::milliseconds(49));
  CHECK(b.inbox.sealed().empty());
  b.inbox.seal_aged(boot0 + std::chrono::milliseconds(50));
  CHECK(b.inbox.sealed().size() == 1);
  fast.feed("b\n", wall0, boot0);
  durable.feed("c\n", wall0, boot0);
  b.inbox.seal_durable();
  REQUIRE(b.inbox.sealed().size() == 2);
  CHECK(b.inbox.sealed()[1].records->records() == 2);
  CHECK(durable.last_serial() == 2);
  CHECK(b.inbox.durable_waiting());
  b.inbox.drop_written(2);
  CHECK_FALSE(b.inbox.durable_waiting());
}

TEST_CASE("receiver: K26 reading stops at 16 MiB received and not written", "[ingest]") {
  bench b;
  line_source s(b.inbox, modality::fast, 1);
  const std::string chunk = std::string(65'535, 'x') + "\n";
  int n = 0;
  for (; b.inbox.may_read() && n < 1000; ++n) s.feed(chunk, wall0, boot0);
  CHECK(n == 256);
  b.inbox.drop_written(b.inbox.sealed().front().serial);
  CHECK(b.inbox.may_read());
}

TEST_CASE("receiver: many topics and runs seal a batch early", "[ingest]") {
  bench b(dynamic());
  line_source s(b.inbox, modality::fast, 1);
  for (int i = 0; i < 5000; ++i) s.feed("t" + std::to_string(i) + " \n", wall0, boot0);
  CHECK(b.inbox.sealed().size() == 4);
}

TEST_CASE("receiver: live streams are told of each sealed batch", "[ingest]") {
  bench b;
  std::size_t seen = 0;
  b.inbox.on_sealed([&](const batch_ptr& sealed) { seen += sealed->records(); });
  line_source s(b.inbox, modality::fast, 1);
  s.feed("a\nb\n", wall0, boot0);
  CHECK(b.inbox.copy_open()->records() == 2);
  CHECK(seen == 0);
  b.inbox.seal();
  CHECK(seen == 2);
  CHECK(b.inbox.copy_open() == nullptr);
}

TEST_CASE("count of line feeds is exact at every length and place", "[ingest]") {
  for (std::size_t size : {0, 1, 15, 16, 17, 31, 4096, 16 * 255, 16 * 256 + 3}) {
    CHECK(count_line_feeds(std::string(size, '\n')) == size);
    CHECK(count_line_feeds(std::string(size, 'x')) == 0);
    for (std::size_t at = 0; at < std::min<std::size_t>(size, 40); ++at) {
      std::string text(size, '\x0b');
      text[at] = '\n';
      CHECK(count_line_feeds(text) == 1);
    }
  }
}

}  // namespace oklog::ingest
