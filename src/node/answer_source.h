// One question to one half of one node, for an answer of the cluster: its reader fills it, the
// answer empties it into the merge. Loop thread only.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "node/own_part.h"
#include "oklog/env/task_group.h"

namespace oklog::node {

struct answer_source {
  explicit answer_source(env::scheduler& loop) : reading(loop) {}

  // Who is asked, and for what.
  std::string who;  // "store 01H... at 10.0.0.3:7650"
  ulid member;
  std::string address;            // empty: this node
  std::shared_ptr<own_part> own;  // then
  api::half half = api::half::ingest;
  api::part_ask ask;
  ulid start;  // it gives nothing before, in the query's order
  // Of a store: its number in the round, and the copies of the plan that it is to give.
  std::size_t store = 0;
  std::vector<std::size_t> copies;

  // What has come.
  answer_summary summary;  // the newest
  bool begun = false;
  bool ended = false;
  std::optional<error> lost;  // it gives no more, and has not given all
  std::deque<std::variant<std::string, batch>> blocks;
  std::vector<api::unread_part> unread;
  std::size_t bytes = 0;   // in `blocks`
  std::size_t merged = 0;  // that wait in the merge

  // Whether it owes us something, and since how many looks nothing of it came.
  bool owes = false;
  const api::part_answer* answer = nullptr;  // that is being waited for
  std::uint64_t heard = 0;
  std::uint64_t heard_before = 0;
  unsigned quiet = 0;
  bool silent = false;  // others shall read what they can of it

  bool settled = false;  // the merge knows that nothing more comes from it
  env::task_group reading;
};

}  // namespace oklog::node
