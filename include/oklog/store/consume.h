// Consuming: claimed ingest segments of one shard in, store segments out.
//
//   auto job = log.begin_consume(std::move(inputs));   // loop
//   job.run();                                         // pool
//   auto done = log.end_consume(std::move(job));       // loop: pieces are live and queryable
//   ... and only then may the node commit on the ingesters.
//
// The job checks and decodes every block, sorts by window, topic and ULID, drops equal records
// (K1), cuts at window boundaries, and publishes each piece by rule C1 where this store is in its
// write set (K7); what only others are to hold is staged for them. Records in = records out + equal
// records dropped, verified before anything is said to be done (K8). On an error nothing it wrote
// remains: fail the claims back.
//
// Memory: the inputs' bytes, freed one by one as they are decoded, and at most about
// claim_raw_bytes_max of decoded records; what is beyond goes to further pieces of the same
// partition, which compaction merges later.
#pragma once

#include <string>
#include <vector>

#include "oklog/segment/ingest_segment.h"
#include "oklog/store/consumer.h"
#include "oklog/store/metrics.h"
#include "oklog/store/placement.h"

namespace oklog {

// A claimed segment as fetched: the bytes of its file.
struct consume_input {
  claim what;
  std::string bytes;
};

// What the loop must know of fetched bytes before it merges them. The shard is in the trailer; a
// file without one (its ingester died before the flush) has shard 0. Cheap: no text is read.
// Error: corruption, no ingest segment of ours at all. It can still be given to the job, which
// reports it as damaged so that its commit moves it to quarantine.
struct ingest_summary {
  std::uint32_t shard = 0;
  std::uint64_t raw_bytes = 0;
  std::uint64_t records = 0;
};
result<ingest_summary> summarize_ingest_segment(std::string_view bytes);

// What became of one input. `damaged_blocks` > 0 is to be told to the ingester with the commit
// (rule K10): it keeps the file in quarantine instead of removing it.
struct consumed_segment {
  claim what;
  hash128 hash;  // XXH3-128 of the bytes consumed: what commit names (R6)
  std::uint64_t file_bytes = 0;
  std::uint64_t records = 0;
  std::uint64_t damaged_blocks = 0;
};

struct consumed {
  std::vector<piece> pieces;  // empty where the inputs held no readable record
  std::vector<consumed_segment> segments;
  std::uint64_t records_in = 0;
  std::uint64_t records_out = 0;
  std::uint64_t dropped = 0;    // equal to another
  std::uint64_t conflicts = 0;  // equal ULID, other content: kept
  std::uint64_t written_bytes = 0;
};

class consume_job {
 public:
  consume_job(env::filesystem& fs, std::string dir, std::string store_id, ulid unique,
              store_placement placement, std::vector<consume_input> inputs);
  // Blocking. Success: every piece of ours is on disk under its final name.
  void run();

 private:
  friend class store_log;
  env::filesystem* fs_;
  std::string dir_;
  std::string store_id_;
  store_placement placement_;
  ulid unique_;  // names the pieces, counted up; never used twice
  std::vector<consume_input> inputs_;
  result<consumed> done_ = fail(errc::cancelled, "consume: not run");
  std::vector<std::shared_ptr<const store_segment>> opened_;
};

}  // namespace oklog
