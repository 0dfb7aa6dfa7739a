// Who answered a query in full, and who did not and why: what the verdict on an answer is made of
// (rules K19, K20). A value.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "oklog/query/coverage.h"

namespace oklog::node {

class roll_call {
 public:
  // One half of one member: a store, or an ingester.
  struct entry {
    std::string who;                 // "store 01H... at 10.0.0.3:7650"
    std::vector<std::string> why;    // it did not answer in full; empty: it did
    std::optional<wall_time> since;  // its part is complete from here on
    bool fully() const { return why.empty(); }
  };
  using entries = std::map<std::string, entry>;  // by store id, or by the ingester's member id

  void expect_store(const std::string& id, std::string who) { stores_[id].who = std::move(who); }
  void expect_ingester(const std::string& id, std::string who) {
    ingesters_[id].who = std::move(who);
  }
  // REQUIRES: expected.
  void store_failed(const std::string& id, std::string why) { fail(stores_[id], std::move(why)); }
  void ingester_failed(const std::string& id, std::string why) {
    fail(ingesters_[id], std::move(why));
  }
  // What the half says of its own part: where that is not full, it did not answer in full.
  void store_said(const std::string& id, const coverage& c) { say(stores_[id], c); }
  void ingester_said(const std::string& id, const coverage& c) { say(ingesters_[id], c); }
  // Something is doubtful that belongs to nobody.
  void doubt(std::string sentence) { doubts_.insert(std::move(sentence)); }

  const entries& stores() const { return stores_; }
  const entries& ingesters() const { return ingesters_; }
  const std::set<std::string>& doubts() const { return doubts_; }

 private:
  static void fail(entry& e, std::string why);
  static void say(entry& e, const coverage& c);

  entries stores_;
  entries ingesters_;
  std::set<std::string> doubts_;
};

}  // namespace oklog::node
