#include "node/roll_call.h"

#include <algorithm>

namespace oklog::node {

void roll_call::fail(entry& e, std::string why) {
  e.taken_over = false;
  const bool known = std::find(e.why.begin(), e.why.end(), why) != e.why.end();
  if (!known) e.why.push_back(std::move(why));
}

void roll_call::store_taken_over(const std::string& id, std::string why) {
  entry& e = stores_[id];
  const bool only = e.why.empty() || e.taken_over;
  fail(e, std::move(why));
  e.taken_over = only;
}

void roll_call::say(entry& e, const coverage& c) {
  if (c.since && (!e.since || *e.since < *c.since)) e.since = c.since;
  for (const std::string& sentence : c.missing) fail(e, sentence);
  if (c.missing.empty() && c.state != coverage_state::full) fail(e, "it did not say what it lacks");
}

coverage verdict(const roll_call& called) {
  coverage all;
  std::set<std::string> said;
  for (const std::string& sentence : called.doubts()) all.add_missing(sentence);
  for (const roll_call::entries* half : {&called.ingesters(), &called.stores()}) {
    for (const auto& [id, e] : *half) {
      if (e.since && (!all.since || *all.since < *e.since)) all.since = e.since;
      for (const std::string& why : e.why) {
        std::string sentence = e.who.empty() ? why : e.who + ": " + why;
        if (said.insert(sentence).second) all.add_missing(std::move(sentence));
      }
    }
  }
  return all;
}

}  // namespace oklog::node
