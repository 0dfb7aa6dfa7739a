// The judge of crash tests: what was sent, what was acknowledged, and whether what came back after
// a crash fits. A record is any string that identifies it with its content ("ULID line").
//
//   durability judge;
//   judge.sent(r);  log.append(r);  log.sync();  judge.acked(r);
//   disk.for_each_crash_state([&](sim::disk& image, std::string_view what) {
//     INFO(what);
//     CHECK(judge.check(recover(image)));
//   });
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "oklog/base/result.h"

namespace oklog::sim {

class durability {
 public:
  // Before it is handed over.
  void sent(std::string record);
  // As soon as the promise is made. REQUIRES: sent.
  void acked(const std::string& record);

  // Error: corruption, where an acknowledged record is missing, one appears that was never sent (or
  // with other bytes), or one appears twice; the sentence names the first such and counts all.
  result<> check(const std::vector<std::string>& recovered) const;
  // The same where records may come twice, since their identity will merge them away.
  result<> check_with_duplicates(const std::vector<std::string>& recovered) const;

  std::size_t sent_count() const { return sent_.size(); }
  std::size_t acked_count() const { return acked_.size(); }

 private:
  std::set<std::string> sent_;
  std::set<std::string> acked_;
};

}  // namespace oklog::sim
