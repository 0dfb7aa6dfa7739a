// Membership: SWIM with Lifeguard as a pure state machine, (state, now, input) -> outputs. It does
// no I/O, knows no clock and never waits. node/gossip drives it over UDP and TCP, sim/gossip_world
// by the ten thousand. The rules and where they differ from others': docs/decisions/0014-gossip.md.
//
//   swim s(rules, pool, id, data, started, random);
//   s.begin(now);
//   loop: s.receive / s.answer / s.exchanged / s.wake / s.join / s.update / s.leave
//         then carry out s.out and clear it; come back at s.wake_at()
//
// What it says of others is a belief: "alive" means that nobody has lately failed to reach it. All
// beliefs of connected nodes become equal within seconds. Time is boot time; a caller that comes
// back much later than wake_at() has not run, and that time is counted against nobody.
//
// Bytes from the wire are never trusted: what cannot be read is counted and changes nothing.
// Memory: 48 bytes a member and index, its data shared; at most rules::members_max members.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "oklog/base/prng.h"
#include "oklog/cluster/broadcasts.h"
#include "oklog/cluster/member_table.h"
#include "oklog/cluster/message.h"
#include "oklog/cluster/rules.h"
#include "oklog/cluster/suspicion.h"

namespace oklog::cluster {

// Unreliable, at most rules::packet_max - seal_bytes.
struct datagram {
  address to;
  std::string bytes;
};

// Reliable: connect, send `bytes`, read one answer, all within `limit`; then exchanged().
struct exchange {
  std::uint64_t id = 0;
  address to;
  std::string bytes;
  duration limit{};
};

// What became of a member, or of us; each is reported once.
enum class change : std::uint8_t {
  joined,   // new, or back from the dead
  updated,  // its data
  suspected,
  refuted,  // a suspect that turned out to be alive
  died,
  left,
  conflict,   // another living node claims our id (who = us), at data's address
  refused,    // it may not be a member: its address, or no room
  forgotten,  // it has been gone for long
};
struct event {
  change what;
  ulid who;
  data_ptr data;
};

struct outputs {
  std::vector<datagram> datagrams;
  std::vector<exchange> exchanges;
  std::vector<event> events;
  void clear() {
    datagrams.clear();
    exchanges.clear();
    events.clear();
  }
};

struct swim_counts {
  std::uint64_t malformed = 0;        // messages that could not be read
  std::uint64_t refused_members = 0;  // over members_max, or at an address that none may have
  std::uint64_t probes = 0;
  std::uint64_t probes_failed = 0;  // no answer by any way
  std::uint64_t refutes = 0;
  std::uint64_t suspicions = 0;   // begun by us or heard of
  std::uint64_t deaths = 0;       // declared by our own timer
  std::uint64_t stalls = 0;       // times that we did not run
  std::uint64_t syncs_equal = 0;  // digests agreed
  std::uint64_t syncs_full = 0;   // tables were exchanged
};

class swim {
 public:
  // `incarnation`: unix milliseconds of the start << 16, so that a restart needs no refutation.
  swim(const rules& r, data_pool& pool, const ulid& id, const member_data& data,
       std::uint64_t incarnation, prng random);

  void begin(boot_time now);
  // Knows these, in the order of their ids, as if it had heard of them long ago: nobody is told.
  void acquaint(const std::vector<view>& living);
  // One datagram, unsealed. `from`: where it really came from.
  void receive(boot_time now, const address& from, std::string_view bytes);
  // A request that came over a connection; the answer, or nothing where it deserves none.
  std::string answer(boot_time now, std::string_view request);
  // What became of out.exchanges[].id; `refused`: somebody was there and said no.
  enum class failure { none, silent, refused };
  void exchanged(boot_time now, std::uint64_t id, failure how, std::string_view answer);
  void wake(boot_time now);
  boot_time wake_at() const;

  // Asks a seed for all that it knows, and tells it of us.
  void join(boot_time now, const address& seed);
  // Our own data has changed: everybody is told.
  void update(boot_time now, const member_data& data);
  // Everybody is told that we go; afterwards only packets are still to be sent until said().
  // `kept_records`: some stay behind that nobody else may have.
  void leave(boot_time now, bool kept_records = false);
  // Who is gone for good is missed no more, here and, as news, everywhere: as if it had left with
  // everything handed over. Should it live after all, it refutes that. False where nobody of that
  // id is gone.
  bool forget(boot_time now, const ulid& id);
  // Our leave was sent as often as news is, or there is nobody to tell.
  bool said() const;

  outputs out;

  const ulid& id() const;
  std::uint64_t incarnation() const;
  unsigned score() const { return score_; }
  std::size_t living() const { return table_.living(); }  // us included
  // Us first, then all others in the order of their ids.
  std::vector<member> members() const;
  const member_table& table() const { return table_; }
  const swim_counts& counts() const { return counts_; }
  std::size_t news_waiting() const { return news_.size(); }

