// The store's table of live segments, and the one door to its directory.
//
// The loop thread owns it. Blocking work is a job: begin_x() on the loop, job.run() on the pool,
// end_x() on the loop; jobs hold values and shared immutable segments only. open() alone blocks, at
// start-up. Every segment keeps its file open, so readers go on after it was compacted or expired.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "oklog/base/log.h"
#include "oklog/env/clock.h"
#include "oklog/env/fs.h"
#include "oklog/segment/directory.h"
#include "oklog/store/catalogue.h"
#include "oklog/store/compact.h"
#include "oklog/store/consume.h"
#include "oklog/store/damage.h"
#include "oklog/store/metrics.h"
#include "oklog/store/receive.h"
#include "oklog/store/release.h"
#include "oklog/store/retention.h"

namespace oklog {

struct store_config {
  std::string path = "data/store";
  compact_config compact;
  retention_config retention;
};

// What a query reads. Its segments keep their files alive.
struct store_snapshot {
  std::vector<segment_ptr> segments;  // that meet the range
  std::size_t quarantined = 0;        // files of unknown range: every answer is partial then (K20)

  // All their blocks that meet the range.
  std::vector<block_ref> blocks(const ulid& min, const ulid& max) const;
  // Of these partitions alone; they ascend.
  store_snapshot only(const std::vector<partition>& which) const;
};

struct store_totals {
  std::uint64_t partitions = 0;
  std::uint64_t records = 0;  // equal ones that are not merged yet count twice
  std::uint64_t oldest_window = 0;
  std::uint64_t newest_window = 0;
  std::uint64_t trash_bytes = 0;
};

class store_log {
 public:
  // Opens the directory (kind store; `new_id` where it is new) and reads every footer (K20).
  // Our own .active files are left-overs of writes that nobody was told of: removed. A file of our
  // name that fails its checks goes to quarantine. Everything else is left and counted.
  static result<std::unique_ptr<store_log>> open(env::filesystem& fs, const env::clock& clock,
                                                 store_config config, const std::string& new_id,
                                                 store_metrics& metrics, logger& log);

  const std::string& store_id() const { return directory_->id(); }
  std::uint64_t starts() const { return directory_->starts(); }
  // Blocks. For the next opening.
  result<> change_id(const std::string& id) { return directory_->change_id(id); }
  bool start_counted() const { return directory_->start_counted(); }
  store_snapshot snapshot(const ulid& min, const ulid& max) const;
  std::size_t segments() const { return live_.size(); }
  std::uint64_t bytes() const { return bytes_; }
  store_totals totals() const;
  // In quarantine/, and live files that could not be read at start-up; not those that were compared
  // with what others hold.
  std::size_t quarantined() const { return quarantined_ + unreadable_; }
  // All live segments, by name: by window, then shard.
  std::vector<segment_ptr> live() const;

  // Any number at once. REQUIRES: inputs of one shard. Without a placement all is ours alone.
  consume_job begin_consume(std::vector<consume_input> inputs);
  consume_job begin_consume(std::vector<consume_input> inputs, store_placement placement);
  // Success: the pieces that are ours are on disk and in the table; the others are staged.
  result<consumed> end_consume(consume_job job);

  // A live or staged segment of that name, for those who copy it; nullptr where there is none.
  segment_ptr find(const std::string& name) const;
  // Staged pieces of these names are needed no more. run() on the pool, nothing to end.
  discard_job begin_discard(const std::vector<std::string>& names);

  // What it holds of the windows from `from` to `to`, both included.
  store_catalogue catalogue(std::uint64_t from = 0, std::uint64_t to = ~0ULL) const;
  std::optional<catalogue_partition> describe(const partition& where) const;
  // The oldest window that retention leaves. What is older is not to be copied here (K12).
  std::uint64_t floor() const;
  // Retention has removed windows below this one: what it took stays gone, whatever the clock says.
  std::uint64_t removed_below() const;
  // What was known of that before the store was opened.
  void remember_removed(std::uint64_t below) { removed_below_ = std::max(removed_below_, below); }
  // Whether retention would leave that window with so much more in it.
  bool has_room_for(std::uint64_t window, std::uint64_t bytes) const;

  // Whether a live segment is that piece (K9), as far as is known without damage.
  bool has_piece(const partition& where, const hash128& hash) const;
  // Any number at once.
  receive_job begin_receive(const partition& where);
  // REQUIRES: finish() succeeded. The piece is in the table.
  void end_receive(receive_job job);

