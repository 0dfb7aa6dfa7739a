// All stores, asked once to pin what they hold of a span of time, and the plan of who reads what of
// it (rules K17, K18). The pins are held as long as this is. Loop thread only.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "node/membership.h"
#include "node/own_part.h"
#include "node/query_plan.h"
#include "node/roll_call.h"
#include "oklog/api/pin_api.h"
#include "oklog/env/event.h"
#include "oklog/env/task_group.h"

namespace oklog::node {

// "01H... at 10.0.0.3:7650"
std::string where(const cluster::member& m);
// "store ", "ingester ", "ingeststore "
std::string kind(cluster::role r);

// Stores hold what they release for longer than this (rule K13, store_options::release_hold):
// catalogues that lie further apart do not belong together.
inline constexpr duration round_max = std::chrono::minutes(1);
inline constexpr duration part_open_wait = std::chrono::seconds(7);

// Members that did not answer; they are not asked again for the same answer, and why.
using silent_members = std::map<ulid, std::string>;

class store_round {
 public:
  struct store {
    std::string id;
    ulid member;
    std::string who;  // "store 01H... at 10.0.0.3:7650", empty: this node
    std::string address;
    std::shared_ptr<own_part> own;     // either this ...
    std::optional<api::held_pin> pin;  // ... or that
    bool settled = false;              // pinned, or failed
    std::uint64_t heard = 0;           // signs of life
    std::uint64_t heard_before = 0;
    unsigned quiet = 0;  // looks without one
    const store_catalogue& held() const { return own ? own->held() : (*pin)->held; }
  };

  store_round(env::environment env, const membership& members)
      : env_(env), members_(members), news_(env.loop) {}

  // Waits until each has answered, or has failed; asks all again where that took over a minute. Not
  // for stores that are silent for part_quiet, as soon as all that they hold must be on others that
  // answered (rules K15, K19). What they say goes to the roll, who fails to `silent`. At most
  // `stores_max` are asked.
  env::awaitable<void> ask(ulid from, ulid to, own_parts& own, std::size_t memory,
                           std::size_t stores_max, roll_call& roll, silent_members& silent);

  const std::vector<store>& stores() const { return stores_; }
  // What all that answered know together (rule K18), this node too.
  const cluster::roster& roster() const { return roster_; }
  query_plan& plan() { return plan_; }
  const query_plan& plan() const { return plan_; }

 private:
  env::awaitable<void> ask_all(ulid from, ulid to, std::size_t stores_max,
                               const cluster::roster& own, roll_call& roll, silent_members& silent);
  env::awaitable<void> wait_for(std::vector<store>& asked, env::task_group& asking,
                                const cluster::roster& own, const roll_call& roll);
  env::awaitable<void> look_at(std::vector<store>& asked);
  bool may_go_without_silent(const std::vector<store>& asked, const cluster::roster& own,
                             const roll_call& roll) const;
  env::awaitable<void> pin_one(cluster::member m, ulid from, ulid to, store& into, roll_call& roll,
                               silent_members& silent);

  env::environment env_;
  const membership& members_;
  env::event news_;
  std::vector<store> stores_;
  cluster::roster roster_;
  query_plan plan_;
};

}  // namespace oklog::node
