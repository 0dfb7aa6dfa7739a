// gossip: what became known, for people (the log), machines (metrics) and the node's other loops.
#include "node/gossip.h"

namespace oklog::node {
namespace {

constexpr duration count_every = std::chrono::seconds(1);
constexpr cluster::state states[] = {cluster::state::alive, cluster::state::suspect,
                                     cluster::state::dead, cluster::state::left};

counter events(metrics_registry& registry, const std::string& what, const std::string& help) {
  return registry.make_counter("oklog_cluster_" + what + "_total", help);
}

}  // namespace

gossip_metrics::gossip_metrics(metrics_registry& r)
    : size(r.make_gauge("oklog_cluster_size", "Living members that this node knows, itself too.")),
      score(r.make_gauge("oklog_cluster_health_score",
                         "0: this node runs and hears well; up to 7: it suspects itself.")),
      news(r.make_gauge("oklog_cluster_news_waiting", "Pieces of news still to be spread.")),
      packets_in(events(r, "packets_received", "Gossip datagrams received.")),
      packets_out(events(r, "packets_sent", "Gossip datagrams sent.")),
      bytes_in(events(r, "bytes_received", "Bytes of gossip received.")),
      bytes_out(events(r, "bytes_sent", "Bytes of gossip sent.")),
      not_sent(events(r, "packets_not_sent", "Gossip datagrams that the system did not take.")),
      malformed(events(r, "malformed", "Gossip packets that could not be read.")),
      refused_members(
          events(r, "members_refused", "Members that were not taken: their address, or no room.")),
      probes(events(r, "probes", "Probes of other members.")),
      probes_failed(events(r, "probes_failed", "Probes that nobody answered.")),
      refutes(events(r, "refutations", "Times that this node said that it is alive after all.")),
      suspicions(events(r, "suspicions", "Members that came under suspicion.")),
      deaths(events(r, "deaths_declared", "Members that this node declared dead.")),
      stalls(events(r, "stalls", "Times that this node did not run for a while.")),
      syncs_equal(r.make_counter("oklog_cluster_syncs_total", "Comparisons of whole tables.",
                                 {{"outcome", "equal"}})),
      syncs_full(r.make_counter("oklog_cluster_syncs_total", "Comparisons of whole tables.",
                                {{"outcome", "exchanged"}})) {
  for (const cluster::state s : states) {
    members.push_back(r.make_gauge("oklog_cluster_members", "Members by state, without us.",
                                   {{"state", std::string(name(s))}}));
  }
  for (std::size_t i = 0; i < cluster::refusal_count; ++i) {
    const auto why = static_cast<cluster::refusal>(i);
    refused.push_back(r.make_counter("oklog_cluster_packets_refused_total",
                                     "Gossip packets that were not opened, by reason.",
                                     {{"reason", std::string(name(why))}}));
  }
}

void gossip::report(const cluster::event& e) {
  using cluster::change;
  const std::string who = format(e.who);
  const cluster::member_data& d = e.data->data();
  const std::string at = format(d.gossip);
  const std::string role(name(d.role));
  switch (e.what) {
    case change::joined:
      env_.log.info("member joined", {{"member", who}, {"role", role}, {"address", at}});
      break;
    case change::updated:
      env_.log.debug("member updated", {{"member", who}, {"address", at}});
      break;
    case change::suspected:
      env_.log.info("member is suspected", {{"member", who}, {"address", at}});
      break;
    case change::refuted:
      env_.log.info("member is alive after all", {{"member", who}, {"address", at}});
      break;
    case change::died:
      env_.log.warn("member is dead", {{"member", who}, {"role", role}, {"address", at}});
      break;
    case change::left:
      env_.log.info("member left", {{"member", who}, {"role", role}, {"address", at}});
      break;
    case change::conflict:
      env_.log.error(
          "another living node has our id: a copied data directory? give one of them a new one",
          {{"id", who}, {"address", at}});
      break;
    case change::refused:
      env_.log.warn("not taken as a member: others could not reach it there, or there is no room",
                    {{"member", who}, {"address", at}});
      break;
    case change::forgotten:
      env_.log.info("member forgotten", {{"member", who}, {"address", at}});
      break;
  }
}

void gossip::publish() {
  members_.set(swim_->members());
  count();
}

void gossip::count() {
  const cluster::swim_counts& now = swim_->counts();
  const auto add = [](counter& c, std::uint64_t now_at, std::uint64_t before) {
    if (now_at > before) c.add(static_cast<double>(now_at - before));
  };
  add(metrics_.malformed, now.malformed, counted_.malformed);
  add(metrics_.refused_members, now.refused_members, counted_.refused_members);
  add(metrics_.probes, now.probes, counted_.probes);
  add(metrics_.probes_failed, now.probes_failed, counted_.probes_failed);
  add(metrics_.refutes, now.refutes, counted_.refutes);
  add(metrics_.suspicions, now.suspicions, counted_.suspicions);
  add(metrics_.deaths, now.deaths, counted_.deaths);
  add(metrics_.stalls, now.stalls, counted_.stalls);
  add(metrics_.syncs_equal, now.syncs_equal, counted_.syncs_equal);
  add(metrics_.syncs_full, now.syncs_full, counted_.syncs_full);
  counted_ = now;
  for (std::size_t i = 0; i < metrics_.refused.size(); ++i) {
    const auto total = static_cast<double>(guard_->count().refused[i]);
    metrics_.refused[i].add(total - metrics_.refused[i].value());
  }
  metrics_.score.set(swim_->score());
  metrics_.news.set(static_cast<double>(swim_->news_waiting()));
  metrics_.size.set(static_cast<double>(swim_->living()));
  double by_state[4] = {};
  for (const cluster::member& m : members_.all()) {
    if (m.id != swim_->id()) ++by_state[static_cast<std::size_t>(m.state)];
  }
  for (std::size_t i = 0; i < 4; ++i) metrics_.members[i].set(by_state[i]);
}

env::awaitable<void> gossip::count_loop() {
  while (true) {
    const bool stopped = co_await env::is_cancelled();
    if (stopped) break;
    count();
    co_await env_.loop.sleep(count_every);
  }
}

}  // namespace oklog::node
