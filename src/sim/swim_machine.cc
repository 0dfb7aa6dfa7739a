#include "sim/swim_machine.h"

namespace oklog::sim {

void swim_machine::acquaint(boot_time now, std::span<const gossip_birth> others) {
  std::vector<cluster::view> views;
  views.reserve(others.size());
  for (const gossip_birth& b : others) {
    cluster::view v;
    v.data = pool_.share(b.id, b.data);
    v.incarnation = b.incarnation;
    v.since = now;
    views.push_back(std::move(v));
  }
  swim_.acquaint(views);
}

std::optional<cluster::state> swim_machine::believes(const ulid& who) const {
  const cluster::view* v = swim_.table().find(who);
  if (v == nullptr) return std::nullopt;
  return v->state;
}

std::optional<cluster::address> swim_machine::address_of(const ulid& who) const {
  const cluster::view* v = swim_.table().find(who);
  if (v == nullptr) return std::nullopt;
  return v->data->data().gossip;
}

}  // namespace oklog::sim
