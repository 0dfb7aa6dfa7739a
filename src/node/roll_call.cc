#include "node/roll_call.h"

#include <algorithm>

namespace oklog::node {

void roll_call::fail(entry& e, std::string why) {
  const bool known = std::find(e.why.begin(), e.why.end(), why) != e.why.end();
  if (!known) e.why.push_back(std::move(why));
}

void roll_call::say(entry& e, const coverage& c) {
  if (c.since && (!e.since || *e.since < *c.since)) e.since = c.since;
  for (const std::string& sentence : c.missing) fail(e, sentence);
  if (c.missing.empty() && c.state != coverage_state::full) fail(e, "it did not say what it lacks");
}

}  // namespace oklog::node
