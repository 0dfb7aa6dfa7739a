// An ingest log on a false disk, driven step by step: jobs run at once, time is a number.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "oklog/ingest/ingest_log.h"
#include "oklog/ingest/line_source.h"
#include "oklog/sim/disk.h"

namespace oklog::ingest {

using record_set = std::set<std::pair<ulid, std::string>>;

inline void add_records(record_set& out, const batch& b) {
  b.for_each([&](const record_view& r) { out.insert({r.id, std::string(r.text)}); });
}

class harness {
 public:
  explicit harness(env::filesystem& fs, ingest_config config = {}, std::uint64_t seed = 1)
      : fs_(&fs), config_(std::move(config)), seed_(seed) {}

  result<> open() {
    log.reset();
    auto opened = ingest_log::open(*fs_, "/data", config_, metrics, *quiet_, prng(seed_++), now());
    if (!opened) return std::move(opened).error();
    log = std::move(*opened);
    log->inbox().on_sealed([this](const batch_ptr& b) { add_records(sealed, *b); });
    return {};
  }

  wall_time now() const { return from_unix_ms(1'700'000'000'000) + elapsed; }
  boot_time boot() const { return boot_time{} + elapsed; }
  void pass(duration d) { elapsed += d; }

  void send(std::string_view lines, modality how = modality::fast) {
    line_source s(log->inbox(), how, ++stream);
    s.feed(lines, now(), boot());
    s.finish(now(), boot());
  }
  // Everything that is due, once.
  bool write(bool everything = false) {
    auto job = log->begin_write(now(), boot(), everything);
    if (!job) return false;
    job->run();
    last = log->end_write(std::move(*job), boot());
    return true;
  }
  bool flush(bool everything = false) {
    auto job = log->begin_flush(boot(), everything);
    if (!job) return false;
    job->run();
    last = log->end_flush(std::move(*job), boot());
    return true;
  }
  void write_and_flush() {
    while (write(true)) {
    }
    while (flush(true)) {
    }
  }
  result<claim> next(std::optional<std::uint32_t> shard = {}) {
    auto job = log->begin_next(boot(), shard);
    if (!job) return std::move(job).error();
    job->run();
    return log->end_next(std::move(*job));
  }
  result<segment_content> read(const std::string& id) {
    auto begun = log->begin_read(id, boot());
    if (!begun.job) return fail(errc::not_found, "no");
    begun.job->run();
    auto content = log->end_read(std::move(*begun.job));
    if (content) log->keep_reading(id, boot(), true);
    return content;
  }
  decision finish(ingest_log::move_begin begun) {
    if (begun.job) {
      begun.job->run();
      last = log->end_move(std::move(*begun.job));
    }
    return begun.what;
  }
  decision commit(const std::string& id, const hash128& hash) {
    return finish(log->begin_commit(id, hash));
  }

  record_set seen() const { return records_of(log->snapshot()); }
  static record_set records_of(const std::vector<block_ref>& refs) {
    record_set out;
    for (const block_ref& ref : refs) {
      if (auto b = load_block(ref)) add_records(out, *b);
    }
    return out;
  }

  std::unique_ptr<ingest_log> log;
  metrics_registry registry;
  ingest_metrics metrics{registry};
  result<> last;
  record_set sealed;  // of all batches
  duration elapsed{};
  std::uint64_t stream = 0;

 private:
  env::filesystem* fs_;
  ingest_config config_;
  std::uint64_t seed_;
  std::unique_ptr<logger> quiet_ = make_null_logger();
};

}  // namespace oklog::ingest
