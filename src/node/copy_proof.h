// Whether all that this store holds is on as many stores as copies are wanted (rule K15): one clean
// pass after the other, each announced in the roster when it is done.
//
// What is in doubt is counted as under-replicated until it is proved: after a start, once a store
// that counts is away, and while fewer copies were proved than are wanted. Where digests cannot
// show it, since more comes in or copies are not merged yet, the records themselves are asked
// about. Loop thread only.
#pragma once

#include <optional>
#include <set>
#include <vector>

#include "node/clean_pass.h"
#include "node/membership.h"
#include "node/record_question.h"
#include "node/repair_plan.h"
#include "node/roster_keeper.h"

namespace oklog::node {

class copy_proof {
 public:
  // All outlive it.
  copy_proof(env::environment env, const store_options& options, store_log& log,
             roster_keeper& roster, const membership& members);

  // `own`: the catalogue of this moment. Goes on with the pass that there is, unless that rests on
  // a store that is away by now.
  void begin(const store_catalogue& own, unsigned copies);
  // Compares digests. REQUIRES: begun.
  void look(const repair_view& view);
  // Asks about the records of what digests did not show, while it is in doubt, or a store that is
  // gone waits to be retired.
  env::awaitable<void> ask(const std::vector<store_view>& others);
  // The copies that were found; 0: it is not done.
  env::awaitable<unsigned> announce();

  // A store that counts has gone away since begin().
  bool shaken() const;
  bool in_doubt() const;
  // What is held here, may have lost copies, and was not found often enough since.
  std::set<partition> doubtful() const;
  // Others are held for gone than at begin().
  bool stale() const;
  // A proof is wanted and may be had soon: enough stores list what is not proved, or what it has to
  // show has just changed.
  bool near() const;

 private:
  bool gone_unproved() const;
  bool may_count(const store_catalogue& held) const;
  std::set<cluster::store_life> away() const;
  env::awaitable<bool> often_enough(partition where, const std::vector<store_view>& others);
  env::awaitable<bool> holds(const store_view& other, const segment_ptr& segment);

  env::environment env_;
  store_log& log_;
  roster_keeper& roster_;
  const membership& members_;
  record_question question_;
  std::optional<clean_pass> pass_;
  std::uint64_t passes_ = 0;
  std::set<cluster::store_life> away_;     // when it began
  std::vector<cluster::store_life> gone_;  // likewise
  boot_time changed_;                      // when either did
  bool in_doubt_ = true;
  bool listed_ = false;
};

}  // namespace oklog::node
