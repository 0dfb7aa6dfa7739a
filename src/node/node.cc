#include "oklog/node/node.h"

#include <algorithm>

#include "node/addresses.h"
#include "node/disk_watch.h"
#include "node/gather.h"
#include "node/gossip.h"
#include "node/ingester.h"
#include "node/live.h"
#include "node/membership.h"
#include "node/replicas.h"
#include "node/status.h"
#include "node/storer.h"
#include "node/upkeep.h"
#include "node/verify.h"
#include "oklog/api/admin_api.h"
#include "oklog/api/drain_api.h"
#include "oklog/api/roster_api.h"
#include "oklog/api/status_api.h"
#include "oklog/http/server.h"

namespace oklog::node {
namespace {

constexpr duration senders_patience = std::chrono::seconds(1);
constexpr duration hand_over_step = std::chrono::milliseconds(20);
constexpr duration leave_patience = std::chrono::seconds(2);
constexpr duration free_space_every = std::chrono::seconds(30);

cluster::role role_of(const config& c) {
  if (c.ingest && c.store) return cluster::role::ingeststore;
  return c.ingest ? cluster::role::ingest : cluster::role::store;
}

// Where our own API answers us: the wildcard address is no destination.
std::string own_address(env::endpoint at) {
  if (at.ip == "0.0.0.0") at.ip = "127.0.0.1";
  if (at.ip == "::") at.ip = "::1";
  return format(at);
}

}  // namespace

class process::impl {
 public:
  impl(env::environment env, config c)
      : env_(env),
        config_(std::move(c)),
        http_metrics_(registry_),
        disk_(env, config_.disk_reserve, registry_),
        members_(env.loop),
        gossip_(env, config_.gossip, members_, registry_),
        loops_(env.loop),
        gossiping_(env.loop),
        serving_(env.loop),
        stop_(env.loop) {
    limits_.hosts = config_.api_hosts;
    registry_
        .make_gauge("oklog_build_info", "1; the label says which version runs.",
                    {{"version", OKLOG_VERSION}})
        .set(1);
  }

  env::awaitable<int> run();
  void stop() {
    stopping_ = true;
    stop_.notify();
  }
  void reload() {
    if (ready_ && !stopping_) loops_.spawn(gossip_.reload());
  }

  named_addresses addresses_;
  bool ready_ = false;

 private:
  env::awaitable<result<>> open();
  result<> listen();
  env::awaitable<result<>> start();
  env::awaitable<void> tell_free_space();
  bool keeps_records() const;
  bool start_counted() const;
  env::awaitable<void> hand_over(boot_time until);
  void make_upkeep();
  void add_routes();
  env::awaitable<result<>> forget(ulid id);
  env::awaitable<void> take_new_id();
  env::awaitable<result<>> announce();
  // False where something that was received could not be put on disk.
  env::awaitable<bool> drain();
  cluster::member self() const;
  std::string not_ready() const;

