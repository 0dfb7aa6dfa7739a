// The roster of a store: what it knows of who counts (cluster/roster.h), on its disk, exchanged
// with the other stores. Everything that is told to others, or acted on, is on disk first.
//
//   roster_keeper.cc   reading, writing, exchanging
//   roster_news.cc     what the membership and the other stores change in it
//
// Loop thread only.
#pragma once

#include <climits>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "node/counted_write.h"
#include "node/membership.h"
#include "node/peer_clocks.h"
#include "oklog/api/roster_api.h"
#include "oklog/base/metrics.h"
#include "oklog/env/env.h"
#include "oklog/env/event.h"
#include "oklog/env/task_group.h"

namespace oklog::node {

inline constexpr const char* roster_name = "roster.json";

class roster_keeper final : public api::roster_service {
 public:
  struct options {
    std::string dir;  // the store's
    ulid own;
    std::uint64_t starts = 0;                      // of that directory
    duration absence{};                            // after so long a store is held for gone
    std::function<std::uint64_t()> removed_below;  // windows, by retention
  };
  // `members` outlives it.
  roster_keeper(env::environment env, membership& members, options o, metrics_registry& registry);

  // Reads what is on disk, and puts this store in. Error: the file is damaged, or io.
  env::awaitable<result<>> open();
  // Exchanges with others and follows the membership, until its task is stopped.
  env::awaitable<void> run();

  // As it is on disk.
  const cluster::roster& roster() const { return kept_; }
  const cluster::store_entry& self() const { return *kept_.store(options_.own); }
  // Goes up with each change.
  std::uint64_t version() const { return version_; }

  // What the ingester at that address has said; empty: this node's own.
  void note_low_water(const std::string& address, const cluster::low_water& low) {
    low_water_[address] = low;
  }
  // A piece of so many copies is about to be written here. Success: where this store has proved
  // more, that is taken back, on disk. What is returned lives until the piece is in the catalogue.
  env::awaitable<result<counted_write>> begin_write(unsigned copies);
  // The catalogue of this moment is what the next announcement speaks of.
  void begin_pass();
  // All that was in that catalogue was found on `copies` stores that are not gone; `knew` were,
  // when the pass was begun. What was written since then may have fewer, and lowers that.
  env::awaitable<void> announce_pass(unsigned copies, std::vector<cluster::store_life> knew);
  // By hand: whether this store takes nothing new, and lets go of what it holds. Success: on disk.
  env::awaitable<result<>> set_draining(bool on);
  // Whether its disk has no room for what it does not hold. Success: on disk.
  env::awaitable<result<>> set_full(bool on);
  // By hand: what only it held is given up. Error: not_found, io.
  env::awaitable<result<>> give_up(ulid id);

  // The median of all stores' clocks, less ours.
  duration clock_offset() const { return clocks_.median(); }

  result<api::written_roster> written() const override;
  env::awaitable<result<api::written_roster>> exchange(cluster::roster theirs) override;

  // Why nobody may count on what this store holds: others remember more of it than it does (rule
  // K16). Empty otherwise, also in the moments after a start in which they were not asked yet.
  std::string doubt() const;
  // Called once, when others remember of this very directory what it does not: it was restored from
  // a copy (rule K16). Nothing is exchanged any more.
  void on_restored(std::function<void()> fn) { on_restored_ = std::move(fn); }

 private:
  using change_fn = std::function<bool(cluster::roster&)>;
  // Applies `fn` to a copy and writes that. True where it changed something. One at a time.
  env::awaitable<result<bool>> change(change_fn fn);
  env::awaitable<void> keep(change_fn fn);  // an error is logged
  void note_failure(const error& why);
  env::awaitable<result<>> change_self(std::function<void(cluster::store_entry&)> fn);
  env::awaitable<void> exchange_with_some();
  env::awaitable<void> exchange_with(ulid store, std::string api);
  env::awaitable<void> take(ulid store, std::uint64_t epoch, api::roster_client::answer got);
  bool settled() const;
  env::awaitable<void> pause();
  void look_at_clock();

  // roster_news.cc
  bool take_news(cluster::roster& r);
  bool look_at_self(cluster::roster& r);
  void look_at_stores(const cluster::roster& r);
  bool knows_all_in_service(const cluster::roster& r) const;
  std::set<ulid> away() const;
  bool look_at_ingesters(cluster::roster& r) const;
  void look_for_own(const cluster::roster& theirs);
  bool restored_by(const cluster::store_entry& us) const;
  void count_change(cluster::store_entry& self) const;

  env::environment env_;
  membership& members_;
  options options_;
  boot_time since_;  // this process knows
  api::roster_client client_;
  cluster::roster kept_;
  std::uint64_t version_ = 0;
  // kept_, as it is on disk. Nothing while our entry is not: before that nobody is told of us.
  std::optional<api::written_roster> on_disk_;
  bool failing_ = false;  // to write, which was logged
  bool writing_ = false;
  env::event written_;
  std::set<ulid> confirmed_;  // have our entry, of this epoch, on disk
  std::map<ulid, boot_time> absent_;
  static constexpr unsigned no_write = UINT_MAX;
  std::multiset<unsigned> copies_written_;  // of the pieces that are being written
  unsigned least_since_pass_ = no_write;    // copies of what may not be in its catalogue
  std::map<std::string, cluster::low_water> low_water_;
  // Of our entry, as it was on disk when this process began; nothing where it was not.
  using age = std::pair<std::uint64_t, std::uint64_t>;  // epoch, revision
  std::optional<age> opened_;
  std::uint64_t first_revision_ = 1;  // that this process may give it
  boot_time changed_;                 // it last
  // What others remember of us, where it is newer than what we do.
  std::uint64_t remembered_epoch_ = 0;
  std::uint64_t remembered_revision_ = 0;
  peer_clocks clocks_;
  bool clock_warned_ = false;
  bool restored_ = false;
  std::function<void()> on_restored_;
  std::set<ulid> silent_;
  static constexpr duration restless_pause = std::chrono::milliseconds(200);
  duration pause_ = restless_pause;  // before the next turn
  std::size_t known_to_pause_ = 0;   // of what happened up to the last turn
  gauge admitted_;
  gauge counted_;
  gauge gone_;
  gauge offset_;
  gauge proved_;
};

}  // namespace oklog::node
