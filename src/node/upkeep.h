// The loops that keep a store's copies whole and in number: repair (what is missing here is
// copied), scrub (what the disk has lost is found), mend (it is replaced), release (copies too many
// go). Loop thread only.
#pragma once

#include "node/mend.h"
#include "node/release.h"
#include "node/repair.h"
#include "node/scrub.h"
#include "node/storer.h"

namespace oklog::node {

class upkeep {
 public:
  // All outlive it.
  upkeep(env::environment env, const store_options& options, storer& st, membership& members,
         const disk_watch& disk, metrics_registry& registry)
      : repair_(env, options, st.log(), st.stores(), st.roster(), members, gaps_, disk, registry),
        scrub_(env, options, st.log(), registry),
        mend_(env, options, st.log(), members, disk, registry),
        release_(env, options, st.log(), st.stores(), members, gaps_, registry) {}

  void start(env::task_group& tasks) {
    tasks.spawn(repair_.run());
    tasks.spawn(scrub_.run());
    tasks.spawn(mend_.run());
    tasks.spawn(release_.run());
  }
  const repairer& repair() const { return repair_; }
  api::confirm_service& confirming() { return release_; }

 private:
  known_gaps gaps_;
  repairer repair_;
  scrubber scrub_;
  mender mend_;
  releaser release_;
};

}  // namespace oklog::node
