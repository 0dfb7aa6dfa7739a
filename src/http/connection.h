// One client's connection: reads a request, has it handled, and so on until one side is done.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "http/codec.h"
#include "oklog/http/server.h"

namespace oklog::http {

class connection {
 public:
  connection(env::environment env, std::unique_ptr<env::stream> stream, const router& routes,
             const server_limits& limits, server_metrics& metrics, server_state& state);
  env::awaitable<void> run();

 private:
  // True once something of a next request is in in_.
  env::awaitable<bool> await_request();
  // False: the connection is to be closed.
  env::awaitable<bool> serve_one();
  env::awaitable<std::optional<refusal>> read_head(request_decoder& decoder, request& req);
  env::awaitable<std::optional<refusal>> read_body(request_decoder& decoder,
                                                   std::uint64_t bytes_max, std::string& body);
  env::awaitable<void> handle(const route& found, const request& req, responder& out);
  env::awaitable<void> run_handler(const route& found, const request& req, responder& out,
                                   bool& done, env::task_group& watching);
  env::awaitable<void> watch(responder& out, const bool& done, env::task_group& work);
  env::awaitable<void> refuse(refusal why, method_set allowed, responder& out);
  // Says that no more will come, and lets the client read what was said before it is reset for
  // sending what nobody reads.
  env::awaitable<void> linger();

  // Appends what comes to in_. 0 at the end of the stream. Error: timeout at `deadline`.
  env::awaitable<result<std::size_t>> fill(boot_time deadline, std::size_t bytes_max);

  env::environment env_;
  std::unique_ptr<env::stream> stream_;
  const router& routes_;
  const server_limits& limits_;
  server_metrics& metrics_;
  server_state& state_;
  std::string in_;  // read and not used yet
  bool linger_ = false;
};

}  // namespace oklog::http
