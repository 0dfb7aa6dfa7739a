// What becomes of damaged files of a store: a job that moves a live segment, whose records are all
// in others, out of the way, or that notes of all of quarantine/ that it has been compared.
//
//   auto job = log.begin_set_aside(name);           // loop
//   auto job = log.begin_quarantine_compared();     // or this, or begin_quarantine_lost()
//   job->run();                                     // pool
//   log.end_damage(std::move(*job));                // loop
//
// A file is never removed because of damage. It lies in quarantine/ for people, and compared.json
// says that no answer lacks anything because of it.
#pragma once

#include <string>
#include <vector>

#include "oklog/env/fs.h"
#include "oklog/store/quarantine.h"

namespace oklog {

class damage_job {
 public:
  enum class kind { set_aside, compared, lost };
  // `aside`: the segment, for set_aside.
  damage_job(env::filesystem& fs, std::string dir, kind what, std::string aside = {});
  // Blocking. Success: on disk.
  void run();

 private:
  friend class store_log;
  env::filesystem* fs_;
  std::string dir_;
  kind what_;
  std::string aside_;
  result<quarantine_count> count_ = fail(errc::cancelled, "damage: not run");  // afterwards
  result<> done_ = fail(errc::cancelled, "damage: not run");
};

}  // namespace oklog
