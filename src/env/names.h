// Name resolution by the system's resolver.
//
// It blocks, can take half a minute when the name servers are gone, and cannot be interrupted.
// Therefore each lookup has a thread of its own, not the pool's, and who waits for it can leave:
// the thread finds nobody and ends. At most `lookups_max` at once, else errc::busy.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "env/loop.h"
#include "oklog/env/net.h"

namespace oklog::env {

class names {
 public:
  static constexpr unsigned lookups_max = 32;

  explicit names(real_loop& loop);
  ~names();

  awaitable<result<std::vector<std::string>>> addresses(std::string host);
  awaitable<result<std::vector<srv_target>>> services(std::string name);
  awaitable<result<std::vector<std::string>>> of_address(std::string ip);

 private:
  struct found {
    std::vector<std::string> texts;
    std::vector<srv_target> services;
  };
  struct waiter;
  struct gate;
  using lookup = std::function<result<found>()>;

  awaitable<result<found>> ask(std::string what, lookup work);
  static void answer(const std::shared_ptr<gate>& where, std::uint64_t id, result<found> value);
  result<> start(std::uint64_t id, lookup work);

  real_loop& loop_;
  std::shared_ptr<gate> gate_;
  std::uint64_t last_id_ = 0;
};

}  // namespace oklog::env
