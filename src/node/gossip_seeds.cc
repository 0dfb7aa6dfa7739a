// gossip: the seeds of -peer. Their names are resolved and asked again for ever, so that the first
// node started learns of later ones, and a cluster that was restarted with new addresses finds
// itself again.
#include <algorithm>

#include "node/gossip.h"
#include "node/resolve.h"

namespace oklog::node {
namespace {

constexpr duration first_pause = std::chrono::milliseconds(250);
constexpr duration alone_pause_max = std::chrono::seconds(5);
constexpr duration pause_max = std::chrono::seconds(30);
constexpr std::size_t places_max = 16;  // of one name

}  // namespace

bool gossip::is_living(const cluster::address& at) const {
  const cluster::member_table& table = swim_->table();
  for (std::size_t p = 0; p < table.living(); ++p) {
    if (table.at(p).data->data().gossip == at) return true;
  }
  return false;
}

// True where all places of the seed are living members.
env::awaitable<bool> gossip::ask_seed(env::address seed) {
  const std::string text = format(seed);
  const auto places = co_await resolve(env_, seed);
  bool& failing = seeds_failing_[text];
  if (!places) {
    if (!failing && places.error().code != errc::cancelled) {
      env_.log.warn("a peer cannot be resolved; it is tried again",
                    {{"peer", text}, {"err", places.error().what}});
    }
    failing = true;
    co_return false;
  }
  failing = false;
  bool all_living = true;
  for (std::size_t i = 0; i < std::min(places->size(), places_max); ++i) {
    const env::endpoint& place = (*places)[i];
    const auto at = cluster::make_address(place.ip, place.port);
    if (!at || is_living(*at)) continue;
    all_living = false;
    swim_->join(env_.clock.boot(), *at);
  }
  carry_out();
  co_return all_living;
}

env::awaitable<void> gossip::seed_loop() {
  duration pause = first_pause;
  while (true) {
    bool all_living = true;
    for (const env::address& seed : options_.peers) {
      const bool living = co_await ask_seed(seed);
      all_living = all_living && living;
      const bool stopped = co_await env::is_cancelled();
      if (stopped) co_return;
    }
    const bool alone = swim_->living() < 2;
    // All of them are this node itself: there is nobody else to ask.
    if (all_living && alone) members_.set_doubt("");
    pause = all_living && !alone ? pause_max : std::min(2 * pause, pause_max);
    if (alone) pause = std::min(pause, alone_pause_max);
    co_await env_.loop.sleep(pause);
  }
}

}  // namespace oklog::node
