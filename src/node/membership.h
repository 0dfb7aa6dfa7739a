// Who is in the cluster, for the loops of this node: written by gossip, read by everybody else.
// Loop thread only.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "oklog/cluster/member.h"
#include "oklog/env/event.h"

namespace oklog::node {

// Asked and consumed from: a suspect may well be alive, and one that is not soon says nothing.
inline bool in_service(const cluster::member& m) {
  return m.state == cluster::state::alive || m.state == cluster::state::suspect;
}

// It is not there, and some records are with it: every answer lacks them (rule K19).
inline bool took_records(const cluster::member& m) {
  return m.state == cluster::state::dead ||
         (m.state == cluster::state::left && m.data.kept_records);
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
  // Where the API of that store answers ("host:port"); nothing where it is not in service.
  std::optional<std::string> api_of_store(const std::string& id) const {
    for (const cluster::member& m : all_) {
      const bool serves = in_service(m) && has_store(m.data.role);
      if (serves && format(m.id) == id) return format(m.data.api());
    }
    return std::nullopt;
  }
  // Why there may be members that this node has never heard of; empty: it knows what others know.
  const std::string& doubt() const { return doubt_; }
  void set_doubt(std::string sentence) { doubt_ = std::move(sentence); }
  // Goes up with each change.
  std::uint64_t version() const { return version_; }
  env::event& changed() { return changed_; }

 private:
  std::vector<cluster::member> all_;
  std::string doubt_;
  std::uint64_t version_ = 0;
  env::event changed_;
};

}  // namespace oklog::node
