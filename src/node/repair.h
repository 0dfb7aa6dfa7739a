// Makes the copies that are missing here: a store that was away, is new or has lost its disk takes
// from the others what its partitions lack. Loop thread only; disk and checks on the pool.
//
// A pass asks every store in service what it holds, plans (repair_plan.h), looks whether all that
// is held here is held by enough (copy_proof.h), and copies one piece after the other, at a limited
// pace. It removes nothing. A piece that was fetched once is not
// fetched again, one that was refused only after a while. While the disk is full nothing is done;
// the others are told when it stays so.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "node/copy_proof.h"
#include "node/disk_watch.h"
#include "node/holders.h"
#include "node/membership.h"
#include "node/pace.h"
#include "node/piece_copier.h"
#include "node/repair_plan.h"
#include "oklog/api/catalogue_api.h"
#include "oklog/node/config.h"

namespace oklog::node {

inline constexpr std::size_t fetched_pieces_max = 100'000;  // remembered
inline constexpr std::size_t refused_pieces_max = 10'000;   // remembered

class repairer {
 public:
  // All outlive it. `log` is the store's.
  repairer(env::environment env, const store_options& options, store_log& log,
           const holders& stores, roster_keeper& roster, membership& members, known_gaps& gaps,
           const disk_watch& disk, metrics_registry& registry);

  env::awaitable<void> run();

  // At the last pass.
  std::size_t partitions() const { return plan_.partitions; }  // of all stores
  // Also those that may have lost copies since.
  const std::set<partition>& under_replicated() const { return lacking_; }

 private:
  struct progress {
    std::size_t pieces = 0;
    std::uint64_t bytes = 0;
    std::size_t failures = 0;
  };
  enum class outcome { taken, passed_over, failed };

  env::awaitable<void> passes();
  env::awaitable<void> rest();
  env::awaitable<void> pass();
  env::awaitable<void> tell_room();
  // A store that goes away is noticed at once, also during a long pass.
  env::awaitable<void> watch();
  void show();
  env::awaitable<void> plan(repair_view& view);
  env::awaitable<std::vector<store_view>> ask_others();
  env::awaitable<void> announce();
  // What lies in quarantine was on so many stores before, or it was not.
  env::awaitable<void> judge_quarantine(bool compared);
  void remember(repair_view view);
  env::awaitable<void> mend(repair_task task);
  env::awaitable<outcome> take(partition where, const repair_copy& from,
                               const catalogue_segment& piece, progress& done);
  env::awaitable<result<std::uint64_t>> fetch(partition where, const repair_copy& from,
                                              const catalogue_segment& piece);
  void note_refusal(const repair_copy& from, const catalogue_segment& piece, const error& why);
  void note_fetched(const hash128& hash);
  void forget_fetched(const repair_task& task);
  bool pauses(const repair_copy& from, const catalogue_segment& piece) const;

  env::environment env_;
  store_options options_;
  store_log& log_;
  const holders& stores_;
  roster_keeper& roster_;
  membership& members_;
  known_gaps& gaps_;
  const disk_watch& disk_;
  piece_copier copier_;
  api::catalogue_client client_;
  pace pace_;
  std::map<std::string, store_catalogue> old_;  // of the pass before
  copy_proof proof_;
  env::event woken_;
  // When this process began: nothing that it held then was the only copy.
  bool was_proved_ = roster_.self().proved > 1;
  std::optional<boot_time> full_since_;
  bool hurry_ = true;             // copies are missing, or may be
  std::set<std::string> silent_;  // stores that did not say what they hold
  std::set<hash128> fetched_;
  std::deque<hash128> fetched_order_;  // oldest first
  std::map<std::pair<std::string, hash128>, boot_time> refused_;
  repair_plan plan_;                                     // the last one
  std::map<partition, known_gaps::ranges> recent_gaps_;  // of the pass before
  std::set<partition> lacking_;
  gauge under_replicated_;
  counter segments_;
  counter bytes_;
  counter failures_;
};

}  // namespace oklog::node
