// Compaction: what to merge (plan, pure) and the merge itself (job, on the pool).
//
// At rest a partition is a row of segments whose id ranges are disjoint within each topic (K11).
// While it is still being written to, small segments are only collected, and merged once when they
// make a full one; the last few seconds of that merge stay in a small segment of their own, so that
// the records which come next do not overlap the full one. So each byte is rewritten about once.
//
//   open     (its window lasts, no higher shard of the window is known, or a segment came in
//   lately):
//            merge the small when together they reach the target, or are too many files
//   at rest  (otherwise): merge what overlaps whatever its size, and small neighbours
//
// Blocks that are full and overlap no other are copied as they are (decoded to check them, never
// encoded again); the rest is decoded, merged, coalesced and encoded anew. Memory: the decoded
// blocks that overlap at one point, and one output block.
//
// Inputs are removed only after rule C1 for every output (C2), and only when
// sum(inputs) - sum(dropped) = sum(outputs), digests and counts (K11, R7). A crash in between
// leaves both: queries drop the equal records, and the overlap brings the next compaction.
//
// A damaged segment whose blocks are all good (its filters, or bytes between, are not) is written
// anew by the same job; it stays beside its copy, for who sets it aside (damage.h).
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "oklog/base/time.h"
#include "oklog/segment/store_segment.h"

namespace oklog {

using segment_ptr = std::shared_ptr<const store_segment>;

struct compact_config {
  std::uint64_t target_bytes = 128ULL * 1024 * 1024;  // of file: -store.segment-target-size
  std::size_t inputs_max = 256;                       // files in one merge, and small files at once
  duration seam = std::chrono::seconds(10);  // of ULID time that stays out of a full segment
  duration quiet = std::chrono::minutes(2);  // without a new segment: at rest
};

enum class compact_kind { none, sequential, overlapping };

struct compact_plan {
  compact_kind kind = compact_kind::none;
  std::vector<segment_ptr> inputs;
  // Records from here on go to outputs of their own; ulid_max: none do.
  ulid seam = ulid_max;
};

// The next merge of one partition; none where it is as it should be. Pure. REQUIRES: one partition.
compact_plan plan_compaction(const std::vector<segment_ptr>& segments, bool at_rest,
                             const compact_config& config);

struct compacted {
  compact_kind kind = compact_kind::none;
  std::vector<segment_ptr> inputs;   // gone from disk, but for one that was written anew
  std::vector<segment_ptr> outputs;  // on disk
  std::uint64_t dropped = 0;
  std::uint64_t conflicts = 0;
  std::uint64_t written_bytes = 0;
  std::uint64_t copied_blocks = 0;  // not encoded again
  std::uint64_t encoded_blocks = 0;
  std::vector<error> unremoved;  // of inputs whose removal failed: duplicates after a restart
};

class compact_job {
 public:
  compact_job(env::filesystem& fs, std::string dir, ulid unique, compact_config config,
              std::vector<segment_ptr> segments, bool at_rest);
  // Writes one segment anew and leaves it where it is.
  compact_job(env::filesystem& fs, std::string dir, ulid unique, compact_config config,
              segment_ptr damaged);
  // Blocking: plans, merges, publishes, removes the inputs. On an error the inputs are as they
  // were.
  void run();

 private:
  friend class store_log;
  void remove_inputs(compacted& done) const;
  void note_damage(const compact_plan& plan, const store_segment* bad, const error& why);

  env::filesystem* fs_;
  std::string dir_;
  ulid unique_;
  compact_config config_;
  std::vector<segment_ptr> segments_;
  bool at_rest_ = false;
  bool anew_ = false;
  result<compacted> done_ = fail(errc::cancelled, "compact: not run");
  std::vector<std::string> damaged_;
  compact_kind kind_ = compact_kind::none;
  std::size_t inputs_ = 0;
  boot_time begun_;
};

}  // namespace oklog
