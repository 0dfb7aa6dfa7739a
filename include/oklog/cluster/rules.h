// The constants of the membership protocol, with the formulas that use them. T is probe_interval.
// Sources: SWIM (Das et al., 2002), Lifeguard (Dadgar et al., arXiv 1707.00788), memberlist.
#pragma once

#include <cstddef>
#include <cstdint>

#include "oklog/base/time.h"

namespace oklog::cluster {

struct rules {
  // --- probing
  // Each period one member is probed. Shorter: faster detection, more packets.
  duration probe_interval = std::chrono::seconds(1);
  // How long an acknowledgement is waited for before others are asked for help: `rtt_factor` times
  // the round trip that this member usually needs, within [ack_wait_min, ack_wait_max].
  duration ack_wait_min = std::chrono::milliseconds(100);
  duration ack_wait_max = std::chrono::milliseconds(500);
  unsigned rtt_factor = 4;
  // How many members are asked to probe on our behalf; the same number of direct pings is sent
  // again meanwhile. More: fewer wrong suspicions under loss, more packets once one is lost.
  unsigned helpers = 3;
  unsigned direct_tries = 3;

  // --- suspicion
  // A suspect has min = mult * max(1, log10(n)) * T to refute; the first accuser alone grants it
  // max = max_mult * min; each independent confirmation, up to `confirmations`, shortens it by
  // Lifeguard's formula. A member that came back from the dead without having been restarted gets
  // twice the time at each return within flap_memory, at most flap_factor_max times.
  double suspicion_mult = 3.7;
  unsigned suspicion_max_mult = 6;
  unsigned confirmations = 2;
  duration flap_memory = std::chrono::minutes(10);
  unsigned flap_factor_max = 4;
  // A suspect is pinged once more, by each who suspects it, so long before it would be given up.
  duration last_word = std::chrono::milliseconds(600);

  // --- local health (Lifeguard's awareness): a score from 0 to score_max stretches our own period
  // to T * (score + 1).
  unsigned score_max = 7;
  // A timer that fires so late says that we did not run. The time is not counted against others.
  duration stall_min = std::chrono::milliseconds(250);

  // --- dissemination: each piece of news goes out retransmit_mult * ceil(log10(n + 1)) times, and
  // not less often than retransmit_min: with fewer, one of a few members is left out now and then.
  unsigned retransmit_min = 8;
  unsigned retransmit_mult = 4;
  duration gossip_interval = std::chrono::milliseconds(200);
  unsigned gossip_fanout = 3;
  duration gossip_to_dead = std::chrono::seconds(30);

  // --- anti-entropy: every sync_interval * (n <= 32 ? 1 : ceil(log2(n) - 5) + 1) two members
  // compare digests, and exchange all they know where these differ.
  duration sync_interval = std::chrono::seconds(30);
  duration first_sync = std::chrono::seconds(1);  // after the start; pauses double from here
  duration exchange_limit = std::chrono::seconds(10);
  // So long are members remembered that have left or died, so that no old news makes them alive
  // again, and answers can say who is missing. Who was forgotten by hand has left: longer than the
  // dead, whom somebody who was away may still name.
  duration left_memory = std::chrono::hours(25);
  duration dead_memory = std::chrono::hours(24);

  // --- limits
  std::size_t packet_max = 1400;        // bytes of a datagram, the seal included
  std::size_t seal_bytes = 46;          // what the seal adds at most (sealer.h)
  std::size_t members_max = 16 * 1024;  // alive or not; further ones are refused and counted
  std::size_t relays_max = 256;         // probes for others under way
};

// How many members there are decides these.
duration suspicion_min(const rules& r, std::size_t n);
// Of a suspicion with `confirmed` of `wanted` independent confirmations (Lifeguard, section IV.B).
duration suspicion_timeout(duration lowest, duration highest, unsigned confirmed, unsigned wanted);
// How many confirmations are to be had: 0 where the cluster is too small for any.
unsigned confirmations_wanted(const rules& r, std::size_t n);
unsigned retransmit_limit(const rules& r, std::size_t n);
duration sync_interval(const rules& r, std::size_t n);

}  // namespace oklog::cluster
