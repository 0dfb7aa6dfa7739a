// Who must be accounted for: every store and every ingester that may hold records which nobody else
// has. Membership says who is there now; the roster says who counts, also after a restart, also
// when it is dead (rules K14-K16, K19). Each store keeps it on disk, and stores exchange it.
//
// Merging two rosters is a union: each store alone changes its own entry, by a higher epoch or
// revision; what others find out about it only ever grows. So rosters may be exchanged in any
// order, any number of times. Pure.
//
// A store's life:
//   known -> admitted: counts as a replica, once enough others have its entry on disk (K14)
//   -> gone: held for lost by others, each for itself, after a long absence; its copies are made
//      anew. Where it comes back it takes a new epoch, and is admitted anew
//   -> retired: every other store has proved that nothing depends on it (K15). Missed no more
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "oklog/base/ulid.h"

namespace oklog::cluster {

inline constexpr std::size_t roster_entries_max = 16 * 1024;  // stores, and ingesters
inline constexpr std::size_t roster_gone_max = 1024;          // that one store names
inline constexpr std::uint64_t low_water_step_ms = 60'000;    // a smaller rise is not told

// A store in one of its lives.
struct store_life {
  ulid id;
  std::uint64_t epoch = 0;
  friend auto operator<=>(const store_life&, const store_life&) = default;
};

struct store_entry {
  ulid id;
  std::uint64_t epoch = 1;
  std::uint64_t revision = 0;  // goes up with each change, hour and start: each one process's
  std::uint64_t starts = 0;    // of its process, from its directory (K16)
  std::uint8_t factor = 1;     // the copies that it is set to make
  std::uint8_t proved = 1;     // copies that its last clean pass found of all that it holds
  bool admitted = false;
  bool draining = false;
  bool full = false;             // its disk, for as long as others wait before they repair (K7)
  std::uint64_t floor = 0;       // its retention has removed windows below this one (K12)
  std::string api;               // where it was last, "host:port"
  std::vector<store_life> gone;  // whom it holds for lost; ascending
  std::vector<store_life> clean_knew;  // whom it held for lost when its last clean pass began

  store_life life() const { return {id, epoch}; }
  bool holds_for_gone(const store_life& s) const;
  friend bool operator==(const store_entry&, const store_entry&) = default;
};

// What an ingester last said of the oldest that it may still hold unconsumed. The later statement
// holds, also where it is the lower one: a clock may go back.
struct low_water {
  std::uint64_t starts = 0;     // of its directory
  std::uint64_t uptime_ms = 0;  // of that process, when it said so
  std::uint64_t ms = 0;         // unix
  // What an ingester says goes up all the time: a store takes it down in steps. What others have
  // taken down is merged as it is, so that all come to the same.
  bool worth_saying(const low_water& before) const;
  friend auto operator<=>(const low_water&, const low_water&) = default;
};

struct ingester_entry {
  ulid id;
  std::uint64_t starts = 0;
  bool handed_over = false;  // it left after that start, and kept nothing back
  cluster::low_water low_water;
  std::uint64_t given_up = 0;     // up to that start, by hand
  std::uint64_t given_up_ms = 0;  // when
  std::string api;
  friend bool operator==(const ingester_entry&, const ingester_entry&) = default;
};

struct retirement {
  std::uint64_t epoch = 0;    // the last life that nothing depends on
  std::uint64_t loss_ms = 0;  // when its loss was accepted by hand; 0: it was proved
  friend bool operator==(const retirement&, const retirement&) = default;
};

class roster {
 public:
  const std::map<ulid, store_entry>& stores() const { return stores_; }
  const std::map<ulid, ingester_entry>& ingesters() const { return ingesters_; }
  const std::map<ulid, retirement>& retirements() const { return retired_; }

  // nullptr where it is not known.
  const store_entry* store(const ulid& id) const;
  bool retired(const store_life& s) const;
  // Whether answers must account for it: known, and not retired.
  bool counts(const ulid& id) const;
  std::vector<const store_entry*> counted() const;

  // Whether an answer of `own` alone may lack what others took.
  bool others_matter(const ulid& own) const;

  // The copies that are to be made: the most that any counted store is set to.
  unsigned factor() const;
  // How many counted stores must be missing before a record may be (K15): the least of the factor
  // and of what the counted stores have proved. 0: there is no store.
  unsigned proved_copies() const;

  // Whether `own` may take its place (K14). `confirmed`: stores that have its entry on disk;
  // `away`: those that are not in service.
  bool may_admit(const ulid& own, const std::set<ulid>& confirmed,
                 const std::set<ulid>& away) const;
  // Of those that `own` holds for gone, who may be retired: all of them together, or else single
  // ones (K15).
  std::vector<store_life> retirable(const ulid& own) const;

  // --- changes; each true where it was one
  // What is no entry (limits, order) is passed over. Entries of other stores only: of its own a
  // store believes nobody.
  bool merge(const roster& other, const ulid& own);
  bool put(store_entry e);  // the higher (epoch, revision) stays
  bool put(const ingester_entry& e);
  bool retire(const ulid& id, const retirement& r);

  friend bool operator==(const roster&, const roster&) = default;

 private:
  std::map<ulid, store_entry> stores_;
  std::map<ulid, ingester_entry> ingesters_;
  std::map<ulid, retirement> retired_;
};

}  // namespace oklog::cluster
