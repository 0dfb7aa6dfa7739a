#include "oklog/cluster/member.h"

namespace oklog::cluster {

std::string_view name(role r) {
  switch (r) {
    case role::ingest:
      return "ingest";
    case role::store:
      return "store";
    case role::ingeststore:
      return "ingeststore";
  }
  return "unknown";
}

std::string_view name(state s) {
  switch (s) {
    case state::alive:
      return "alive";
    case state::suspect:
      return "suspect";
    case state::dead:
      return "dead";
    case state::left:
      return "left";
  }
  return "unknown";
}

}  // namespace oklog::cluster
