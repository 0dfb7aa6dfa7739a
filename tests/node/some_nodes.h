// Several nodes in one simulated world, whose members are told by the test: ingesters, stores and
// both, with a client beside them. Gossip is left out: what is tested here is what the services do
// with a membership.
//
//   some_nodes c(3);                        // ingeststores, all know of and have admitted each
//   other c.send(0, "a\nb\n");                    // to the first one's fast port
//   CHECK(c.same("order=desc") == ...);     // /store/query of each, which must agree
//   c.tell();                               // after c[1].state was changed
#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "node/disk_watch.h"
#include "node/gather.h"
#include "node/mend.h"
#include "node/one_node.h"
#include "node/release.h"
#include "node/repair.h"
#include "node/replicas.h"
#include "node/scrub.h"
#include "oklog/http/server.h"
#include "store/store_world.h"

namespace oklog::node_test {

inline constexpr std::uint64_t disk_reserve = 1024 * 1024;

class some_nodes {
 public:
  struct part {
    explicit part(env::environment env);
    env::environment env;
    cluster::member member;
    metrics_registry registry;
    http::server_metrics http_metrics;
    http::server_limits limits;
    http::router routes;
    node::disk_watch disk;
    node::live_feed live;
    node::membership members;
    node::known_gaps gaps;
    std::unique_ptr<node::ingester> ingester;
    std::unique_ptr<node::storer> storer;
    std::unique_ptr<node::gatherer> gatherer;
    std::unique_ptr<node::replicas> replicas;
    std::unique_ptr<node::repairer> repairer;
    std::unique_ptr<node::scrubber> scrubber;
    std::unique_ptr<node::mender> mender;
    std::unique_ptr<node::releaser> releaser;
    std::unique_ptr<env::listener> api;
    std::unique_ptr<http::server> server;
    env::task_group tasks;
    env::task_group keeping;  // of its roster, since it was first told
    bool keeps_roster = false;
  };

  explicit some_nodes(std::size_t count, std::uint64_t seed = 1);
  explicit some_nodes(std::vector<cluster::role> roles, std::uint64_t seed = 1);
  ~some_nodes();

  std::size_t size() const { return parts_.size(); }
  part& operator[](std::size_t i) { return *parts_[i]; }
  sim::host& host(std::size_t i) { return *hosts_[i]; }
  std::string url(std::size_t i) const;
  // Everybody is told of all members, as they are now.
  void tell();
  // Nobody exchanges rosters any more: the network is quiet.
  void stop_rosters();
  // One more node, which nobody knows before tell(); its number.
  std::size_t join(cluster::role role = cluster::role::ingeststore);
  // Its process dies; the members are not told.
  void kill(std::size_t i);

  // Stores begin to consume.
  void consume();
  void consume_at(std::size_t i);
  // A store begins to repair.
  void repair_at(std::size_t i);
  // A store lets go of copies that it is not to hold.
  void release_at(std::size_t i);
  // A store begins to read its segments again, and to replace damaged ones.
  void scrub_at(std::size_t i, duration every = std::chrono::minutes(10));
  // Until no ingester of a living node holds anything.
  bool consume_everything(duration patience = std::chrono::minutes(2));

  void send(std::size_t to, std::string lines);
  // Straight into a store, or into an ingester's open batch as the ids say.
  void put_into_store(std::size_t i, const test::plain_records& records);

  answer get(std::size_t from, const std::string& target);
  // Asks and does not wait, in `group` or among the client's tasks.
  void ask_later(std::size_t from, const std::string& target, std::optional<answer>& out,
                 env::task_group* group = nullptr);
  // /store/query of one node, over all time. The answer must be complete.
  answer query(std::size_t from, const std::string& parameters);
  // The body that all living stores give; the test fails where they do not agree, or do not say
  // that it is full.
  std::string same(const std::string& parameters);
  double number(std::size_t i, const std::string& metric);
  bool logged(std::size_t i, std::string_view text);
  // Reads /store/stream until the world ends.
  std::shared_ptr<std::vector<seen_line>> watch(std::size_t from, const std::string& parameters);

  sim::world world;
  sim::host& client;
  env::task_group tasks;
  node::ingest_options in;
  node::store_options st;

 private:
  void add(cluster::role role, std::size_t number);
  awaitable<answer> asking(std::string url);
  awaitable<void> asking_later(std::string url, std::optional<answer>& out);

  std::vector<sim::host*> hosts_;
  std::vector<std::unique_ptr<part>> parts_;
  std::vector<bool> dead_;
};

// "what 3", "what 4", ... up to `to`, without it; each a line.
inline std::string numbered(int from, int to, const std::string& what = "line") {
  std::string lines;
  for (int i = from; i < to; ++i) lines += what + " " + std::to_string(i) + "\n";
  return lines;
}

inline std::size_t lines_in(const std::string& body) {
  return static_cast<std::size_t>(std::count(body.begin(), body.end(), '\n'));
}

inline bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// Parameters of a question over all time.
inline const std::string always = "?from=" + format(ulid_min) + "&to=" + format(ulid_max);

// A histogram without what the answer cost, which differs by who is asked.
inline std::string counts_of(const answer& a) {
  return a.body.substr(0, a.body.find("\"answer\""));
}

// Of an hour that is over.
inline test::plain_records old_lines(some_nodes& c, std::uint64_t seq, std::size_t count) {
  const auto now = static_cast<std::uint64_t>(unix_ms(c.client.env().clock.now()));
  return test::lines((now / window_ms - 5) * window_ms + seq, seq, count);
}

inline std::map<partition, set_digest> digests_of(some_nodes& c, std::size_t i) {
  std::map<partition, set_digest> all;
  for (const catalogue_partition& p : c[i].storer->log().catalogue().partitions) {
    all[p.where] = p.digest;
  }
  return all;
}

inline std::set<ulid> held_by(some_nodes& c, std::size_t i) {
  std::set<ulid> ids;
  const auto snapshot = c[i].storer->log().snapshot(ulid_min, ulid_max);
  for (const block_ref& ref : snapshot.blocks(ulid_min, ulid_max)) {
    const auto block = load_block(ref);
    REQUIRE(block);
    block->for_each([&](const record_view& r) { ids.insert(r.id); });
  }
  return ids;
}

inline void die(some_nodes& c, std::size_t i) {
  c.kill(i);
  c[i].member.state = cluster::state::dead;
  c[i].member.since = c.client.env().clock.boot();
  c.tell();
}

inline void want_copies(some_nodes& c, std::uint8_t factor) {
  for (std::size_t i = 0; i < c.size(); ++i) c[i].member.data.replication_factor = factor;
  c.tell();
}

}  // namespace oklog::node_test
