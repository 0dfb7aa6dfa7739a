// One look at everything that a store held at some moment: is each of its partitions on as many
// stores as there are copies, none of them gone (rule K15)? It may take many rounds: a partition
// that is being written to differs from its copies until all have what one has, at the latest when
// its hour is over. What comes in after the beginning is not looked at: it is written to stores
// that are not gone. Pure.
#pragma once

#include <set>
#include <vector>

#include "oklog/cluster/roster.h"
#include "oklog/store/catalogue.h"

namespace oklog::node {

class clean_pass {
 public:
  // `gone`: whom the store holds for lost now.
  clean_pass(const store_catalogue& own, std::vector<cluster::store_life> gone, unsigned copies);

  // What it and the others hold now. `others`: only stores that are not gone.
  void look(const store_catalogue& own, const std::vector<const store_catalogue*>& others);

  // That one was found often enough, record by record.
  void found(const partition& where) { open_.erase(where); }

  bool done() const { return open_.empty(); }
  const std::set<partition>& open() const { return open_; }
  unsigned copies() const { return copies_; }
  const std::vector<cluster::store_life>& gone() const { return gone_; }

 private:
  std::vector<cluster::store_life> gone_;
  unsigned copies_;
  std::set<partition> open_;  // not found often enough yet
};

}  // namespace oklog::node
