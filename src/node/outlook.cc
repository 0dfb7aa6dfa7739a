#include "node/outlook.h"

#include <algorithm>

#include "node/membership.h"

namespace oklog::node {

coverage outlook(const accounting& who) {
  roll_call all;
  for (const cluster::member& m : who.members) {
    if (!in_service(m)) continue;
    if (has_ingest(m.data.role)) all.expect_ingester(format(m.id), "");
    if (has_store(m.data.role)) all.expect_store(format(m.id), "");
  }
  return verdict(all, who);
}

std::vector<std::string> replaced_members(const accounting& who) {
  std::vector<std::string> sentences;
  for (const cluster::member& gone : who.members) {
    if (gone.state != cluster::state::dead) continue;
    const std::string api = format(gone.data.api());
    const auto now_there = [&api](const cluster::member& m) {
      return in_service(m) && format(m.data.api()) == api;
    };
    const auto at = std::find_if(who.members.begin(), who.members.end(), now_there);
    if (at == who.members.end()) continue;
    sentences.push_back(format(at->id) + " is at " + api + " now, where " + format(gone.id) +
                        " was: if its disk is gone for good, say `oklog forget -accept-loss " +
                        format(gone.id) + "`");
  }
  return sentences;
}

}  // namespace oklog::node
