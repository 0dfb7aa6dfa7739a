// What can go wrong in a simulated cluster: kinds of faults, each of which a history may leave out,
// so that a failing one can be reduced, and the events in which they happen.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "oklog/base/time.h"

namespace oklog::history {

enum class fault {
  loss,         // of datagrams, all the time, with duplicates and late ones
  latency,      // one way between two nodes gets slow
  cut,          // one way between two nodes carries nothing
  partition,    // some nodes and all others do not hear each other
  clog,         // links stop one by one, and are released one by one
  reset,        // the connections between two nodes
  slow_disk,    // what is done on the pool takes long
  full_disk,    // no room for some time
  sync_errors,  // syncs fail, and drop what was to be synced
  io_errors,    // single operations of a disk fail
  kill,         // a process dies
  crash,        // the power goes: what was not synced is lost, torn or kept
  torn,         // the power goes in the middle of what a node does to its disk
  stop,         // a process is stopped in order, and started again
  pause,        // a process does not run for some time
  wipe,         // a machine comes back with an empty disk
  gone,         // a machine never comes back
  join,         // one more machine
  skew,         // wall clocks are wrong from the beginning
  jump,         // a wall clock jumps
  flip,         // a bit of a store's file flips
  retention,    // windows are thrown away while all this happens
  factors,      // nodes are set to different numbers of copies, and to others at each start
  bad_reads,    // single reads give bytes of another place, or fewer than were asked for
};
inline constexpr fault all_faults[] = {
    fault::loss,  fault::latency,   fault::cut,       fault::partition,   fault::clog,
    fault::reset, fault::slow_disk, fault::full_disk, fault::sync_errors, fault::io_errors,
    fault::kill,  fault::crash,     fault::torn,      fault::stop,        fault::pause,
    fault::wipe,  fault::gone,      fault::join,      fault::skew,        fault::jump,
    fault::flip,  fault::retention, fault::factors,   fault::bad_reads};

std::string_view name(fault f);
std::optional<fault> parse_fault(std::string_view name);
std::string fault_names();  // separated by commas

using fault_set = std::set<fault>;
fault_set every_fault();

// One of them at a moment. Whom it meets is drawn as numbers, since who is there is known then.
struct fault_event {
  fault what;
  duration at;
  duration lasts;
  std::uint64_t where = 0;
  std::uint64_t other = 0;
  std::uint64_t amount = 0;
  std::size_t number = 0;  // in its history, also where others are left out
};
std::string describe(const fault_event& e);

}  // namespace oklog::history
