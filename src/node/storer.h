// The store's half of a node: its log and the loops around it.
//
//   replicate.cc  what was merged -> the other stores of its write set
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

#include "node/holders.h"
#include "node/ingester_watch.h"
#include "oklog/api/replica_api.h"
#include "oklog/env/env.h"
#include "oklog/env/event.h"
#include "oklog/env/task_group.h"
#include "oklog/node/config.h"
#include "oklog/store/store_log.h"

namespace oklog::node {

class storer {
 public:
  storer(env::environment env, const store_options& options, metrics_registry& registry,
         membership& members);
  ~storer();

  env::awaitable<result<>> open();
  // Starts the loops but the roster's; consumes from every ingester in service. `own`: where this
  // node's own answers ("host:port" of its API); empty: it has none.
  void start(env::task_group& tasks, std::string own);
  // Finishes what is in hand and takes everything that its own ingester has, at once; returns when
  // nothing is left or at `until`.
  env::awaitable<void> drain(boot_time until);

  store_log& log() { return *log_; }
  const holders& stores() const { return *holders_; }
  roster_keeper& roster() { return *roster_; }

 private:
  env::awaitable<void> consume_loop();
  env::awaitable<void> compact_loop();
  env::awaitable<void> retention_loop();

  // The consumer's outputs, carried out; each feeds its answer back.
  env::awaitable<void> carry_out(consumer::output what);
  env::awaitable<void> claim_next();
  env::awaitable<bool> claim_at(std::string ingester);
  api::ingest_client& client_of(const std::string& ingester);
  // Whether it may be worth a wait.
  void note_answer(const std::string& ingester, const error& why);
  env::awaitable<void> fetch(claim what);
  env::awaitable<void> merge(std::vector<claim> claims);
  void replicate(const std::string& piece, const std::string& store);
  env::awaitable<void> offer(std::string piece, std::string store);
  env::awaitable<result<>> offer_until_taken(std::string api, std::string store,
                                             api::piece_offer what);
  env::awaitable<void> discard_staged();
  env::awaitable<void> commit(claim what, hash128 hash, std::vector<std::string> stores);
  env::awaitable<void> fail_back(claim what);
  void feed(const consumer::input& in);

  env::environment env_;
  store_options options_;
  store_metrics metrics_;
  std::unique_ptr<store_log> log_;
  metrics_registry& registry_;
  membership& members_;
  std::unique_ptr<roster_keeper> roster_;  // once open
  std::unique_ptr<holders> holders_;       // once open
  std::unique_ptr<ingester_watch> watch_;  // once started
  env::task_group* tasks_ = nullptr;

  consumer consumer_;
  // By address; those that are not known any more are dropped while nothing is claimed.
  std::map<std::string, api::ingest_client> clients_;
  std::set<std::string> silent_;  // did not answer since the last merge: not waited for again
  std::map<claim, std::string> fetched_;    // bytes of claims to be merged
  std::set<claim> damaged_;                 // merged without some of their blocks (rule K10)
  std::vector<std::string> merged_pieces_;  // of the last merge
  counter replicated_segments_;
  counter replicated_bytes_;
  std::vector<consumer::output> to_do_;
  boot_time wake_at_{};
  env::event news_;
  bool draining_ = false;
  bool drained_ = false;
};

}  // namespace oklog::node
