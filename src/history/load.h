// The senders of a history: batches of numbered lines to the durable and the fast port of random
// ingesters. A batch is kept once its sender has half-closed and then seen the node close; one that
// is not may be sent again, elsewhere.
#pragma once

#include "history/fleet.h"
#include "oklog/env/task_group.h"
#include "oklog/history/ledger.h"

namespace oklog::history {

class load {
 public:
  load(sim::world& world, fleet& nodes, const plan& p, ledger& book);

  // A sender, until stop().
  env::awaitable<void> send_for_ever(std::uint64_t number);
  void stop() { stopping_ = true; }
  // One batch to one ingester; false where it was not kept.
  env::awaitable<bool> send_batch(std::size_t ingester, std::vector<std::uint64_t> lines,
                                  promise wanted, prng& random);
  // Lines of one new batch.
  std::vector<std::uint64_t> new_batch(std::size_t lines, prng& random);

  static const std::string& word(std::uint64_t which);

 private:
  env::awaitable<result<>> send_lines(std::size_t ingester, std::vector<std::uint64_t> lines,
                                      promise wanted, prng& random);
  std::optional<std::size_t> some_ingester(prng& random) const;
  std::string wire(std::uint64_t line) const;

  sim::world& world_;
  fleet& nodes_;
  const plan& plan_;
  ledger& book_;
  std::uint64_t batches_ = 0;
  bool stopping_ = false;
};

}  // namespace oklog::history
