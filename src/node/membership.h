// Who is in the cluster, for the loops of this node: written by gossip, read by everybody else.
// Loop thread only.
#pragma once

#include <vector>

#include "oklog/cluster/member.h"
#include "oklog/env/event.h"

namespace oklog::node {

// Asked and consumed from: a suspect may well be alive, and one that is not soon says nothing.
inline bool in_service(const cluster::member& m) {
  return m.state == cluster::state::alive || m.state == cluster::state::suspect;
}

class membership {
 public:
  explicit membership(env::scheduler& loop) : changed_(loop) {}

  // This node itself first; then all others that are known, in any state.
  const std::vector<cluster::member>& all() const { return all_; }
  const cluster::member& self() const { return all_.front(); }
  void set(std::vector<cluster::member> all) {
    all_ = std::move(all);
    ++version_;
    changed_.notify();
  }
  // Goes up with each change.
  std::uint64_t version() const { return version_; }
  env::event& changed() { return changed_; }

 private:
  std::vector<cluster::member> all_;
  std::uint64_t version_ = 0;
  env::event changed_;
};

}  // namespace oklog::node
