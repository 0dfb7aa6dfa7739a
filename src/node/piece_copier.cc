#include "node/piece_copier.h"

namespace oklog::node {
namespace {

constexpr std::size_t gather_bytes = 1024 * 1024;  // for one trip to the pool

// What arrives, to the disk.
class to_disk final : public api::byte_sink {
 public:
  to_disk(env::scheduler& loop, receive_job& job, pace* tempo)
      : loop_(loop), job_(job), tempo_(tempo) {}

  env::awaitable<result<>> put(std::string bytes) override {
    if (tempo_ != nullptr) co_await tempo_->spend(bytes.size());
    total_ += bytes.size();
    waiting_ += bytes;
    if (waiting_.size() < gather_bytes) co_return result<>{};
    co_return co_await write();
  }
  env::awaitable<result<>> write() {
    const std::string bytes = std::move(waiting_);
    waiting_.clear();
    co_return co_await env::offload(loop_, [&] { return job_.append(bytes); });
  }
  std::uint64_t total() const { return total_; }

 private:
  env::scheduler& loop_;
  receive_job& job_;
  pace* tempo_;
  std::string waiting_;
  std::uint64_t total_ = 0;
};

}  // namespace

env::awaitable<result<std::uint64_t>> piece_copier::copy(partition where, hash128 hash,
                                                         std::string name, std::string api,
                                                         pace* tempo) {
  receive_job job = log_.begin_receive(where);
  to_disk sink(env_.loop, job, tempo);
  CO_TRY(co_await client_.fetch(std::move(api), std::move(name), sink));
  CO_TRY(co_await sink.write());
  CO_TRY(co_await env::offload(env_.loop, [&] { return job.finish(hash); }));
  log_.end_receive(std::move(job));
  co_return sink.total();
}

}  // namespace oklog::node
