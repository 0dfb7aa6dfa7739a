// The store's half of a node: its log and the loops around it.
//
//   consume.cc   ingesters' segments -> store segments (the transaction is store/consumer.h)
//   storer.cc    compaction and retention
//
// Loop thread only.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "oklog/api/ingest_client.h"
#include "oklog/env/env.h"
#include "oklog/env/event.h"
#include "oklog/env/task_group.h"
#include "oklog/node/config.h"
#include "oklog/store/store_log.h"

namespace oklog::node {

class storer {
 public:
  storer(env::environment env, const store_options& options, metrics_registry& registry);
  ~storer();

  env::awaitable<result<>> open();
  // Starts the loops; consumes from `ingesters` ("host:port" of their API).
  void start(env::task_group& tasks, std::vector<std::string> ingesters);
  // Takes everything that can be claimed, at once; returns when nothing is left or at `until`.
  env::awaitable<void> drain(boot_time until);

  store_log& log() { return *log_; }

 private:
  env::awaitable<void> consume_loop();
  env::awaitable<void> compact_loop();
  env::awaitable<void> retention_loop();

  // The consumer's outputs, carried out; each feeds its answer back.
  env::awaitable<void> carry_out(consumer::output what);
  env::awaitable<void> claim_next();
  env::awaitable<void> fetch(claim what);
  env::awaitable<void> merge(std::vector<claim> claims);
  env::awaitable<void> commit(claim what, hash128 hash);
  void feed(const consumer::input& in);

  env::environment env_;
  store_options options_;
  store_metrics metrics_;
  std::unique_ptr<store_log> log_;
  std::vector<std::string> ingesters_;
  std::size_t next_ingester_ = 0;

  consumer consumer_;
  api::ingest_client client_;
  std::map<claim, std::string> fetched_;  // bytes of claims to be merged
  std::set<claim> damaged_;               // merged without some of their blocks (rule K10)
  std::vector<consumer::output> to_do_;
  boot_time wake_at_{};
  env::event news_;
  bool drained_ = false;
};

}  // namespace oklog::node
