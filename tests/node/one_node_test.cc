#include "node/one_node.h"

#include <algorithm>
#include <catch2/catch.hpp>

#include "oklog/env/event.h"

using namespace oklog;
using namespace oklog::node_test;
using namespace std::chrono_literals;

namespace oklog::node_test {
namespace {

std::string header_of(const http::header_list& headers, std::string_view name) {
  return std::string(http::find(headers, name).value_or(""));
}

awaitable<result<std::unique_ptr<env::stream>>> connect_to(env::environment from,
                                                           env::endpoint to) {
  co_return co_await from.net.connect(to);
}

// Nothing is expected of the node but its close; what it says is passed over.
awaitable<result<>> until_closed(env::stream& s) {
  char said[256];
  while (true) {
    CO_TRY_LET(const std::size_t n, co_await s.read_some(said, sizeof said));
    if (n == 0) co_return result<>{};
  }
}

awaitable<std::string> ask_raw(env::environment from, env::endpoint to, std::string request) {
  std::string said;
  auto s = co_await from.net.connect(to);
  if (!s) co_return said;
  const auto written = co_await (*s)->write(request);
  char piece[4096];
  while (written) {
    const auto got = co_await (*s)->read_some(piece, sizeof piece);
    if (!got || *got == 0) break;
    said.append(piece, *got);
  }
  co_return said;
}

awaitable<result<>> write_all(env::stream& to, std::string bytes) {
  co_return co_await to.write(bytes);
}

}  // namespace

std::string answer::header(std::string_view name) const {
  return header_of(headers, name);
}
std::string answer::trailer(std::string_view name) const {
  return header_of(trailers, name);
}

std::vector<found> parse_records(const std::string& body) {
  std::vector<found> out;
  for (std::size_t at = 0; at < body.size();) {
    const std::size_t end = body.find('\n', at);
    REQUIRE(end != std::string::npos);
    REQUIRE(end - at >= ulid::text_size + 1);
    found f;
    f.id = body.substr(at, ulid::text_size);
    REQUIRE(parse_ulid(f.id));
    f.continuation = body[at + ulid::text_size] == '+';
    f.line = body.substr(at + ulid::text_size + 1, end - at - ulid::text_size - 1);
    if (!out.empty()) REQUIRE(out.back().id < f.id);
    out.push_back(std::move(f));
    at = end + 1;
  }
  return out;
}

std::vector<std::string> lines_of(const std::vector<found>& records) {
  std::vector<std::string> out;
  for (const found& f : records) out.push_back(f.line);
  return out;
}

std::string joined(const std::vector<std::string>& lines) {
  std::string out;
  for (const std::string& l : lines) out += l + "\n";
  return out;
}

std::string query_target(const std::string& parameters) {
  return "/store/query?from=" + format(ulid_min) + "&to=" + format(ulid_max) +
         (parameters.empty() ? "" : "&" + parameters);
}

awaitable<result<std::size_t>> typed_input::read_some(char* out, std::size_t size) {
  const auto ready = co_await wait_readable();
  if (!ready) co_return ready.error();
  co_return read_now(out, size);
}

awaitable<result<>> typed_input::wait_readable() {
  while (text_->bytes.empty() && !text_->ended) {
    co_await text_->changed.wait();
    const auto stopped = co_await env::is_cancelled();
    if (stopped) co_return fail(errc::cancelled, "input: stopped");
  }
  co_return result<>{};
}

result<std::size_t> typed_input::read_now(char* out, std::size_t size) {
  if (text_->bytes.empty() && !text_->ended) return fail(errc::busy, "input: nothing yet");
  const std::size_t n = text_->bytes.copy(out, size);
  text_->bytes.erase(0, n);
  return n;
}

awaitable<result<>> typed_input::write(std::string_view) {
  co_return fail(errc::invalid, "an input");
}

void typed_input::close(bool) {
  text_->ended = true;
  text_->changed.notify();
}

void forwarding::type(std::string_view bytes) {
  input->bytes.append(bytes);
  input->changed.notify();
}

void forwarding::end() {
  input->ended = true;
  input->changed.notify();
}

one_node::one_node(std::uint64_t seed)
    : world(seed),
      host(world.add_host("node")),
      client(world.add_host("client")),
      tasks(world.loop()),
      living_(world.loop()) {
  config.ingest = true;
  config.store = true;
  config.api = {"0.0.0.0", 7650};
  config.gossip.listen = {"0.0.0.0", 7659};
  config.in.fast = {"0.0.0.0", 7651};
  config.in.durable = {"0.0.0.0", 7652};
  config.in.path = "/data/ingest";
  config.st.log.path = "/data/store";
}

one_node::~one_node() {
  tasks.stop();
  begin_stop();
  const bool over =
      world.run_until([&] { return tasks.size() == 0 && living_.size() == 0; }, world_patience);
  if (!over) {
    living_.stop();
    world.run_until([&] { return living_.size() == 0; }, world_patience);
  }
  for (const auto& f : forwarders_) {
    f->forwarder.reset();
    f->input.reset();
  }
  CHECK(over);
}

awaitable<void> one_node::live(life& l) {
  l.code = co_await l.process->run();
}

bool one_node::start() {
  if (!host.alive()) host.start();
  lives_.push_back(std::make_unique<life>());
  life& l = *lives_.back();
  l.process = std::make_unique<node::process>(host.env(), config);
  living_.spawn(live(l));
  REQUIRE(world.run_until([&] { return l.process->ready() || l.code; }, world_patience));
  return !l.code;
}

void one_node::begin_stop() {
  if (!lives_.empty() && lives_.back()->process) lives_.back()->process->stop();
}

bool one_node::ended() const {
  return lives_.empty() || lives_.back()->code;
}
std::optional<int> one_node::exit_code() const {
  return lives_.back()->code;
}

int one_node::stop() {
  begin_stop();
  REQUIRE(world.run_until([&] { return ended(); }, world_patience));
  lives_.back()->process.reset();  // with its locks, as main does
  return *exit_code();
}

// What the dead process still believes that it does goes on beside its successor: it reaches
// neither disk nor network any more.
void one_node::kill() {
  host.kill();
  begin_stop();
}

void one_node::crash() {
  host.crash();
  begin_stop();
}

bool one_node::died() {
  if (host.alive()) return false;
  begin_stop();
  return true;
}

awaitable<result<>> one_node::sending(env::endpoint to, std::string bytes) {
  CO_TRY_LET(auto s, co_await connect_to(client.env(), to));
  CO_TRY(co_await s->write(bytes));
  CO_TRY(s->shutdown_send());
  co_return co_await until_closed(*s);
}

result<> one_node::send(env::endpoint to, std::string bytes) {
  return world.run(sending(to, std::move(bytes)));
}

std::unique_ptr<env::stream> one_node::connect(env::endpoint to) {
  auto s = world.run(connect_to(client.env(), to));
  REQUIRE(s);
  return std::move(*s);
}

void one_node::write(env::stream& to, std::string_view bytes) {
  REQUIRE(world.run(write_all(to, std::string(bytes))));
}

awaitable<answer> one_node::asking(http::client_request request) {
  http::client asker(client.env());
  answer a;
  request.url = api() + request.url;
  auto got = co_await asker.send(std::move(request));
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

answer one_node::ask(http::method how, const std::string& target, http::header_list headers) {
  http::client_request r;
  r.method = how;
  r.url = target;
  r.headers = std::move(headers);
  return world.run(asking(std::move(r)));
}

std::string one_node::raw(const std::string& request) {
  env::endpoint at{host.ip(), 7650};
  return world.run(ask_raw(client.env(), at, request));
}

void one_node::consume_everything() {
  world.run_for(8s);
  for (int i = 0; i < 120; ++i) {
    if (number("oklog_ingest_unconsumed_segments") == 0) return;
    world.run_for(1s);
  }
  FAIL("the store has not consumed everything");
}

std::vector<found> one_node::records(const std::string& parameters) {
  const answer a = get(query_target(parameters));
  REQUIRE(a.status == 200);
  REQUIRE(a.complete);
  return parse_records(a.body);
}

std::vector<std::string> one_node::lines(const std::string& parameters) {
  return lines_of(records(parameters));
}

std::string one_node::metric(const std::string& name) {
  const answer a = get("/metrics");
  REQUIRE(a.status == 200);
  const std::size_t at = a.body.find("\n" + name + " ");
  if (at == std::string::npos) return "";
  const std::size_t begin = at + name.size() + 2;
  return a.body.substr(begin, a.body.find('\n', begin) - begin);
}

double one_node::number(const std::string& metric_name) {
  const std::string text = metric(metric_name);
  INFO(metric_name);
  REQUIRE(!text.empty());
  return std::stod(text);
}

awaitable<void> read_stream(sim::world& world, env::environment env, std::string url,
                            std::shared_ptr<std::vector<seen_line>> out) {
  http::client asker(env);
  auto got = co_await asker.get(std::move(url));
  if (!got) co_return;
  out->push_back({world.elapsed(), "HEAD " + std::to_string(got->status())});
  std::string pending;
  while (true) {
    auto piece = co_await got->next();
    if (!piece || !*piece) break;
    pending += **piece;
    for (std::size_t lf = pending.find('\n'); lf != std::string::npos; lf = pending.find('\n')) {
      out->push_back({world.elapsed(), pending.substr(0, lf)});
      pending.erase(0, lf + 1);
    }
  }
  const bool stopped = co_await env::is_cancelled();
  if (!stopped) out->push_back({world.elapsed(), "END"});
}

std::shared_ptr<std::vector<seen_line>> one_node::watch(const std::string& parameters) {
  auto out = std::make_shared<std::vector<seen_line>>();
  tasks.spawn(read_stream(world, client.env(), api() + "/store/stream?" + parameters, out));
  REQUIRE(world.run_until([&] { return !out->empty(); }, world_patience));
  return out;
}

awaitable<void> one_node::forward_to_end(forwarding& f) {
  f.code = co_await f.forwarder->run();
}

std::shared_ptr<forwarding> one_node::forward(const std::string& input, bool ended,
                                              const std::string& target,
                                              const std::string& prefix) {
  auto f = std::make_shared<forwarding>();
  forwarders_.push_back(f);
  f->input = std::make_shared<typed_input::text>(world.loop());
  f->input->bytes = input;
  f->input->ended = ended;
  node::forward_config c;
  auto address = env::parse_address(target, 7651);
  REQUIRE(address);
  c.targets.push_back(*address);
  c.prefix = prefix;
  f->forwarder =
      std::make_unique<node::forwarder>(client.env(), c, std::make_unique<typed_input>(f->input));
  tasks.spawn(forward_to_end(*f));
  return f;
}

bool one_node::logged(std::string_view text) const {
  return std::any_of(host.log().begin(), host.log().end(), [&](const sim::log_line& l) {
    return l.text.find(text) != std::string::npos;
  });
}

}  // namespace oklog::node_test

TEST_CASE("node: it starts, says where it is, is ready, and stops with 0", "[node]") {
  one_node n;
  n.config.addr_file = "/run/addresses.json";
  n.host.disk().plant_directory("/run");
  REQUIRE(n.start());
  CHECK(n.get("/-/ready").status == 200);
  CHECK(n.get("/-/healthy").body == "OK\n");
  CHECK(n.get("/health").body == "OK\n");
  const auto written = n.host.disk().contents("/run/addresses.json");
  REQUIRE(written);
  CHECK(written->find("\"fast\"") != std::string::npos);
  CHECK(written->find("7652") != std::string::npos);
  CHECK(n.logged("msg=ready"));
  CHECK(n.stop() == 0);
}

TEST_CASE("node: port 0 takes a free port, and the addresses say which", "[node]") {
  one_node n;
  n.config.api.port = n.config.in.fast.port = n.config.in.durable.port = 0;
  n.config.addr_file = "/addresses.json";
  REQUIRE(n.start());
  n.world.run_for(1s);
  const auto written = n.host.disk().contents("/addresses.json");
  REQUIRE(written);
  CHECK(written->find(":0\"") == std::string::npos);
  CHECK(n.stop() == 0);
}

TEST_CASE("node: a port in use is an error that names flag and address, exit code 1", "[node]") {
  const std::pair<const char*, std::uint16_t> ports[] = {{"-api 0.0.0.0:7650", 7650},
                                                         {"-ingest.fast 0.0.0.0:7651", 7651},
                                                         {"-ingest.durable 0.0.0.0:7652", 7652}};
  for (const auto& [text, port] : ports) {
    one_node n;
    env::endpoint taken{"0.0.0.0", port};
    const auto other = n.host.env().net.listen(taken);
    REQUIRE(other);
    CHECK_FALSE(n.start());
    CHECK(n.exit_code() == 1);
    CHECK(n.logged(text));
  }
}

TEST_CASE("C9: a second node on the same directory is refused and harms nothing", "[node]") {
  one_node n;
  REQUIRE(n.start());
  REQUIRE(n.send(n.durable(), "kept\n"));
  node::config other = n.config;
  other.api.port = 8650;
  other.in.fast.port = 8651;
  other.in.durable.port = 8652;
  node::process second(n.host.env(), other);
  CHECK(n.world.run(second.run()) == 1);
  CHECK(n.logged("/data/ingest"));
  CHECK(n.lines() == std::vector<std::string>{"kept"});
  CHECK(n.stop() == 0);
}
