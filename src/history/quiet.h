// Whether a cluster has come to rest: every node serves and knows all others, ingesters have handed
// over all they had, no copy is missing, replicas are equal, and every store answers in full with
// everything that is owed. Asked of the nodes themselves, again and again.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "history/disk_judge.h"
#include "history/fleet.h"
#include "history/questions.h"
#include "oklog/store/catalogue.h"

namespace oklog::history {

class quiet {
 public:
  quiet(sim::world& world, fleet& nodes, disk_judge& disks, questions& asker, const plan& p);

  env::awaitable<void> look_for_ever(duration every);
  // Members whose disks are lost: an operator says so, at every node, until all have heard it.
  void forget(const std::vector<std::string>& members);

  bool acquainted() const { return acquainted_; }
  bool reached() const { return reached_; }
  const std::string& why_not() const { return why_not_; }
  // What was seen before does not count.
  void begin_again();
  std::uint64_t pieces_repaired() const { return repaired_; }

 private:
  env::awaitable<std::string> look();
  env::awaitable<std::string> look_at_members();
  env::awaitable<std::string> look_at_stores();
  env::awaitable<std::string> look_at_gauges();
  env::awaitable<std::string> look_at_answers();
  env::awaitable<void> tell_to_forget();
  std::string compare(const std::vector<store_catalogue>& all) const;
  std::vector<std::size_t> present() const;

  sim::world& world_;
  fleet& nodes_;
  disk_judge& disks_;
  questions& asker_;
  const plan& plan_;
  std::set<std::string> to_forget_;
  std::set<std::pair<std::size_t, std::string>> forgotten_;  // by whom
  bool at_rest_ = false;  // asked whether it is quiet, not only whether all know each other
  bool acquainted_ = false;
  bool reached_ = false;
  std::uint64_t looks_ = 0;
  std::string why_not_ = "nobody has looked yet";
  std::uint64_t repaired_ = 0;
};

}  // namespace oklog::history
