// What this node itself holds of one half, pinned: it takes part in an answer of the cluster as the
// other nodes' halves do, without HTTP. Loop thread only.
#pragma once

#include <memory>
#include <vector>

#include "node/part_source.h"
#include "oklog/api/part_api.h"
#include "oklog/cluster/roster.h"

namespace oklog::node {

class own_part {
 public:
  virtual ~own_part() = default;
  // What it lacks, before anything is read.
  virtual const coverage& covered() const = 0;
  // What would be read.
  virtual query_stats in_question(const api::part_ask& what) const = 0;
  // Of a store: the windows that were pinned.
  virtual const store_catalogue& held() const = 0;
  // The matches, to the end. Error: the sink's, or cancelled.
  virtual env::awaitable<result<answer_summary>> give(api::part_ask what, batch_sink& to) = 0;
  virtual env::awaitable<api::near_answer> give_near(api::part_ask what,
                                                     std::vector<neighbour_ask> asks) = 0;
};

class own_parts {
 public:
  virtual ~own_parts() = default;
  // nullptr: this node has no such half. `memory`: of each search.
  virtual std::shared_ptr<own_part> pin(api::half h, ulid from, ulid to, std::size_t memory) = 0;
  // Of this node's store.
  virtual const cluster::roster& roster() const = 0;
};

}  // namespace oklog::node
