// The ingester's half of a node: its log, and what the loops around it share.
//
//   receive.cc   connections -> the log's inbox
//   write.cc     inbox -> active segment -> flushed segment
//   ingester.cc  what consumers ask (api/ingest_api.h), and leases that run out
//
// Loop thread only.
#pragma once

#include <list>
#include <memory>
#include <set>
#include <string>

#include "node/disk_watch.h"
#include "node/live.h"
#include "node/membership.h"
#include "oklog/api/ingest_api.h"
#include "oklog/env/env.h"
#include "oklog/env/event.h"
#include "oklog/env/task_group.h"
#include "oklog/ingest/ingest_log.h"
#include "oklog/node/config.h"

namespace oklog::node {

class ingester final : public api::ingest_service {
 public:
  // All outlive it. `members`: what copies they want made of what is here (rule K8).
  ingester(env::environment env, const ingest_options& options, metrics_registry& registry,
           disk_watch& disk, live_feed& live, const membership& members);
  ~ingester() override;

  // Opens and recovers the directory.
  env::awaitable<result<>> open();
  // Listens. Errors name the flag and the address.
  result<> listen();
  env::endpoint fast_address() const { return fast_->local(); }
  env::endpoint durable_address() const { return durable_->local(); }
  // Starts the loops.
  void start(env::task_group& tasks);

  // Stops accepting, tells every sender so by a half-close, and gives those that listen `patience`
  // to finish; then ends the connections. Everything that was received is on disk after it.
  env::awaitable<void> drain(duration patience);

  ingest::ingest_log& log() { return *log_; }
  ingest::ingest_metrics& metrics() { return metrics_; }
  const env::environment& environment() const { return env_; }

  // --- for receive.cc
  // Waits while the inbox is full or the disk is; errc::cancelled when stopped.
  env::awaitable<result<>> until_may_read();
  void received() { arrived_.notify(); }
  // Until the batches up to `serial` are where the port promises: with the kernel, or on disk.
  env::awaitable<result<>> until_kept(std::uint64_t serial, ingest::modality how);
  std::string& read_buffer() { return read_buffer_; }
  // In the order in which they came: a simulation must not depend on where things lie in memory.
  std::list<env::stream*>& senders() { return senders_; }
  bool draining() const { return draining_; }

  // --- for write.cc
  env::event& arrived() { return arrived_; }
  env::event& progress() { return progress_; }
  env::event& flushed() { return flushed_; }

  // --- api::ingest_service
  env::awaitable<result<ingest::claim>> next(std::optional<std::uint32_t> shard,
                                             duration wait) override;
  env::awaitable<bool> waiting(duration wait) override;
  env::awaitable<result<content>> read(std::string id) override;
  env::awaitable<result<std::string>> read_piece(const ingest::segment_content& of,
                                                 std::uint64_t offset) override;
  void keep_reading(const std::string& id, bool done) override;
  env::awaitable<result<ingest::decision>> commit(std::string id, hash128 hash,
                                                  std::vector<ulid> stores, bool damaged) override;
  cluster::low_water low_water() const override;
  env::awaitable<result<ingest::decision>> failed(std::string id) override;
  std::string segment_state() override;

 private:
  env::awaitable<void> expire_loop();
  result<> enough_copies(std::vector<ulid> stores) const;

  env::environment env_;
  ingest_options options_;
  ingest::ingest_metrics metrics_;
  disk_watch& disk_;
  live_feed& live_;
  const membership& members_;
  env::event arrived_;   // the inbox has news for the writer
  env::event progress_;  // something was written or synced: room, and acknowledgements
  env::event flushed_;   // a segment can be claimed
  std::unique_ptr<ingest::ingest_log> log_;
  std::unique_ptr<env::listener> fast_;
  std::unique_ptr<env::listener> durable_;
  env::task_group accepting_;
  env::task_group connections_;
  std::list<env::stream*> senders_;
  boot_time next_turn_;  // of a consumer that waits
  std::string read_buffer_;
  bool draining_ = false;
  boot_time since_;
};

// Accepts and serves the lines of one listener until its task is stopped.
env::awaitable<void> accept_lines(ingester& in, env::listener& from, ingest::modality how,
                                  env::task_group& connections);
// Writes, syncs and flushes until its task is stopped.
env::awaitable<void> write_loop(ingester& in);
env::awaitable<void> flush_loop(ingester& in);
// Until nothing is in memory alone; gives up after errors in a row.
env::awaitable<result<>> write_everything(ingester& in);

}  // namespace oklog::node
