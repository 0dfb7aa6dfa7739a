// Several whole nodes, with their gossip, in one simulated world.
//
//   whole_nodes c(3);                     // n0, n1, n2; n1 and n2 have n0 as their peer
//   c.start_all();
//   CHECK(c.all_see(3));                  // within half a minute
#pragma once

#include <catch2/catch.hpp>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "node/one_node.h"

namespace oklog::node_test {

class whole_nodes {
 public:
  explicit whole_nodes(std::size_t count, std::uint64_t seed = 1)
      : world(seed), living_(world.loop()) {
    client_ = &world.add_host("client");
    for (std::size_t i = 0; i < count; ++i) {
      hosts_.push_back(&world.add_host("n" + std::to_string(i)));
      lives_.emplace_back();
      config.push_back(plain_config());
      if (i > 0) config.back().gossip.peers.push_back({"n0", 7659, env::lookup_kind::system});
    }
  }
  ~whole_nodes() {
    for (std::size_t i = 0; i < hosts_.size(); ++i) {
      if (lives_[i]) lives_[i]->process->stop();
    }
    const auto ended = [&] { return living_.size() == 0; };
    if (!world.run_until(ended, std::chrono::minutes(2))) {
      living_.stop();
      world.run_until(ended, std::chrono::minutes(2));
      FAIL_CHECK("a node has not ended");
    }
  }

  static node::config plain_config() {
    node::config c;
    c.ingest = c.store = true;
    c.api = {"0.0.0.0", 7650};
    c.in.fast = {"0.0.0.0", 7651};
    c.in.durable = {"0.0.0.0", 7652};
    c.gossip.listen = {"0.0.0.0", 7659};
    return c;
  }

  sim::host& host(std::size_t i) { return *hosts_[i]; }
  // Does not wait until it is ready.
  void begin(std::size_t i) {
    if (!host(i).alive()) host(i).start();
    lives_[i] = std::make_shared<life>();
    lives_[i]->process = std::make_unique<node::process>(host(i).env(), config[i]);
    living_.spawn(live(lives_[i]));
  }
  bool ready(std::size_t i) const { return lives_[i]->process->ready(); }
  // False where it ended instead; why() says what it logged last.
  bool start(std::size_t i) {
    begin(i);
    auto& l = *lives_[i];
    const auto settled = [&] { return l.process->ready() || l.code; };
    REQUIRE(world.run_until(settled, std::chrono::minutes(1)));
    return !l.code;
  }
  void start_all() {
    for (std::size_t i = 0; i < hosts_.size(); ++i) REQUIRE(start(i));
  }
  int stop(std::size_t i) {
    auto& l = *lives_[i];
    l.process->stop();
    REQUIRE(world.run_until([&] { return l.code.has_value(); }, std::chrono::minutes(2)));
    const int code = *l.code;
    lives_[i].reset();
    return code;
  }
  // The process dies; its peers see resets.
  void kill(std::size_t i) {
    host(i).kill();
    lives_[i]->process->stop();
    REQUIRE(world.run_until([&] { return lives_[i]->code.has_value(); }, std::chrono::minutes(2)));
    lives_[i].reset();
  }
  void reload(std::size_t i) { lives_[i]->process->reload(); }
  bool runs(std::size_t i) const { return lives_[i] != nullptr; }

  // Lines to the durable port; true once they are on disk.
  bool send(std::size_t i, const std::string& lines) {
    return world.run(sending({host(i).ip(), 7652}, lines)).has_value();
  }
  std::string get(std::size_t i, const std::string& target) {
    return world.run(getting("http://" + host(i).ip() + ":7650" + target));
  }
  // The status; 0 where there was no answer.
  unsigned post(std::size_t i, const std::string& target) {
    return world.run(posting("http://" + host(i).ip() + ":7650" + target));
  }
  nlohmann::json members(std::size_t i) {
    return nlohmann::json::parse(get(i, "/-/cluster"), nullptr, false)["members"];
  }
  std::size_t count(std::size_t i, const std::string& state) {
    std::size_t n = 0;
    for (const auto& m : members(i)) n += m["state"] == state ? 1 : 0;
    return n;
  }
  bool all_see(std::size_t n, const std::string& state = "alive",
               duration patience = std::chrono::seconds(30)) {
    const duration until = world.elapsed() + patience;
    while (true) {
      bool all = true;
      for (std::size_t i = 0; i < hosts_.size(); ++i)
        all = all && (!runs(i) || count(i, state) == n);
      if (all || world.elapsed() > until) return all;
      world.run_for(std::chrono::milliseconds(100));
    }
  }
  std::string id(std::size_t i) {
    return nlohmann::json::parse(get(i, "/-/cluster"))["self"].get<std::string>();
  }
  std::string metric(std::size_t i, const std::string& name) {
    const std::string text = get(i, "/metrics");
    const auto at = text.find("\n" + name + " ");
    if (at == text.npos) return "";
    const auto begin = at + name.size() + 2;
    return text.substr(begin, text.find('\n', begin) - begin);
  }
  bool logged(std::size_t i, std::string_view text) {
    for (const auto& line : host(i).log()) {
      if (line.text.find(text) != std::string::npos) return true;
    }
    return false;
  }

  sim::world world;
  std::vector<node::config> config;  // of the next start

 private:
  struct life {
    std::unique_ptr<node::process> process;
    std::optional<int> code;
  };
  static awaitable<void> live(std::shared_ptr<life> l) { l->code = co_await l->process->run(); }
  awaitable<result<>> sending(env::endpoint to, std::string lines) {
    CO_TRY_LET(const auto stream, co_await client_->env().net.connect(to));
    CO_TRY(co_await stream->write(lines));
    CO_TRY(stream->shutdown_send());
    char byte = 0;
    CO_TRY_LET(const std::size_t n, co_await stream->read_some(&byte, 1));
    co_return n == 0 ? result<>{} : fail(errc::invalid, "an answer");
  }
  awaitable<unsigned> posting(std::string url) {
    http::client client(client_->env());
    const auto answer = co_await client.post(url, "");
    co_return answer ? answer->status() : 0;
  }
  awaitable<std::string> getting(std::string url) {
    http::client client(client_->env());
    auto answer = co_await client.get(url);
    if (!answer) co_return answer.error().what;
    auto body = co_await answer->read_all(1 << 24);
    co_return body ? *body : body.error().what;
  }

  sim::host* client_;
  std::vector<sim::host*> hosts_;
  std::vector<std::shared_ptr<life>> lives_;
  env::task_group living_;
};

}  // namespace oklog::node_test
