#include "history/fleet.h"

#include <algorithm>

namespace oklog::history {
namespace {

constexpr duration stop_patience = std::chrono::minutes(3);
constexpr std::uint64_t reply_bytes_max = 16 * 1024 * 1024;

}  // namespace

fleet::fleet(sim::world& world, const plan& p)
    : world_(world), plan_(p), client_(&world.add_host("client")), living_(world.loop()) {
  for (const cluster::role r : p.roles) add(r);
}

void fleet::shut_down() {
  for (machine& m : machines_) {
    if (m.host->paused()) m.host->resume();
    if (m.now) m.now->process->stop();
  }
  const auto ended = [this] { return living_.size() == 0; };
  if (!world_.run_until(ended, stop_patience)) {
    living_.stop();
    world_.run_until(ended, stop_patience);
  }
}

std::size_t fleet::add(cluster::role role) {
  const std::size_t i = machines_.size();
  sim::host& h = world_.add_host("n" + std::to_string(i));
  h.step_wall_clock(plan_.wall_begins);
  if (!plan_.skews.empty()) h.step_wall_clock(plan_.skews[i % plan_.skews.size()]);
  h.kill();  // no process yet
  machine m{&h, role, nullptr};
  machines_.push_back(std::move(m));
  return i;
}

unsigned fleet::factor_of(std::size_t i) const {
  if (!plan_.factors_differ || i == 0) return plan_.factor;
  prng random(plan_.seed * 1009 + i * 101 + machines_[i].starts);
  return 1 + static_cast<unsigned>(random.below(plan_.factor));
}

node::config fleet::config_of(std::size_t i) const {
  const machine& m = machines_[i];
  node::config c = plan_.settings;
  c.st.replication_factor = static_cast<std::uint8_t>(factor_of(i));
  c.ingest = cluster::has_ingest(m.role);
  c.store = cluster::has_store(m.role);
  for (std::size_t peer = 0; peer < plan_.roles.size(); ++peer) {
    c.gossip.peers.push_back({"n" + std::to_string(peer), 7659, env::lookup_kind::system});
  }
  return c;
}

bool fleet::serves(std::size_t i) const {
  const machine& m = machines_[i];
  return m.now && m.now->process->ready() && !m.now->code && m.host->alive();
}

env::awaitable<void> fleet::live(std::shared_ptr<life> l) {
  l->code = co_await l->process->run();
}

void fleet::start(std::size_t i) {
  machine& m = machines_[i];
  m.away = m.gone;
  if (m.gone || m.now) return;
  if (!m.host->alive()) m.host->start();
  if (on_start) on_start(i);
  m.now = std::make_shared<life>();
  ++m.starts;
  m.now->process = std::make_unique<node::process>(m.host->env(), config_of(i));
  living_.spawn(live(m.now));
}

void fleet::end_life(machine& m) {
  m.away = true;
  if (!m.now) return;
  m.now->process->stop();
  m.now = nullptr;  // it lives on until it knows that it is dead
}

void fleet::crash(std::size_t i) {
  machine& m = machines_[i];
  if (m.host->alive()) m.host->crash();
  end_life(m);
}

bool fleet::has_crashed(std::size_t i) {
  machine& m = machines_[i];
  if (!m.now || m.host->alive()) return false;
  end_life(m);
  return true;
}

void fleet::kill(std::size_t i) {
  machine& m = machines_[i];
  if (m.host->alive()) m.host->kill();
  end_life(m);
}

void fleet::stop(std::size_t i) {
  machine& m = machines_[i];
  if (!m.now) return;
  m.now->process->stop();
  m.away = true;
}

void fleet::tend() {
  for (std::size_t i = 0; i < machines_.size(); ++i) {
    machine& m = machines_[i];
    if (!m.now || !m.now->code) continue;
    m.now.reset();
    if (!m.away) start(i);
  }
}

void fleet::start_all() {
  for (std::size_t i = 0; i < machines_.size(); ++i) start(i);
}

bool fleet::stop_all() {
  std::vector<std::shared_ptr<life>> lives;
  for (machine& m : machines_) {
    if (!m.now) continue;
    m.now->process->stop();
    m.away = true;
    lives.push_back(m.now);
  }
  const auto ended = [&] {
    return std::all_of(lives.begin(), lives.end(),
                       [](const auto& l) { return l->code.has_value(); });
  };
  const bool in_time = world_.run_until(ended, stop_patience);
  return in_time &&
         std::all_of(lives.begin(), lives.end(), [](const auto& l) { return *l->code == 0; });
}

std::string fleet::url(std::size_t i, const std::string& target) const {
  return "http://" + host(i).ip() + ":7650" + target;
}

static env::awaitable<result<reply>> exchange(env::environment env, http::method how,
                                              std::string url) {
  http::client client(env);
  http::client_request request;
  request.method = how;
  request.url = std::move(url);
  CO_TRY_LET(auto answer, co_await client.send(std::move(request)));
  reply r;
  CO_TRY_LET(r.body, co_await answer.read_all(reply_bytes_max));
  r.status = answer.status();
  r.trailers = answer.trailers();
  co_return r;
}

env::awaitable<reply> fleet::ask(http::method how, std::string url, duration limit) {
  auto asking = exchange(client_->env(), how, std::move(url));
  auto got = co_await env::with_timeout(world_.loop(), limit, "asking", std::move(asking));
  if (!got) co_return reply{};
  co_return std::move(*got);
}

}  // namespace oklog::history