 private:
  static constexpr boot_time never = boot_time::max();

  // A probe of ours.
  struct probe {
    ulid target;
    std::uint32_t seq = 0;
    boot_time begun{};
    boot_time deadline{};
    boot_time next_step{};
    duration wait{};
    unsigned tries = 0;
    std::vector<ulid> asked;  // helpers
    std::vector<ulid> nacks;  // of these, who did not reach it
    std::uint64_t exchange = 0;
    bool refused = false;
  };
  // A probe on somebody's behalf.
  struct relay {
    ulid target;
    address origin;
    std::uint32_t origin_seq = 0;
    boot_time again_at{};
    boot_time nack_at{};
  };
  enum class errand { ping, sync, push };

  // swim.cc
  boot_time enter(boot_time now);
  void add_score(int by);
  void report(change what, const view& v);
  void spread(boot_time now, const ulid& about, const message& news);
  void send(const address& to, std::string packet, bool with_news);
  std::vector<std::size_t> some_members(std::size_t wanted, const ulid& but, bool alive_only);
  void gossip(boot_time now);
  void take(boot_time now, const address& from, const message& m);
  const view& self() const { return *table_.find(id_); }
  msg::alive own_news() const;

  // swim_probe.cc
  void begin_probe(boot_time now);
  std::size_t next_target();
  void send_ping(const view& to, std::uint32_t seq);
  void advance_probe(boot_time now);
  void ask_for_help(boot_time now, const view& target);
  void probe_answered(boot_time now);
  void note_score(const msg::ack& m);
  void give_up_probe(boot_time now);
  bool all_say_no() const;
  duration ack_wait(const view& v) const;
  void on(boot_time now, const address& from, const msg::ping& m);
  void on(boot_time now, const address& from, const msg::ack& m);
  void on(boot_time now, const address& from, const msg::ping_for& m);
  void on(boot_time now, const address& from, const msg::nack& m);
  void run_relays(boot_time now);

  // swim_state.cc
  void on(boot_time now, const address& from, const msg::alive& m);
  void on(boot_time now, const address& from, const msg::suspect& m);
  void on(boot_time now, const address& from, const msg::dead& m);
  void on(boot_time now, const address& from, const msg::left& m);
  void on_own(boot_time now, const msg::alive& m);
  void refute(boot_time now, std::uint64_t accused);
  bool may_join(const msg::alive& m);
  msg::suspect accusation(const view& v, const suspicion& s) const;
  void begin_suspicion(boot_time now, view& v, const msg::suspect& m);
  void end_suspicion(const ulid& id);
  void bury(boot_time now, view v, state s, std::uint64_t incarnation);
  void run_suspicions(boot_time now);
  void note_suspicions();
  duration memory_of(state s, const member_data& d) const;
  void forget_old(boot_time now);

  // swim_sync.cc
  void begin_sync(boot_time now);
  void start(errand what, const address& to, std::string bytes, duration limit);
  std::string sync_request() const;
  std::string whole_table(boot_time now) const;
  void merge(boot_time now, const msg::table& t);
  void merge(boot_time now, const msg::entry& e);
  void take_sync_answer(boot_time now, const address& to, std::string_view bytes);
  // Messages that mean something over a connection only.
  void on(boot_time, const address&, const msg::sync&) {}
  void on(boot_time, const address&, const msg::same&) {}
  void on(boot_time, const address&, const msg::done&) {}
  void on(boot_time, const address&, const msg::table&) {}

  struct under_way {
    errand what;
    address to;
  };

  const rules rules_;
  data_pool& pool_;
  const ulid id_;
  std::uint64_t incarnation_;
  member_data own_;
  prng random_;
  member_table table_;
  broadcasts news_;
  std::map<ulid, suspicion> suspicions_;
  std::map<std::uint32_t, relay> relays_;
  std::map<std::uint64_t, under_way> exchanges_;
  std::optional<probe> probe_;
  swim_counts counts_;
  unsigned score_ = 0;
  std::uint32_t seq_;
  std::uint64_t last_exchange_ = 0;
  std::uint64_t round_ = 0;       // of our last probe
  std::uint64_t seen_round_ = 0;  // the highest that anybody has told
  duration typical_rtt_{};
  duration lost_{};        // in which we did not run
  duration sync_pause_{};  // grows up to the interval
  boot_time next_probe_ = never;
  boot_time next_gossip_ = never;
  boot_time last_gossip_{};
  boot_time next_sync_ = never;
  boot_time suspicions_due_ = never;
  boot_time relays_due_ = never;
  boot_time last_conflict_{};
  std::uint64_t refuted_ = 0;  // the incarnation of our last refutation; 0: none
  bool accused_ = false;       // by the packet that is being read
  bool leaving_ = false;
};

}  // namespace oklog::cluster
