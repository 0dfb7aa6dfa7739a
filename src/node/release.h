// Lets go of copies that this store is not to hold any more (rule K13): of partitions whose home
// set does not name it, and, while it drains, of all. And answers other stores that are about to
// let go of theirs. Loop thread only; disk and digests on the pool.
//
//   mark    on disk, and in the catalogue: nobody counts this copy, though it is listed and read
//   ask     the home set, whether each of them holds every record of it; a no clears the mark
//   hold    two more minutes, in which whoever has listed it may still read it
//   trash
//
// Of stores that all want to go, the one that has marked last is told no by the others: so N
// copies stay, whatever each of them knows of the others.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "node/holders.h"
#include "node/known_gaps.h"
#include "node/membership.h"
#include "node/record_question.h"
#include "oklog/api/confirm_api.h"
#include "oklog/base/metrics.h"
#include "oklog/env/env.h"
#include "oklog/node/config.h"
#include "oklog/store/store_log.h"

namespace oklog::node {

class releaser final : public api::confirm_service {
 public:
  // All outlive it. `log` is the store's.
  releaser(env::environment env, const store_options& options, store_log& log,
           const holders& stores, const membership& members, known_gaps& gaps,
           metrics_registry& registry);

  env::awaitable<void> run();

  std::string store_id() const override { return log_.store_id(); }
  api::holding has_digest(const partition& where, const set_digest& digest) const override;
  env::awaitable<api::holding> has_records(partition where, some_records records) override;

 private:
  struct confirmed {
    std::vector<std::string> names;  // what was asked about, and nothing else
    boot_time until{};
  };
  struct pause {
    boot_time until{};
    duration next{};
  };
  env::awaitable<void> pass();
  env::awaitable<void> look_at(catalogue_partition p, std::vector<std::string> ranked);
  env::awaitable<void> let_go(partition where);
  env::awaitable<bool> mark(partition where, bool on);
  // Whether as many as copies are wanted do, by rank; those are passed over that are full and do
  // not (rule K7).
  env::awaitable<bool> all_hold(partition where, const std::vector<std::string>& ranked,
                                bool by_digest_alone);
  env::awaitable<api::holding> ask(std::string store, partition where,
                                   const catalogue_partition& own, bool by_digest_alone);
  env::awaitable<api::holding> ask_digest(std::string store, partition where, set_digest digest);
  void put_off(const partition& where);
  bool may_confirm(const partition& where) const;

  env::environment env_;
  store_options options_;
  store_log& log_;
  const holders& stores_;
  const membership& members_;
  api::confirm_client client_;
  record_question question_;
  known_gaps& gaps_;
  std::map<partition, confirmed> held_;
  std::map<partition, pause> pauses_;
  bool was_draining_ = false;
  gauge releasing_;
};

}  // namespace oklog::node
