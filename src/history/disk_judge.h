// Looks at the disks of a history's machines, as nobody in it can: what would survive if the power
// went now, and what is given up by each removal.
//
//   R1  what a sender was told to be on disk is found there after every crash
//   R2  an ingester lets go of a record only when as many stores as copies are wanted, by distinct
//       ids, have it on disk
//   R7  a store removes a file only when its other files hold the same records, retention is over,
//       or it is damaged
//
// A disk may be lost, or a bit flipped, only where another copy of everything promised is left:
// that is asked before.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "history/fleet.h"
#include "oklog/base/hash.h"
#include "oklog/history/ledger.h"
#include "oklog/segment/names.h"

namespace oklog::history {

class disk_judge {
 public:
  // `wrong` is told of each violation.
  disk_judge(sim::world& world, fleet& nodes, const plan& p, ledger& book,
             std::function<void(std::string)> wrong);

  // A machine's disk begins another life.
  void watch(std::size_t i);
  // A machine has lost its power, or its process has died.
  void check_after_death(std::size_t i);

  // What only this disk had is released. REQUIRES: may_lose(i).
  bool may_lose(std::size_t i);
  void note_loss(std::size_t i);

  struct flip_place {
    std::string path;
    std::uint64_t offset;
  };
  // In a store's file of which every record is somewhere else, too; `which` and `amount` choose.
  std::optional<flip_place> may_flip(std::size_t i, std::uint64_t which, std::uint64_t amount);
  // A bit of it is about to flip.
  void note_flip(std::size_t i, const std::string& path);
  // A file that is still in use though a bit of it has flipped; empty: there is none.
  std::string damage_left();

  // A partition that more stores have on disk than copies are wanted (rule K13); empty: none is.
  std::string surplus_left();

  // The ids by which others know the node that has this disk.
  std::vector<std::string> member_ids(std::size_t i);
  // Segments that ingesters have not handed over.
  std::size_t unconsumed(std::size_t i);
  std::uint64_t commits() const { return commits_; }
  std::size_t flips() const { return flips_; }

 private:
  struct stored_file {
    partition where;
    std::vector<ulid> records;
  };
  // What one store has on disk, for sure.
  struct holdings {
    std::string id;
    std::map<std::string, stored_file> files;
    std::map<ulid, unsigned> copies;
    std::map<std::string, duration> published;  // when files got their names
  };
  void drop_file(holdings& h, const std::string& name);
  holdings& refresh(std::size_t i);
  void on_name(std::size_t i, const std::string& from, const std::string& to);
  void on_ingest_commit(std::size_t i, const std::string& name, bool removed);
  void on_store_removal(std::size_t i, const std::string& name, const std::string& to);
  bool expired(std::size_t i, const ulid& id) const;
  bool expired_somewhere(const ulid& id);
  void note_clocks();
  bool too_old(const sent_line& l);
  bool proved(std::size_t i);
  bool still_queued(std::size_t i, const std::string& but, const ulid& id);
  // Files of the ingester's queue, as readers see them.
  std::vector<std::string> queue(std::size_t i);
  std::set<std::uint64_t> lines_in_queue(std::size_t i);
  bool has_another_name(std::size_t i, ingest_name n);
  std::vector<const holdings*> refresh_all();
  std::size_t stores_that_had(const ulid& id, const std::vector<const holdings*>& now) const;
  std::string where(const ulid& id);
  // Lines of which a store other than `but` has a record.
  bool elsewhere(std::uint64_t line, std::size_t but);
  bool record_elsewhere(const ulid& id, std::size_t but);
  std::optional<flip_place> place_in(std::size_t i, const std::string& name, std::uint64_t amount);

  sim::world& world_;
  fleet& nodes_;
  const plan& plan_;
  ledger& book_;
  std::function<void(std::string)> wrong_;
  std::map<std::size_t, holdings> holdings_;
  std::map<std::string, std::set<ulid>> had_;  // by the ids of stores whose disks are lost
  // A file as it was before a bit of it flipped.
  struct flip {
    hash128 sound;
    std::vector<ulid> records;
  };
  std::map<std::pair<std::size_t, std::string>, flip> flipped_;
  wall_time newest_clock_;  // that any node ever had when something was removed
  std::uint64_t commits_ = 0;
  std::size_t flips_ = 0;
};

}  // namespace oklog::history
