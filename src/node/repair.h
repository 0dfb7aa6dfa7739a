// Makes the copies that are missing here: a store that was away, is new or has lost its disk takes
// from the others what its partitions lack. Loop thread only; disk and checks on the pool.
//
// A pass asks every store in service what it holds, plans (repair_plan.h), looks whether all that
// is held here is held by enough (clean_pass.h), and copies one piece after the other, at a limited
// pace. It removes nothing. A piece that was fetched once is not
// fetched again, one that was refused only after a while. While the disk is full nothing is done.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "node/clean_pass.h"
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
           const holders& stores, roster_keeper& roster, const membership& members,
           const disk_watch& disk, metrics_registry& registry);

  env::awaitable<void> run();

  // At the last pass.
  std::size_t partitions() const { return partitions_; }  // of all stores
  std::size_t under_replicated() const { return lacking_; }
  std::optional<partition> oldest_under_replicated() const { return oldest_lacking_; }

 private:
  struct progress {
    std::size_t pieces = 0;
    std::uint64_t bytes = 0;
    std::size_t failures = 0;
  };
  enum class outcome { taken, passed_over, failed };

  env::awaitable<void> pass();
  env::awaitable<std::vector<store_view>> ask_others();
  void begin_proof(const repair_view& view);
  // Brings the pass over all that is held (rule K15) forward, and announces it when it is done.
  env::awaitable<void> prove(const repair_view& view);
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
  const membership& members_;
  const disk_watch& disk_;
  piece_copier copier_;
  api::catalogue_client client_;
  pace pace_;
  std::map<std::string, store_catalogue> old_;  // of the pass before
  std::optional<clean_pass> proving_;
  // When this process began: nothing that it held then was the only copy.
  bool was_proved_ = roster_.self().proved > 1;
  std::map<std::string, unsigned> waits_;
  bool hurry_ = false;            // copies are missing
  std::set<std::string> silent_;  // stores that did not say what they hold
  std::set<hash128> fetched_;
  std::deque<hash128> fetched_order_;  // oldest first
  std::map<std::pair<std::string, hash128>, boot_time> refused_;
  std::size_t partitions_ = 0;
  std::size_t lacking_ = 0;
  std::optional<partition> oldest_lacking_;
  gauge under_replicated_;
  counter segments_;
  counter bytes_;
  counter failures_;
};

}  // namespace oklog::node