  // Some of a live segment cannot be read: it stays, is left out of compaction, and its partition
  // says so in the catalogue. True where that is news; logged and counted then.
  bool note_damage(const std::string& name, const std::string& why);
  // It was read again, whole: the disk had a bad day.
  void note_sound(const std::string& name);
  std::vector<segment_ptr> damaged() const;
  // A damaged segment is written anew beside itself. Nothing where it is not live or not damaged.
  std::optional<compact_job> begin_anew(const std::string& name);
  // Success: all its records are in sound live segments. Error: corruption, where some of its
  // blocks are bad; io; no_space. Nothing has changed then.
  result<> end_anew(compact_job job);
  // The live segments of a partition that are not known to be damaged.
  std::vector<segment_ptr> sound_members(const partition& where) const;
  // A damaged segment goes to quarantine/. REQUIRES: every record of it is in sound live segments.
  // Nothing while another damage_job is under way, or where it is not live or not damaged.
  std::optional<damage_job> begin_set_aside(const std::string& name);
  // REQUIRES: since the store was opened, each of its partitions was compared with all who may hold
  // it, and lacked nothing (K20). Nothing where there is nothing to note, or another is under way.
  std::optional<damage_job> begin_quarantine_compared();
  // What lies there now may have been the only copy: never to be taken for compared.
  std::optional<damage_job> begin_quarantine_lost();
  result<> end_damage(damage_job job);

  // What it is letting go of (release.h).
  const std::set<partition>& marked() const { return marked_; }
  // Nothing where it is so already, or another one is under way.
  std::optional<mark_job> begin_mark(const partition& where, bool on);
  // Success: it stands on disk.
  result<> end_mark(mark_job job);
  // Nothing where they are not live any more, or not marked.
  std::optional<retention_job> begin_release(const std::vector<std::string>& names);
  // False where some could not be moved: they stay live.
  bool end_release(retention_job job);

  // Empty where no partition wants work. One at once. Ask every second or so, and again right away
  // after one that did something.
  std::optional<compact_job> begin_compact();
  // The kind says whether anything was done.
  result<compacted> end_compact(compact_job job);

  // One at once; a pass every minute or so. `clock_offset`: other stores' clocks less ours; nothing
  // goes that is not old by both (R8).
  retention_job begin_retention(duration clock_offset = {});
  struct retained {
    std::size_t trashed = 0;
    std::size_t purged = 0;
    bool frozen = false;
    std::vector<error> errors;
  };
  retained end_retention(retention_job job);

 private:
  struct partition_state {
    boot_time changed;           // when a segment came in
    std::uint64_t revision = 0;  // counts arrivals
    bool planned = false;        // nothing to do until there is news ...
    bool settled = false;        // ... nor at rest
    boot_time not_before;        // after a failure
    std::map<std::string, segment_ptr> members;
  };

  store_log(env::filesystem& fs, const env::clock& clock, store_config config,
            store_metrics& metrics, logger& log);
  result<> load();
  result<> load_file(const std::string& name);
  void replace(const compacted& done);
  void insert(segment_ptr segment);
  void erase(const std::string& name);
  void take_count(const result<quarantine_count>& counted);
  void show();
  bool at_rest(const partition& where, const partition_state& state) const;
  ulid unique();

  env::filesystem* fs_;
  const env::clock* clock_;
  store_config config_;
  store_metrics* metrics_;
  logger* log_;
  std::unique_ptr<data_directory> directory_;
  std::map<std::string, segment_ptr> live_;
  std::map<std::string, segment_ptr> staged_;   // pieces for others
  std::map<std::string, std::uint64_t> trash_;  // name -> bytes
  std::map<partition, partition_state> partitions_;
  std::set<std::string> damaged_;
  std::set<partition> marked_;
  std::optional<partition> compacting_;
  std::uint64_t compacting_revision_ = 0;
  std::set<std::uint64_t> retiring_;  // windows that a retention job is moving
  std::uint64_t bytes_ = 0;
  std::size_t quarantined_ = 0;
  std::size_t unreadable_ = 0;
  std::size_t compared_ = 0;  // in quarantine/
  std::size_t foreign_ = 0;
  std::uint64_t counter_ = 0;
  std::uint64_t run_ = 0;
  clock_watch watch_;
  purge_watch purges_;
  bool frozen_ = false;
  bool mending_ = false;  // a damage_job is under way
  bool marking_ = false;  // a mark_job is
  std::uint64_t removed_below_ = 0;
};

}  // namespace oklog
