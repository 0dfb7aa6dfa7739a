// A store on a false disk with a false clock, fed with ingest segments made from plain records.
#pragma once

#include <algorithm>
#include <catch2/catch.hpp>
#include <memory>
#include <string>
#include <vector>

#include "oklog/segment/ingest_segment.h"
#include "oklog/sim/disk.h"
#include "oklog/store/store_log.h"

namespace oklog::test {

inline constexpr std::uint64_t MiB = 1024 * 1024;

struct plain_record {
  ulid id;
  std::string topic;
  std::string text;
  friend auto operator<=>(const plain_record&, const plain_record&) = default;
};
using plain_records = std::vector<plain_record>;

class false_clock final : public env::clock {
 public:
  wall_time now() const override { return wall; }
  boot_time boot() const override { return since_boot; }
  void pass(duration d) {
    wall += d;
    since_boot += d;
  }
  wall_time wall = from_unix_ms(3'600'000LL * 480'000);  // the start of a window
  boot_time since_boot{std::chrono::hours(1)};
};

inline constexpr std::uint64_t first_ms = 3'600'000ULL * 480'000;
inline const std::string new_store_id = "01ARZ3NDEKTSV4RRFFQ69G5FAV";

// The file of a flushed ingest segment; a block for every `a_block` records.
inline std::string ingest_bytes(const plain_records& records, std::uint32_t shard = 0,
                                std::size_t a_block = 100) {
  sim::disk disk;
  REQUIRE(disk.make_dirs("/i"));
  auto writer = ingest_segment_writer::create(disk, "/i", format(ulid{1, 1}) + ".active", 0);
  REQUIRE(writer);
  for (std::size_t i = 0; i < records.size(); i += a_block) {
    batch b;
    for (std::size_t k = i; k < std::min(i + a_block, records.size()); ++k) {
      b.add({records[k].id, records[k].topic, records[k].text, false});
    }
    std::vector<encoded_block> blocks;
    blocks.push_back(encode_block(b, block_compression_level));
    REQUIRE((*writer)->append(std::move(blocks)));
  }
  REQUIRE((*writer)->finish(shard));
  return *disk.contents((*writer)->file()->path);
}

inline plain_records sorted(plain_records r) {
  std::sort(r.begin(), r.end());
  return r;
}
inline plain_records unique(plain_records r) {
  r = sorted(std::move(r));
  r.erase(std::unique(r.begin(), r.end()), r.end());
  return r;
}

// `count` records from `seq` on, one a millisecond from `ms` on.
inline plain_records lines(std::uint64_t ms, std::uint64_t seq, std::size_t count,
                           const std::string& topic = "default", std::uint64_t stream = 7) {
  plain_records r;
  for (std::size_t i = 0; i < count; ++i) {
    r.push_back({ulid::make(ms + i, stream, seq + i), topic, "line " + std::to_string(seq + i)});
  }
  return r;
}

class store_world {
 public:
  explicit store_world(store_config config = {}, std::string id = new_store_id)
      : config_(std::move(config)), id_(std::move(id)) {
    config_.path = "/store";
  }

  // Opens it on `disk`; an error where it does not open.
  result<> open(env::filesystem& disk) {
    disk_ = &disk;
    log_.reset();
    auto opened = store_log::open(disk, clock, config_, id_, metrics, *null_);
    if (!opened) return std::move(opened).error();
    log_ = std::move(*opened);
    return {};
  }
  store_log& log() { return *log_; }

  result<consumed> consume(std::vector<std::string> files) {
    std::vector<consume_input> inputs;
    for (std::string& f : files) {
      inputs.push_back({{"ingester", "id" + std::to_string(++fetched_)}, std::move(f)});
    }
    consume_job job = log_->begin_consume(std::move(inputs));
    job.run();
    return log_->end_consume(std::move(job));
  }
  // What merges of several stores do: only pieces with this store in their write set are ours.
  result<consumed> consume(const plain_records& records, store_placement placement) {
    std::vector<consume_input> inputs;
    inputs.push_back({{"ingester", "id" + std::to_string(++fetched_)}, ingest_bytes(records)});
    consume_job job = log_->begin_consume(std::move(inputs), std::move(placement));
    job.run();
    return log_->end_consume(std::move(job));
  }
  result<consumed> consume(const plain_records& records, std::uint32_t shard = 0) {
    return consume(std::vector<std::string>{ingest_bytes(records, shard)});
  }

  // One compaction; its kind.
  result<compacted> compact() {
    auto job = log_->begin_compact();
    if (!job) return compacted{};
    job->run();
    return log_->end_compact(std::move(*job));
  }
  // Until there is nothing to do; how many there were.
  std::size_t compact_all() {
    std::size_t n = 0;
    for (int idle = 0; idle < 3;) {
      auto done = compact();
      if (!done || done->kind == compact_kind::none) {
        ++idle;
      } else {
        ++n;
        written_ += done->written_bytes;
      }
    }
    return n;
  }
  store_log::retained retain() {
    retention_job job = log_->begin_retention();
    job.run();
    return log_->end_retention(std::move(job));
  }

  // Every record that a query would see, sorted, equal ones as often as they lie there.
  plain_records contents() {
    plain_records all;
    for (const block_ref& ref : log_->snapshot(ulid_min, ulid_max).blocks(ulid_min, ulid_max)) {
      auto loaded = load_block(ref);
      REQUIRE(loaded);
      loaded->for_each([&](const record_view& r) {
        all.push_back({r.id, std::string(r.topic), std::string(r.text)});
      });
    }
    return sorted(std::move(all));
  }
  void verify_segments() {
    for (const segment_ptr& s : log_->live()) CHECK(verify_store_segment(*s));
  }
  std::uint64_t written() const { return written_; }

  false_clock clock;
  store_metrics metrics;

 private:
  store_config config_;
  std::string id_;
  env::filesystem* disk_ = nullptr;
  std::unique_ptr<logger> null_ = make_null_logger();
  std::unique_ptr<store_log> log_;
  std::uint64_t written_ = 0;
  int fetched_ = 0;
};

}  // namespace oklog::test
