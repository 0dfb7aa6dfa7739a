// Blocking work of the ingest log, as values: begun on the loop, run() on the pool, ended on the
// loop.
//
// A job owns what it touches (a writer, encoded blocks, immutable batches) and the filesystem,
// which is thread-safe. run() is called once; its outcome stays in the job until end_*() takes it.
// A job that was begun must be ended.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "oklog/base/hash.h"
#include "oklog/ingest/receiver.h"
#include "oklog/segment/directory.h"
#include "oklog/segment/ingest_segment.h"

namespace oklog::ingest {

// A block in the active file, kept until a sync covers it (rules C6, K26).
struct kept_block {
  std::uint64_t serial = 0;  // of the batch
  bool durable = false;
  encoded_block block;
};

// Encodes sealed batches and appends them to the active segment in one write; syncs where asked.
struct write_job {
  void run();

  env::filesystem* fs = nullptr;
  std::string dir;
  std::string id;  // of the segment; its file is made where there is no writer
  std::uint64_t preallocate_bytes = 0;
  std::unique_ptr<ingest_segment_writer> writer;
  std::vector<kept_block> again;  // from a poisoned file, to be written first
  std::vector<sealed_batch> batches;
  bool sync = false;

  // Outcome.
  result<> outcome;
  std::size_t again_count = 0;  // of `blocks`, those that came from `again`
  bool appended = false;        // false: nothing of it is in the file
  bool synced = false;
  std::vector<kept_block> blocks;  // everything of this job, encoded
  std::vector<block_ref> refs;     // of the same blocks, where appended
};

// Finishes a segment: trailer with the shard, sync, rename to .flushed, sync of the directory. A
// poisoned one (no writer) is renamed as it is, or removed where nothing of it was ever synced.
struct flush_job {
  void run();

  env::filesystem* fs = nullptr;
  std::string dir;
  std::string id;
  std::unique_ptr<ingest_segment_writer> writer;
  std::uint32_t shard = 0;
  bool discard = false;

  // Outcome.
  result<> outcome;
  bool finished = false;  // trailer and content are on disk, whatever the rename did
  bool renamed = false;
};

// Renames, removes or quarantines files of the queue.
struct move_job {
  void run();

  enum class action { rename, remove, quarantine };
  struct step {
    std::string id;
    action what = action::rename;
    std::string from;  // file names
    std::string to;
    result<> outcome;
  };
  env::filesystem* fs = nullptr;
  data_directory* dir = nullptr;
  std::vector<step> steps;
};

// What a consumer reads of a segment: the first `bytes` of its file. That is all of it, except
// where a sync failed: then what was synced. Damaged blocks are in it, and the consumer steps over
// them.
struct segment_content {
  std::string id;
  std::uint32_t shard = 0;
  std::shared_ptr<data_file> file;
  std::uint64_t bytes = 0;
  std::uint64_t records = 0;  // good ones
  std::uint64_t raw_bytes = 0;
  std::optional<hash128> hash;  // XXH3-128 of the bytes; what commit must name. Set once read.
  std::shared_ptr<const std::vector<block_ref>> blocks;  // good ones
};
// Fills `out` with the content's bytes [offset, offset + size), fewer only at its end.
result<> read_content(const segment_content& content, std::uint64_t offset, std::size_t size,
                      std::string& out);

// Hashes a segment's content, where that was not done before.
struct read_job {
  void run();

  segment_content content;
  result<> outcome;
};

}  // namespace oklog::ingest
