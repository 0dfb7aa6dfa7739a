// The ingest log: the queue of segments on an ingester's disk, and the receiver in front of it.
//
//   receiver -> .active -> .flushed -> .pending -> gone
//                             ^            | failed, or its lease ran out
//                             '------------'
//
// The loop thread owns it. Blocking work leaves as jobs (jobs.h); at most one write job and one
// flush job are under way at a time, beside any number of reads and moves. Nothing here
// acknowledges by itself: written_through() and synced_through() say what is in the page cache and
// what is on disk, by the serials of the receiver's batches.
//
// A file whose sync or append failed is poisoned (rules C5, C6): what was not synced is still in
// memory, is read from there alone, and goes to a new file first; what was synced is consumed as
// usual. A full disk is not
// that: the write is taken back, the batches stay queued, and it goes on by itself when there is
// room.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "oklog/base/log.h"
#include "oklog/base/prng.h"
#include "oklog/env/fs.h"
#include "oklog/ingest/jobs.h"
#include "oklog/ingest/metrics.h"
#include "oklog/ingest/receiver.h"
#include "oklog/ingest/shard_counter.h"

namespace oklog::ingest {

struct ingest_config {
  receiver_options receive;
  std::uint64_t flush_bytes = 16 * 1024 * 1024;      // of file
  std::uint64_t flush_raw_bytes = 32 * 1024 * 1024;  // of text (rule K10)
  duration flush_age = std::chrono::seconds(3);      // since the segment's first record
  std::uint64_t sync_bytes = 16 * 1024 * 1024;       // of file (rule K26)
  duration sync_age = std::chrono::seconds(1);
  duration pending_timeout = std::chrono::seconds(60);
  std::uint64_t write_bytes_max = 4 * 1024 * 1024;  // of text in one write job
};

// What a consumer asked for, decided. The HTTP status in brackets.
enum class decision {
  done,       // (200)
  not_found,  // no such segment, or it was committed already (404)
  not_read,   // it must be read before it can be committed (428)
  conflict,   // the lease is over, or the hash is another one (409)
};

struct claim {
  std::string id;
  std::uint32_t shard = 0;
  std::uint64_t bytes = 0;  // of content
  std::uint64_t raw_bytes = 0;
  std::uint64_t records = 0;
};

class ingest_log {
 public:
  // Blocking, at start-up: takes the directory and recovers everything in it (rules C4, C8, C14,
  // K25). Success: what was found is on disk under its recovered name and can be claimed.
  // `metrics`, `fs` and `log` must outlive it.
  static result<std::unique_ptr<ingest_log>> open(env::filesystem& fs, const std::string& path,
                                                  ingest_config config, ingest_metrics& metrics,
                                                  logger& log, prng random, wall_time now);
  ~ingest_log();

  receiver& inbox() { return inbox_; }
  const data_directory& directory() const { return *dir_; }

  // --- writing -----------------------------------------------------------------------------------

  // What is to be written or synced now, if anything: seals by age and at a sync point, takes what
  // fits. nullopt while another write is under way, after a failure for a short while, and while
  // the active segment is full (flush it first). `everything` seals and syncs all: for shutting
  // down.
  std::optional<write_job> begin_write(wall_time now, boot_time boot, bool everything = false);
  // Error: no_space or io; nothing was lost, all of it is queued again. Begin again at next_due().
  result<> end_write(write_job job, boot_time boot);

  // The active segment is full or old enough, or the synced part of a poisoned one waits. nullopt
  // while another flush is under way. `everything` does not wait for size or age.
  std::optional<flush_job> begin_flush(boot_time boot, bool everything = false);
  result<> end_flush(flush_job job, boot_time boot);

  // When to call begin_write() or begin_flush() again at the latest, if nothing arrives before.
  boot_time next_due() const;
  // All batches with a serial up to this are in a file (page cache; survives the process).
  std::uint64_t written_through() const { return written_; }
  // ... are on disk, file and directory. Durable lines may be acknowledged.
  std::uint64_t synced_through() const;
  // Nothing is in memory alone and no segment is active.
  bool drained() const;

  // --- consuming ---------------------------------------------------------------------------------

  // Whether begin_next() has a segment to give.
  bool can_claim() const;
  // The oldest flushed segment (of that shard, where one is wanted), leased to the caller until
  // now + pending_timeout. not_found where there is none. Ends with a claim.
  result<move_job> begin_next(boot_time now, std::optional<std::uint32_t> shard = {});
  result<claim> end_next(move_job job);

