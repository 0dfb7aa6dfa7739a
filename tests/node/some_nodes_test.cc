#include "node/some_nodes.h"

#include <catch2/catch.hpp>

using namespace oklog;
using namespace oklog::node_test;
using namespace std::chrono_literals;

namespace oklog::node_test {
namespace {

awaitable<bool> open_parts(some_nodes::part& p) {
  if (p.ingester) {
    const auto opened = co_await p.ingester->open();
    if (!opened) co_return false;
  }
  if (p.storer) {
    const auto opened = co_await p.storer->open();
    if (!opened) co_return false;
  }
  co_return true;
}

awaitable<bool> sending(env::environment from, env::endpoint to, std::string bytes) {
  auto s = co_await from.net.connect(to);
  if (!s) co_return false;
  const auto written = co_await (*s)->write(bytes);
  if (!written || !(*s)->shutdown_send()) co_return false;
  char said[64];
  const auto end = co_await (*s)->read_some(said, sizeof said);
  co_return end&&* end == 0;
}

}  // namespace

some_nodes::part::part(env::environment e)
    : env(e),
      http_metrics(registry),
      disk(e, disk_reserve, registry),
      members(e.loop),
      tasks(e.loop),
      keeping(e.loop) {}

some_nodes::some_nodes(std::size_t count, std::uint64_t seed)
    : some_nodes(std::vector<cluster::role>(count, cluster::role::ingeststore), seed) {}

some_nodes::some_nodes(std::vector<cluster::role> roles, std::uint64_t seed)
    : world(seed), client(world.add_host("client")), tasks(world.loop()) {
  in.fast = {"0.0.0.0", 7651};
  in.durable = {"0.0.0.0", 7652};
  in.path = "/data/ingest";
  st.log.path = "/data/store";
  st.target_age = 200ms;
  for (std::size_t i = 0; i < roles.size(); ++i) add(roles[i], i);
  tell();
  const auto admitted = [](const auto& p) {
    return !p->storer || p->storer->roster().self().admitted;
  };
  const auto all = [&] { return std::all_of(parts_.begin(), parts_.end(), admitted); };
  REQUIRE(world.run_until(all, 10s));
}

void some_nodes::add(cluster::role role, std::size_t number) {
  sim::host& at = world.add_host("node" + std::to_string(number));
  hosts_.push_back(&at);
  dead_.push_back(false);
  parts_.push_back(std::make_unique<part>(at.env()));
  part& p = *parts_.back();
  if (has_ingest(role)) {
    p.ingester = std::make_unique<node::ingester>(p.env, in, p.registry, p.disk, p.live, p.members);
  }
  if (has_store(role)) p.storer = std::make_unique<node::storer>(p.env, st, p.registry, p.members);
  REQUIRE(world.run(open_parts(p)));
  p.gatherer = std::make_unique<node::gatherer>(p.env, p.ingester.get(), p.storer.get(), p.live,
                                                p.members, p.registry);
  p.member.id =
      p.storer ? parse_ulid(p.storer->log().store_id()).value() : ulid{1000 + number, number};
  p.member.data.role = role;
  p.member.data.starts = p.storer ? p.storer->log().starts() : 1;
  p.member.data.gossip = *cluster::make_address(at.ip(), 7659);
  p.member.data.api_port = 7650;
  p.api = std::move(*p.env.net.listen({"0.0.0.0", 7650}));
  if (p.ingester) {
    REQUIRE(p.ingester->listen());
    api::add_ingest_routes(p.routes, *p.ingester);
    api::add_part_routes(p.routes, api::half::ingest, *p.gatherer, p.env.clock);
    p.ingester->start(p.tasks);
  }
  if (p.storer) {
    api::add_store_routes(p.routes, *p.gatherer, p.env.clock);
    api::add_part_routes(p.routes, api::half::store, *p.gatherer, p.env.clock);
    api::add_pin_routes(p.routes, *p.gatherer, p.env.clock);
    p.replicas = std::make_unique<node::replicas>(p.env, p.storer->log(), p.members,
                                                  p.storer->roster(), p.disk, p.registry);
    api::add_roster_routes(p.routes, p.storer->roster(), p.env.clock);
    api::add_replica_routes(p.routes, *p.replicas);
    api::add_catalogue_routes(p.routes, p.storer->log(), p.env.loop);
    p.repairer =
        std::make_unique<node::repairer>(p.env, st, p.storer->log(), p.storer->stores(),
                                         p.storer->roster(), p.members, p.gaps, p.disk, p.registry);
  }
  if (p.storer) {
    p.releaser = std::make_unique<node::releaser>(p.env, st, p.storer->log(), p.storer->stores(),
                                                  p.members, p.gaps, p.registry);
    api::add_confirm_route(p.routes, *p.releaser);
  }
  p.server = std::make_unique<http::server>(p.env, *p.api, p.routes, p.limits, p.http_metrics);
  p.tasks.spawn(p.server->run());
}

some_nodes::~some_nodes() {
  tasks.stop();
  world.run_until([&] { return tasks.size() == 0; }, world_patience);
  for (const auto& p : parts_) {
    if (p->ingester) world.run(p->ingester->drain(duration::zero()));
    p->tasks.stop();
  }
  stop_rosters();
  for (const auto& p : parts_) {
    CHECK(world.run_until([&] { return p->tasks.size() == 0; }, world_patience));
  }
  parts_.clear();
}

std::string some_nodes::url(std::size_t i) const {
  return "http://" + hosts_[i]->ip() + ":7650";
}

void some_nodes::tell() {
  for (const auto& to : parts_) {
    std::vector<cluster::member> all(1, to->member);
    for (const auto& p : parts_) {
      if (p != to) all.push_back(p->member);
    }
    to->members.set(std::move(all));
    if (to->storer && !to->keeps_roster) {
      to->keeping.spawn(to->storer->roster().run());
    }
    to->keeps_roster = true;
  }
}

void some_nodes::stop_rosters() {
  for (const auto& p : parts_) p->keeping.stop();
  const auto ended = [](const auto& p) { return p->keeping.size() == 0; };
  const auto all = [&] { return std::all_of(parts_.begin(), parts_.end(), ended); };
  CHECK(world.run_until(all, world_patience));
}

void some_nodes::kill(std::size_t i) {
  dead_[i] = true;
  hosts_[i]->kill();
  parts_[i]->tasks.stop();
  parts_[i]->keeping.stop();
}

void some_nodes::consume() {
  for (std::size_t i = 0; i < size(); ++i) {
    if (parts_[i]->storer && !dead_[i]) consume_at(i);
  }
}

void some_nodes::consume_at(std::size_t i) {
  part& p = *parts_[i];
  p.storer->start(p.tasks, p.ingester ? hosts_[i]->ip() + ":7650" : "");
}

void some_nodes::repair_at(std::size_t i) {
  parts_[i]->tasks.spawn(parts_[i]->repairer->run());
}

void some_nodes::release_at(std::size_t i) {
  parts_[i]->tasks.spawn(parts_[i]->releaser->run());
}

void some_nodes::scrub_at(std::size_t i, duration every) {
  part& p = *parts_[i];
  node::store_options options = st;
  options.scrub_every = every;
  p.scrubber = std::make_unique<node::scrubber>(p.env, options, p.storer->log(), p.registry);
  p.mender = std::make_unique<node::mender>(p.env, options, p.storer->log(), p.members, p.disk,
                                            p.registry);
  p.tasks.spawn(p.scrubber->run());
  p.tasks.spawn(p.mender->run());
}

std::size_t some_nodes::join(cluster::role role) {
  add(role, size());
  return size() - 1;
}

bool some_nodes::consume_everything(duration limit) {
  const auto empty = [&] {
    for (std::size_t i = 0; i < size(); ++i) {
      if (dead_[i] || !parts_[i]->ingester) continue;
      node::ingester& in_here = *parts_[i]->ingester;
      if (!in_here.log().drained() || in_here.log().queue().segments > 0) return false;
    }
    return true;
  };
  return world.run_until(empty, limit);
}

void some_nodes::send(std::size_t to, std::string lines) {
  env::endpoint at{hosts_[to]->ip(), 7651};
  REQUIRE(world.run(sending(client.env(), at, std::move(lines))));
}

void some_nodes::put_into_store(std::size_t i, const test::plain_records& records) {
  if (records.empty()) return;
  store_log& log = parts_[i]->storer->log();
  std::vector<consume_input> inputs(1);
  inputs.front().bytes = test::ingest_bytes(records);
  consume_job job = log.begin_consume(std::move(inputs));
  job.run();
  REQUIRE(log.end_consume(std::move(job)));
}

awaitable<answer> some_nodes::asking(std::string target) {
  http::client asker(client.env());
  answer a;
  auto got = co_await asker.get(std::move(target));
  if (!got) co_return a;
  a.status = got->status();
  a.headers = got->headers();
  while (true) {
    auto piece = co_await got->next();
    if (!piece) co_return a;
    if (!*piece) break;
    a.body += **piece;
  }
  a.complete = true;
  a.trailers = got->trailers();
  co_return a;
}

answer some_nodes::get(std::size_t from, const std::string& target) {
  return world.run(asking(url(from) + target));
}

awaitable<void> some_nodes::asking_later(std::string target, std::optional<answer>& out) {
  answer a = co_await asking(std::move(target));
  const bool stopped = co_await env::is_cancelled();
  if (!stopped) out = std::move(a);
}

void some_nodes::ask_later(std::size_t from, const std::string& target, std::optional<answer>& out,
                           env::task_group* group) {
  (group ? *group : tasks).spawn(asking_later(url(from) + target, out));
}

answer some_nodes::query(std::size_t from, const std::string& parameters) {
  const answer a = get(from, query_target(parameters));
  REQUIRE(a.status == 200);
  REQUIRE(a.complete);
  return a;
}

std::string some_nodes::same(const std::string& parameters) {
  std::optional<std::string> body;
  for (std::size_t i = 0; i < size(); ++i) {
    if (!parts_[i]->storer || dead_[i]) continue;
    const answer a = query(i, parameters);
    INFO(a.trailer("X-Oklog-Summary"));
    CHECK(a.trailer("X-Oklog-Coverage") == "full");
    if (!body) body = a.body;
    CHECK(a.body == *body);
  }
  return body.value_or("");
}

double some_nodes::number(std::size_t i, const std::string& metric) {
  const std::string text = "\n" + parts_[i]->registry.text();
  const std::size_t at = text.find("\n" + metric + " ");
  REQUIRE(at != std::string::npos);
  return std::stod(text.substr(at + metric.size() + 2));
}

bool some_nodes::logged(std::size_t i, std::string_view text) {
  for (const sim::log_line& l : hosts_[i]->log()) {
    if (l.text.find(text) != std::string::npos) return true;
  }
  return false;
}

std::shared_ptr<std::vector<seen_line>> some_nodes::watch(std::size_t from,
                                                          const std::string& parameters) {
  auto out = std::make_shared<std::vector<seen_line>>();
  tasks.spawn(read_stream(world, client.env(), url(from) + "/store/stream?" + parameters, out));
  REQUIRE(world.run_until([&] { return !out->empty(); }, world_patience));
  return out;
}

}  // namespace oklog::node_test
