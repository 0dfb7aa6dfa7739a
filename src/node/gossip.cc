#include "node/gossip.h"

#include <algorithm>

#include "node/advertise.h"

namespace oklog::node {
namespace {

constexpr unsigned drain_max = 256;  // datagrams, before the timer has its turn again
constexpr unsigned port_tries = 16;  // for a port that is free for TCP and UDP
constexpr std::uint64_t keyring_bytes_max = 16 * 1024;
constexpr duration leave_step = std::chrono::milliseconds(50);

std::uint64_t first_incarnation(wall_time now) {
  return static_cast<std::uint64_t>(unix_ms(now)) << 16;
}

}  // namespace

gossip::gossip(env::environment env, const gossip_options& options, membership& members,
               metrics_registry& registry)
    : env_(env),
      options_(options),
      members_(members),
      metrics_(registry),
      sooner_(env.loop),
      connections_(env.loop) {}

gossip::~gossip() = default;

env::awaitable<result<cluster::keyring>> gossip::read_keyring() {
  const std::string& path = options_.keyring;
  const auto read = [&]() -> result<std::string> {
    TRY_LET(const bool open, env_.fs.readable_by_others(path));
    if (open) {
      return fail(errc::invalid, path + " can be read by others than its owner: chmod 600 it");
    }
    return env::read_file(env_.fs, path, keyring_bytes_max);
  };
  auto text = co_await env::offload(env_.loop, read);
  if (!text) co_return with_context("-cluster.keyring", text.error());
  auto ring = cluster::keyring::parse(*text);
  if (!ring) co_return with_context("-cluster.keyring " + path, ring.error());
  co_return ring;
}

env::awaitable<result<>> gossip::open() {
  cluster::keyring ring;
  cluster::encrypt_mode mode = cluster::encrypt_mode::off;
  if (!options_.keyring.empty()) {
    CO_TRY_LET(ring, co_await read_keyring());
    mode = options_.encrypt;
  }
  CO_TRY_LET(auto guard,
             cluster::packet_guard::make(mode, std::move(ring), cluster::draw_epoch(env_.random)));
  guard_ = std::make_unique<cluster::packet_guard>(std::move(guard));
  for (unsigned tries = 1;; ++tries) {
    auto listening = env_.net.listen(options_.listen);
    if (!listening) {
      co_return with_context("-cluster " + format(options_.listen), listening.error());
    }
    listener_ = std::move(*listening);
    auto socket = env_.net.bind_datagram(listener_->local());
    if (socket) {
      socket_ = std::move(*socket);
      co_return result<>{};
    }
    listener_.reset();
    if (options_.listen.port != 0 || tries == port_tries) {
      co_return with_context("-cluster " + format(options_.listen), socket.error());
    }
  }
}

env::awaitable<result<>> gossip::start(cluster::member self, env::endpoint api,
                                       env::task_group& tasks) {
  CO_TRY_LET(self.data.gossip,
             co_await advertised(env_, options_.advertise, listener_->local(), api));
  own_ = self.data;
  swim_ = std::make_unique<cluster::swim>(options_.rules, pool_, self.id, self.data,
                                          first_incarnation(env_.clock.now()), env_.random.fork());
  swim_->begin(env_.clock.boot());
  env_.log.info("gossip", {{"id", format(self.id)}, {"advertised", format(own_.gossip)}});
  publish();
  if (!options_.peers.empty()) {
    members_.set_doubt("no peer has answered since this node started: it may not know all members");
  }
  tasks.spawn(receive_loop());
  tasks.spawn(timer_loop());
  tasks.spawn(accept_loop());
  tasks.spawn(count_loop());
  if (!options_.peers.empty()) tasks.spawn(seed_loop());
  co_return result<>{};
}

env::awaitable<void> gossip::receive_loop() {
  while (true) {
    auto first = co_await socket_->receive();
    const bool stopped = co_await env::is_cancelled();
    if (stopped) break;
    if (!first) {
      env_.log.warn("receiving gossip", {{"err", first.error().what}});
      co_await env_.loop.sleep(std::chrono::seconds(1));
      continue;
    }
    take(*first);
    for (unsigned n = 1; n < drain_max; ++n) {
      const auto next = socket_->receive_now();
      if (!next) break;
      take(*next);
    }
    carry_out();
  }
}

void gossip::take(const env::packet& p) {
  metrics_.packets_in.add();
  metrics_.bytes_in.add(static_cast<double>(p.bytes.size()));
  const auto from = cluster::make_address(p.from.ip, p.from.port);
  const auto opened = guard_->unwrap(env_.clock.now(), p.bytes);
  if (!opened || !from) return;  // counted by the guard
  swim_->receive(env_.clock.boot(), *from, *opened);
}

env::awaitable<void> gossip::timer_loop() {
  while (true) {
    const bool stopped = co_await env::is_cancelled();
    if (stopped) break;
    const boot_time now = env_.clock.boot();
    if (now >= swim_->wake_at()) {
      swim_->wake(now);
      carry_out();
      continue;
    }
    timer_until_ = swim_->wake_at();
    if (timer_until_ == boot_time::max()) {
      co_await sooner_.wait();
    } else {
      (void)co_await sooner_.wait_for(timer_until_ - now);
    }
  }
}

// What the machine asks for, after each input.
void gossip::carry_out() {
  cluster::outputs todo;
  std::swap(todo, swim_->out);
  for (const cluster::datagram& d : todo.datagrams) send(d);
  for (cluster::exchange& x : todo.exchanges) connections_.spawn(run_exchange(std::move(x)));
  for (const cluster::event& e : todo.events) report(e);
  if (!met_ && (swim_->living() > 1 || swim_->counts().syncs_equal > 0)) {
    met_ = true;
    members_.set_doubt("");
    if (!guard_->seals()) {
      env_.log.warn(
          "gossip is not encrypted: whoever reaches its port can join, or read it; "
          "-cluster.keyring encrypts it");
    }
  }
  if (!todo.events.empty()) publish();
  if (swim_->wake_at() < timer_until_) sooner_.notify();
}

void gossip::send(const cluster::datagram& d) {
  const std::string sealed = guard_->wrap(env_.clock.now(), d.bytes);
  const env::endpoint to{ip_text(d.to), d.to.port};
  metrics_.packets_out.add();
  metrics_.bytes_out.add(static_cast<double>(sealed.size()));
  // What cannot be sent is lost, as anything may be: the protocol lives with it.
  if (!socket_->send(to, sealed)) metrics_.not_sent.add();
}

env::awaitable<void> gossip::leave(bool kept_records, duration patience) {
  if (!swim_) co_return;
  const boot_time until = env_.clock.boot() + patience;
  swim_->leave(env_.clock.boot(), kept_records);
  carry_out();
  while (!swim_->said() && env_.clock.boot() < until) co_await env_.loop.sleep(leave_step);
}

env::awaitable<void> gossip::reload() {
  if (options_.keyring.empty()) co_return;
  auto ring = co_await read_keyring();
  if (!ring) {
    env_.log.error("the old keyring stays in force", {{"err", ring.error().what}});
    co_return;
  }
  const std::size_t keys = ring->keys().size();
  if (const auto done = guard_->reload(std::move(*ring)); !done) {
    env_.log.error("the old keyring stays in force", {{"err", done.error().what}});
    co_return;
  }
  env_.log.info("keyring read again", {{"keys", keys}});
}

result<> gossip::forget(const ulid& id) {
  const cluster::view* v = swim_->table().find(id);
  if (v == nullptr) return fail(errc::not_found, "no member of that name is known");
  if (!swim_->forget(env_.clock.boot(), id)) {
    return fail(errc::conflict, "it is alive: stop it first");
  }
  env_.log.warn("member forgotten by hand: what only it held is given up",
                {{"member", format(id)}});
  carry_out();
  return {};
}

void gossip::set_free_space(env::disk_space space) {
  if (!swim_ || space.total_bytes == 0) return;
  const auto sixteenths = static_cast<std::uint8_t>(static_cast<double>(space.free_bytes) * 16.0 /
                                                    static_cast<double>(space.total_bytes));
  if (sixteenths == own_.free_sixteenths) return;
  own_.free_sixteenths = std::min<std::uint8_t>(sixteenths, 16);
  swim_->update(env_.clock.boot(), own_);
  carry_out();
}

}  // namespace oklog::node