  // Renews the lease; the content can be read from then on, also after a commit.
  struct read_begin {
    decision what = decision::not_found;
    std::optional<read_job> job;
  };
  read_begin begin_read(std::string_view id, boot_time now);
  result<segment_content> end_read(read_job job);
  // While its bytes go out: renews the lease. `done` ends "reading=true".
  void keep_reading(std::string_view id, boot_time now, bool done);

  // A job only where the decision, which judge_commit() tells before, is `done`; the file is gone
  // (or in quarantine, where a block of it was damaged) after end_move().
  struct move_begin {
    decision what = decision::not_found;
    std::optional<move_job> job;
  };
  decision judge_commit(std::string_view id, const hash128& hash) const;
  move_begin begin_commit(std::string_view id, const hash128& hash, bool damaged = false);
  // Back to flushed.
  move_begin begin_failed(std::string_view id);
  // Those whose lease has run out; nullopt where there are none. Call it once a second.
  std::optional<move_job> begin_expire(boot_time now);
  // For commit, failed and expire. An error was logged and counted; the queue is consistent.
  result<> end_move(move_job job);

  // Text like Go's: "1 pending\n <id>: reading=true deadline=<RFC 3339>\n".
  std::string segment_state(wall_time now, boot_time boot) const;

  // --- querying ----------------------------------------------------------------------------------

  // Everything not yet consumed that may hold ids in [min, max]: all segments, what is being
  // written and what was just received. Refs stay readable after the segment is gone (rule K17).
  std::vector<block_ref> snapshot(const ulid& min = ulid_min, const ulid& max = ulid_max) const;

  // The records that the next sealed batch will begin with; a copy, null where there are none.
  batch_ptr open_batch() const { return inbox_.copy_open(); }

  struct queue_state {
    std::uint64_t segments = 0;
    std::uint64_t bytes = 0;
    std::uint64_t pending = 0;
    ulid oldest = ulid_max;  // of all unconsumed records but those of the open batch
  };
  queue_state queue() const;

 private:
  struct segment;
  struct active_segment;
  ingest_log(env::filesystem& fs, ingest_config config, ingest_metrics& metrics, logger& log,
             prng random);
  std::string new_id(wall_time now);
  segment* find(std::string_view id) const;

  bool sync_due(boot_time boot) const;
  bool active_full() const;
  std::uint64_t active_room() const;
  void take_again(write_job& job, std::uint64_t& room);
  void take_batches(write_job& job, std::uint64_t& room);
  void note_appended(write_job& job, boot_time boot);
  void note_synced();
  void back_off(boot_time boot, boot_time& not_before, const error& why);
  void poison(std::unique_ptr<active_segment> bad, const error& why);
  void rescue(active_segment& bad);
  void keep_again(std::vector<kept_block> blocks);

  std::optional<flush_job> begin_retire();
  void end_retire(flush_job& job);
  bool choose_flush(boot_time boot, bool everything);
  void add_flushed(active_segment& done, std::uint64_t bytes, std::uint32_t shard, bool renamed);
  void add_segment(std::unique_ptr<segment> found);
  void forget(segment& gone);
  void measure_queue();
  move_job make_move() const;

  env::filesystem* fs_;
  ingest_config config_;
  ingest_metrics* metrics_;
  logger* log_;
  prng random_;
  std::unique_ptr<data_directory> dir_;
  receiver inbox_;

  // The queue, oldest first: by a number given when a segment is flushed or found, never by mtime.
  std::map<std::uint64_t, std::unique_ptr<segment>> queue_;
  std::map<std::string, std::uint64_t, std::less<>> by_id_;
  std::uint64_t next_order_ = 1;
  shard_counter shards_;

  std::unique_ptr<active_segment> active_;    // its writer is in the job while writing_
  std::unique_ptr<active_segment> flushing_;  // its writer is in the job while flush_running_
  std::unique_ptr<active_segment> retiring_;
  std::vector<std::unique_ptr<active_segment>> poisoned_;
  std::vector<kept_block> again_;               // from poisoned files, by serial
  std::map<std::uint64_t, batch_ptr> rescued_;  // the same decoded, until synced, for queries
  std::uint64_t again_low_ = 0;  // the lowest serial of those in a write job; 0: none
  std::uint64_t written_ = 0;
  std::uint64_t last_id_ms_ = 0;
  bool writing_ = false;
  bool flush_running_ = false;
  boot_time write_not_before_{};
  boot_time flush_not_before_{};
  duration backoff_{};
};

}  // namespace oklog::ingest