  env::environment env_;
  config config_;
  metrics_registry registry_;
  http::server_metrics http_metrics_;
  http::server_limits limits_;
  http::router routes_;
  disk_watch disk_;
  live_feed live_;
  membership members_;
  gossip gossip_;
  std::unique_ptr<ingester> ingester_;
  std::unique_ptr<storer> storer_;
  std::unique_ptr<gatherer> gatherer_;
  std::unique_ptr<replicas> replicas_;
  std::unique_ptr<upkeep> upkeep_;
  std::unique_ptr<verifier> verifier_;
  std::unique_ptr<status_reporter> status_;
  std::unique_ptr<env::listener> api_;
  std::unique_ptr<http::server> server_;
  env::task_group loops_;      // the node's own
  env::task_group gossiping_;  // until the others know that we go
  env::task_group serving_;    // HTTP
  env::event stop_;
  bool stopping_ = false;
  bool failed_ = false;  // it stops because it must
};

env::awaitable<result<>> process::impl::open() {
  if (config_.ingest) {
    ingester_ = std::make_unique<ingester>(env_, config_.in, registry_, disk_, live_, members_);
    CO_TRY(co_await ingester_->open());
    disk_.add(config_.in.path);
  }
  if (config_.store) {
    storer_ = std::make_unique<storer>(env_, config_.st, registry_, members_);
    CO_TRY(co_await storer_->open());
    disk_.add(config_.st.log.path);
  }
  gatherer_ =
      std::make_unique<gatherer>(env_, ingester_.get(), storer_.get(), live_, members_, registry_);
  co_await disk_.look();
  co_return co_await gossip_.open();
}

result<> process::impl::listen() {
  auto api = env_.net.listen(config_.api);
  if (!api) return with_context("-api " + format(config_.api), api.error());
  api_ = std::move(*api);
  addresses_.emplace_back("api", api_->local());
  addresses_.emplace_back("cluster", gossip_.local());
  if (!ingester_) return {};
  TRY(ingester_->listen());
  addresses_.emplace_back("fast", ingester_->fast_address());
  addresses_.emplace_back("durable", ingester_->durable_address());
  return {};
}

void process::impl::make_upkeep() {
  status_reporter::parts parts;
  parts.members = &members_;
  parts.disk = &disk_;
  parts.in = ingester_.get();
  parts.ingest_path = config_.in.path;
  parts.not_ready = [this] { return not_ready(); };
  if (storer_) {
    upkeep_ = std::make_unique<upkeep>(env_, config_.st, *storer_, members_, disk_, registry_);
    parts.st = storer_.get();
    parts.repair = &upkeep_->repair();
    parts.factor = config_.st.replication_factor;
  }
  status_ = std::make_unique<status_reporter>(env_, std::move(parts), registry_);
}

void process::impl::add_routes() {
  api::add_health_routes(routes_, [this] { return not_ready(); });
  api::add_metrics_route(routes_, registry_);
  api::add_forget_route(routes_, [this](ulid id) { return forget(id); });
  api::add_status_route(routes_, [this] { return status_->now(); });
  api::add_members_route(
      routes_, [this] { return gossip_.machine().members(); }, env_.clock);
  const auto who = [this] { return members_.all(); };
  if (ingester_) {
    api::add_ingest_routes(routes_, *ingester_);
    api::add_part_routes(routes_, api::half::ingest, *gatherer_, env_.clock);
    api::add_cluster_route(routes_, "/ingest/_clusterstate", who);
  }
  if (storer_) {
    api::add_store_routes(routes_, *gatherer_, env_.clock);
    api::add_part_routes(routes_, api::half::store, *gatherer_, env_.clock);
    api::add_pin_routes(routes_, *gatherer_, env_.clock);
    replicas_ = std::make_unique<replicas>(env_, storer_->log(), members_, storer_->roster(), disk_,
                                           registry_);
    api::add_roster_routes(routes_, storer_->roster(), env_.clock);
    api::add_replica_routes(routes_, *replicas_);
    api::add_catalogue_routes(routes_, storer_->log(), env_.loop);
    verifier_ = std::make_unique<verifier>(env_, storer_->log());
    api::add_verify_route(routes_, *verifier_);
    api::add_confirm_route(routes_, upkeep_->confirming());
    api::add_drain_route(routes_, [this](bool on) { return storer_->roster().set_draining(on); });
    api::add_cluster_route(routes_, "/store/_clusterstate", who);
    api::add_page_routes(routes_);
  }
}

env::awaitable<result<>> process::impl::forget(ulid id) {
  if (!storer_) co_return fail(errc::conflict, "this node has no store: ask one that has");
  const auto gossiped = gossip_.forget(id);
  if (!gossiped && gossiped.error().code == errc::conflict) co_return gossiped;
  const auto given_up = co_await storer_->roster().give_up(id);
  const bool unknown = !given_up && given_up.error().code == errc::not_found;
  co_return unknown ? gossiped : given_up;
}

// Rule K16: what the others know of our id is not what this directory holds. Under another one it
// is a store like any that comes with records.
env::awaitable<void> process::impl::take_new_id() {
  const std::string id = format(ulid{env_.random.next() >> 3, env_.random.next()});
  const auto done = co_await env::offload(env_.loop, [&] { return storer_->log().change_id(id); });
  failed_ = true;
  if (done) {
    env_.log.error("this directory was restored from a copy: it takes a new id; start it again",
                   {{"was", storer_->log().store_id()}, {"is", id}});
  } else {
    env_.log.error("taking a new id", {{"err", done.error().what}});
  }
  stop();
}

cluster::member process::impl::self() const {
  cluster::member m;
  const std::string& id = storer_ ? storer_->log().store_id() : ingester_->log().directory().id();
  m.id = parse_ulid(id).value();
  m.data.role = role_of(config_);
  m.data.api_port = api_->local().port;
  m.data.version = OKLOG_VERSION;
  m.data.replication_factor = config_.st.replication_factor;
  m.data.starts = storer_ ? storer_->log().starts() : ingester_->log().directory().starts();
  return m;
}

std::string process::impl::not_ready() const {
  if (stopping_) return "the node is shutting down";
  if (!ready_) return "the node is starting";
  if (storer_) {
    const duration offset = std::chrono::abs(storer_->roster().clock_offset());
    if (offset > clock_alarm) {
      const auto whole = std::chrono::round<std::chrono::seconds>(offset);
      return "its clock is " + format_duration(whole) + " from the others'";
    }
  }
  return disk_.why();
}

// Says where we are: one log line, and the file that tests and scripts wait for.
env::awaitable<result<>> process::impl::announce() {
  env_.log.info("ready", {{"version", OKLOG_VERSION},
                          {"role", name(role_of(config_))},
                          {"addresses", format(addresses_)}});
  co_return co_await write_addresses(env_, config_.addr_file, addresses_);
}

// From here on others see us.
env::awaitable<result<>> process::impl::start() {
  auto gossiping = gossip_.start(self(), api_->local(), gossiping_);
  CO_TRY(co_await std::move(gossiping));
  // Other nodes, and this one's store, ask by address, which no page elsewhere can make a browser
  // send.
  if (!limits_.hosts.empty()) {
    const cluster::address at = members_.self().data.gossip;
    limits_.hosts.push_back(at.is_v4() ? ip_text(at) : "[" + ip_text(at) + "]");
    for (const char* own : {"127.0.0.1", "[::1]"}) limits_.hosts.emplace_back(own);
  }
  make_upkeep();
  add_routes();
  server_ = std::make_unique<http::server>(env_, *api_, routes_, limits_, http_metrics_);
  serving_.spawn(server_->run());
  loops_.spawn(disk_.run());
  loops_.spawn(tell_free_space());
  loops_.spawn(status_->run());
  if (ingester_) ingester_->start(loops_);
  if (storer_) {
    storer_->roster().on_restored([this] { loops_.spawn(take_new_id()); });
    loops_.spawn(storer_->roster().run());
    storer_->start(loops_, ingester_ ? own_address(api_->local()) : "");
    upkeep_->start(loops_);
  }
  co_return result<>{};
}

env::awaitable<void> process::impl::tell_free_space() {
  bool stopped = false;
  while (!stopped) {
    gossip_.set_free_space(disk_.space());
    co_await env_.loop.sleep(free_space_every);
    stopped = co_await env::is_cancelled();
  }
}

// Other stores take what is still here, as long as there are any.
env::awaitable<void> process::impl::hand_over(boot_time until) {
  const auto takes = [](const cluster::member& m) {
    return in_service(m) && has_store(m.data.role);
  };
  while (ingester_ && ingester_->log().queue().segments > 0 && env_.clock.boot() < until) {
    const auto& all = members_.all();
    if (std::none_of(all.begin() + 1, all.end(), takes)) break;
    co_await env_.loop.sleep(hand_over_step);
  }
}

bool process::impl::start_counted() const {
  return storer_ ? storer_->log().start_counted() : ingester_->log().directory().start_counted();
}

// Whether what nobody has consumed stays here. What a store holds is accounted for by the rosters.
bool process::impl::keeps_records() const {
  if (!ingester_) return false;
  // An uncounted start cannot be told from the next one: what is said of it must hold for both.
  return ingester_->log().queue().segments > 0 || !start_counted();
}

env::awaitable<int> process::impl::run() {
  const auto opened = co_await open();
  if (!opened) {
    env_.log.error("cannot start", {{"err", opened.error().what}});
    co_return 1;
  }
  if (const auto listening = listen(); !listening) {
    env_.log.error("cannot start", {{"err", listening.error().what}});
    co_return 1;
  }
  const auto started = co_await start();
  if (!started) {
    env_.log.error("cannot start", {{"err", started.error().what}});
    api_->close();
    gossiping_.stop();
    co_await gossiping_.join();
    co_return 1;
  }
  ready_ = true;
  int code = 0;
  const auto announced = co_await announce();
  if (!announced) {
    env_.log.error("cannot start", {{"err", announced.error().what}});
    code = 1;
    stopping_ = true;
  }
  while (!stopping_) co_await stop_.wait();
  const bool kept = co_await drain();
  co_return kept && !failed_ ? code : 1;
}

env::awaitable<bool> process::impl::drain() {
  bool everything_kept = true;
  const boot_time until = env_.clock.boot() + config_.drain_timeout;
  env_.log.info("stopping: taking no new lines, putting on disk what was received");
  if (ingester_) {
    co_await ingester_->drain(std::min(senders_patience, config_.drain_timeout));
    const auto kept = co_await write_everything(*ingester_);
    if (!kept) {
      everything_kept = false;
      env_.log.error("stopping", {{"err", kept.error().what}});
    }
  }
  if (storer_) co_await storer_->drain(until);
  co_await hand_over(until);
  co_await gossip_.leave(keeps_records(), leave_patience);
  gossiping_.stop();
  server_->drain();
  api_->close();
  loops_.stop();
  serving_.stop();
  co_await loops_.join();
  co_await gossiping_.join();
  co_await serving_.join();
  if (ingester_) {
    const auto left = ingester_->log().queue();
    env_.log.info("stopped", {{"segments_left", left.segments}, {"bytes_left", left.bytes}});
  } else {
    env_.log.info("stopped");
  }
  co_return everything_kept;
}

process::process(env::environment env, config c)
    : impl_(std::make_unique<impl>(env, std::move(c))) {}
process::~process() = default;
env::awaitable<int> process::run() {
  co_return co_await impl_->run();
}
void process::stop() {
  impl_->stop();
}
void process::reload() {
  impl_->reload();
}
const std::vector<std::pair<std::string, env::endpoint>>& process::addresses() const {
  return impl_->addresses_;
}
bool process::ready() const {
  return impl_->ready_;
}

unsigned pool_threads() {
  return 4;
}

}  // namespace oklog::node
