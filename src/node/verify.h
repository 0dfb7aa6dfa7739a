// Reads every live segment of the store because somebody asks (api/verify_api.h). Loop thread only;
// the reads are slices of work on the pool, behind everything that somebody waits for.
#pragma once

#include <set>
#include <string>

#include "node/pace.h"
#include "oklog/api/verify_api.h"
#include "oklog/env/env.h"
#include "oklog/store/store_log.h"

namespace oklog::node {

class verifier final : public api::verify_service {
 public:
  // `log` outlives it.
  verifier(env::environment env, store_log& log) : env_(env), log_(log) {}

  // One at once.
  env::awaitable<void> answer_verify(std::uint64_t rate, http::responder& out) override;

 private:
  struct run {
    http::responder& out;
    pace tempo;
    api::verify_end so_far;
    std::set<std::string> checked;
    boot_time say_at{};
  };
  env::awaitable<void> verify(std::uint64_t rate, http::responder& out);
  // False where nobody reads any more.
  env::awaitable<bool> check(run& r, segment_ptr segment);
  env::awaitable<bool> say_progress(run& r);

  env::environment env_;
  store_log& log_;
  bool running_ = false;
};

}  // namespace oklog::node
