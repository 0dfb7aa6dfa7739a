// The neighbours of matches as the sources of a cluster give them (rule K21): for each ask each
// source gives its nearest records; together they hold the nearest of all. What has not been asked
// for yet is not known, which is another thing than "there is none".
//
//   fetched_neighbours near(reach);
//   near.next(...); if (near.waits()) ...
//   round = asks; for each source: learn(its batches); end_round()
//
// A value; one thread at a time.
#pragma once

#include <map>
#include <vector>

#include "oklog/record/batch.h"
#include "oklog/store/neighbour_finder.h"

namespace oklog {

class fetched_neighbours final : public neighbour_finder {
 public:
  // A new round of asks; what the round before brought is forgotten.
  void begin_round(std::vector<neighbour_ask> asks);
  // All that one source gave for this round.
  void learn(const std::vector<batch>& records);

  std::optional<record_place> next(const neighbourhood& of, const ulid& id) override;
  std::optional<record_place> previous(const neighbourhood& of, const ulid& id) override;
  bool waits() const override { return waits_; }
  std::optional<record_view> view(const neighbourhood& of, const record_place& at) override;
  std::vector<std::string> take_failures() override { return {}; }

 private:
  struct record {
    std::string topic;
    std::string text;
    bool continuation;
  };
  // Everything between the two is known.
  struct interval {
    ulid low;
    ulid high;
  };
  struct area {
    std::map<ulid, record> records;
    std::vector<interval> known;
  };
  const interval* known_at(const neighbourhood& of, const ulid& id) const;

  std::vector<neighbour_ask> asks_;
  std::map<neighbourhood, area> areas_;
  bool waits_ = false;
};

// Blocking: what a source gives for a round of asks, in blocks of about a MiB, found in `finder`.
// Stops at `bytes_max`, and says so by false.
bool give_neighbours(neighbour_finder& finder, const std::vector<neighbour_ask>& asks,
                     std::size_t bytes_max, std::vector<batch>& out);

}  // namespace oklog
