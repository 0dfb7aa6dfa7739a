// Whether a cluster's stores are sound and hold the same, from what each said of itself (the blocks
// that it read, its catalogue). Pure.
//
// Copies of a partition are compared by count and digest. One that is still written to or merged
// cannot be: it is counted apart. A copy that holds less than others is a difference only where too
// few others hold all: else it is one copy too many, which is released in time.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "oklog/api/verify_api.h"
#include "oklog/store/catalogue.h"

namespace oklog::cmd {

struct verified_store {
  std::string name;  // its id
  std::string api;
  std::string failure;  // why it did not answer in full; empty: it did
  api::verify_answer said;
  std::optional<store_catalogue> held;
};

struct verify_input {
  std::vector<verified_store> stores;  // in service
  std::vector<std::string> away;       // stores that are not, and may hold copies
  unsigned factor = 1;
};

struct copy_difference {
  partition where;
  struct copy {
    std::string store;
    set_digest digest;
    bool damaged = false;
  };
  std::vector<copy> copies;
};

struct verify_report {
  std::size_t partitions = 0;
  std::size_t changing = 0;                       // written to or merged: not compared
  std::vector<copy_difference> differing;         // fewer than `factor` hold all that is known
  std::vector<copy_difference> under_replicated;  // the copies are equal, and too few
  std::size_t surplus = 0;                        // copies that hold less than enough others do
  std::uint64_t damaged = 0;
  std::uint64_t unread = 0;
  std::uint64_t quarantined = 0;
  bool everybody = true;  // answered
};

verify_report compare(const verify_input& in);

// 0 sound, 1 damage, differences or missing copies, 3 nothing is wrong as far as is known, but not
// everybody answered.
int exit_code(const verify_report& r);
std::string report_text(const verify_input& in, const verify_report& r);
nlohmann::ordered_json report_json(const verify_input& in, const verify_report& r);

}  // namespace oklog::cmd
