// Which store reads what for one query (rule K18): from the catalogues of all stores, the copies
// that have to be read, each from one of the stores that hold it. Where all that list a partition
// hold the same, that is one copy; where their digests differ, one of each distinct digest, which
// the answer's merge puts together.
//
// The work is spread by bytes, the same way each time; this node's own copies cost less, since they
// cross no network. A store that does not give what it was to read is replaced, copy by copy, by
// another that holds an equal one: first by those that have given no cause for doubt, then by those
// that were only slow, once more. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "oklog/store/catalogue.h"

namespace oklog::node {

// A store that takes part in a query. `held` is of the windows in question, pinned.
struct listed_store {
  std::string id;
  store_catalogue held;
  bool own = false;
};

// Of one partition, what all of these stores hold alike.
struct plan_copy {
  partition where;
  set_digest digest;
  std::uint64_t bytes = 0;

  enum class standing : std::uint8_t { fresh, slow, slow_again, failed };
  struct holder {
    std::size_t store;  // number in the list
    standing is = standing::fresh;
  };
  std::vector<holder> holders;
  std::size_t reader = 0;  // store that reads it, or was the last to try
};

enum class trouble { slow, failed };

class query_plan {
 public:
  // By store: the numbers of the copies that it reads, ascending by partition.
  using shares = std::map<std::size_t, std::vector<std::size_t>>;

  query_plan() = default;
  explicit query_plan(const std::vector<listed_store>& stores);

  const std::vector<plan_copy>& copies() const { return copies_; }
  // Who reads what now.
  shares reading() const;
  // Whether another store would take any of these copies over from that one.
  bool replaceable(std::size_t store, const std::vector<std::size_t>& copies) const;
  // `store` does not give these copies: who reads them instead. `left` gets those that nobody else
  // holds, or is left to ask for.
  shares replace(std::size_t store, trouble what, const std::vector<std::size_t>& copies,
                 std::vector<std::size_t>& left);
  // The copy of that partition that the store holds; nothing where it lists none.
  const std::size_t* find(std::size_t store, const partition& where) const;

 private:
  plan_copy::holder* choose(plan_copy& copy, std::size_t but);
  double cost(std::size_t store, std::uint64_t bytes) const;

  std::vector<plan_copy> copies_;
  std::vector<std::map<partition, std::size_t>> held_;  // by store: where -> copy
  std::vector<std::string> ids_;
  std::vector<bool> own_;
  std::vector<std::uint64_t> load_;      // bytes given to each store to read
  std::vector<std::uint64_t> troubles_;  // of each store
};

}  // namespace oklog::node
