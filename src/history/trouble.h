// Carries out the faults of a plan, and undoes them all in the end.
#pragma once

#include <map>
#include <set>
#include <string>

#include "history/disk_judge.h"
#include "history/fleet.h"
#include "oklog/env/task_group.h"

namespace oklog::history {

class trouble {
 public:
  trouble(sim::world& world, fleet& nodes, disk_judge& disks, const plan& p);

  // The events of the plan, each at its moment.
  env::awaitable<void> run();
  // Everything is well again, and everybody is told to run who is not gone.
  void heal();
  // No more events, and nothing of them is undone.
  void end();
  // Of each kind those that happened.
  const std::map<fault, std::uint64_t>& happened() const { return happened_; }
  // Ids of stores and ingesters whose disks are lost, as members go by.
  const std::vector<std::string>& lost_members() const { return lost_; }

 private:
  void begin(const fault_event& e);
  void make_cut(const fault_event& e);
  void die(std::size_t i, const fault_event& e);
  void lose_disk(std::size_t i, const fault_event& e);
  void join(const fault_event& e);
  void harm_disk(std::size_t i, const fault_event& e);
  void flip(std::size_t i, const fault_event& e);
  bool may_be_gone(std::size_t i) const;
  env::awaitable<void> start_later(std::size_t i, duration wait);
  env::awaitable<void> watch_torn(std::size_t i, duration wait);
  env::awaitable<void> undo_later(duration wait, std::function<void()> undo);
  void later(duration wait, std::function<void()> undo);
  env::awaitable<void> clog_slowly(fault_event e);
  void set_weather(std::uint64_t loss, std::uint64_t duplication, std::uint64_t reordering);
  std::string some_host(std::uint64_t which) const;
  void note_loss(std::size_t i);

  sim::world& world_;
  fleet& nodes_;
  disk_judge& disks_;
  const plan& plan_;
  prng random_;
  env::task_group tasks_;
  std::map<fault, std::uint64_t> happened_;
  std::vector<std::string> lost_;
  std::set<std::size_t> failing_;  // machines whose disks had errors
  bool healed_ = false;
};

}  // namespace oklog::history
