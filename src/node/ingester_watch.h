// Which ingesters of the cluster have something to claim. One task waits at each of them, so that a
// flushed segment is noticed at once wherever it is, nothing is asked in vain, and an ingester that
// is slow or dead delays nobody else. Follows the members that come and go. Loop thread only.
//
// An ingester that does not answer is asked again after a pause, which doubles up to
// ingester_rest_max; that is logged once, and once more when it answers.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "node/membership.h"
#include "oklog/api/ingest_client.h"
#include "oklog/env/task_group.h"

namespace oklog::node {

inline constexpr duration ingester_rest_max = std::chrono::seconds(5);

// What the ingester at that address said of itself; empty: the own one.
using low_water_sink = std::function<void(const std::string&, const cluster::low_water&)>;

class ingester_watch {
 public:
  // `own`: where this node's own ingester answers ("host:port"); empty: it has none. `news` is
  // notified when an ingester has something.
  ingester_watch(env::environment env, membership& members, std::string own, env::event& news,
                 low_water_sink noted);
  ~ingester_watch();

  // Until its task is stopped.
  env::awaitable<void> run();

  const std::string& own() const { return own_; }
  // The address of the next one that has something, each in turn.
  std::optional<std::string> next();
  // What came of asking it.
  void had_nothing(const std::string& address);
  void failed(const std::string& address, const error& why);
  bool knows(const std::string& address) const { return watched_.contains(address); }

 private:
  struct ingester {
    explicit ingester(env::environment env) : client(env), asked(env.loop), tasks(env.loop) {}
    api::ingest_client client;
    bool has_some = false;
    env::event asked;        // has_some was taken back
    unsigned failures = 0;   // in a row
    boot_time rest_until{};  // where there are some
    env::task_group tasks;
  };
  env::awaitable<void> wait_at(std::string address, ingester& at);
  env::awaitable<void> follow();
  void note_failure(const std::string& address, ingester& at, const error& why);

  env::environment env_;
  membership& members_;
  std::string own_;
  env::event& news_;
  low_water_sink noted_;
  std::map<std::string, std::unique_ptr<ingester>> watched_;
  std::string last_;  // whose turn it was
};

}  // namespace oklog::node
