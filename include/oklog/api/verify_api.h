// Reading everything that a store holds, to see that it is sound: both halves of the contract.
//
//   POST /store/_verify[?rate=BYTES]   at most so many bytes a second (0: as fast as it goes; the
//        default is verify_rate, the least verify_rate_min); 400; 429 it is being done already.
//        200, a JSON object a line:
//          {"store":"<ULID>","segments":N,"bytes":N,"quarantined":N}      first
//          {"done_segments":N,"done_bytes":N}                             each second
//          {"segment":"<name>","partition":"...","damage":["...", ...]}   for each that is damaged
//          {"end":true,"done_segments":N,"done_bytes":N,"damaged":N,"unread":N}   last
//        `unread`: segments that the disk would not give. A body without its last line broke off.
//
// What is found is noted by the store as well, and replaced from others.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "oklog/env/env.h"
#include "oklog/http/client.h"
#include "oklog/http/router.h"

namespace oklog::api {

inline constexpr std::uint64_t verify_rate = 50ULL * 1024 * 1024;  // bytes a second
inline constexpr std::uint64_t verify_rate_min = 64ULL * 1024;     // it is never silent for long
inline constexpr std::size_t verify_line_max = 1024 * 1024;
inline constexpr duration verify_gap = std::chrono::seconds(30);  // without a line: it broke off

struct verify_begun {
  std::string store;
  std::uint64_t segments = 0;
  std::uint64_t bytes = 0;
  std::uint64_t quarantined = 0;
};
struct verify_progress {
  std::uint64_t segments = 0;
  std::uint64_t bytes = 0;
};
struct verify_damage {
  std::string segment;
  std::string partition;
  std::vector<std::string> what;
};
struct verify_end {
  verify_progress done;
  std::uint64_t damaged = 0;
  std::uint64_t unread = 0;
};

std::string to_line(const verify_begun& e);
std::string to_line(const verify_progress& e);
std::string to_line(const verify_damage& e);
std::string to_line(const verify_end& e);

class verify_service {
 public:
  virtual ~verify_service() = default;
  virtual env::awaitable<void> answer_verify(std::uint64_t rate, http::responder& out) = 0;
};
// `service` outlives the router.
void add_verify_route(http::router& routes, verify_service& service);

// What one store said; `end` is missing where it broke off.
struct verify_answer {
  verify_begun begun;
  verify_progress done;
  std::vector<verify_damage> damaged;
  std::optional<verify_end> end;
};
// Takes one line. False where it is none of ours.
bool read_line(std::string_view line, verify_answer& into);

// Asks the store at `address` ("host:port"); `into` grows while it answers, `progress` is called at
// each line. Errors: unavailable, timeout, closed, corruption, cancelled.
env::awaitable<result<>> ask_verify(env::environment env, std::string address, std::uint64_t rate,
                                    verify_answer& into, std::function<void()> progress);

}  // namespace oklog::api
