// Asking a store.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "cmd/oklog/query_options.h"
#include "oklog/env/env.h"
#include "oklog/http/client.h"

namespace oklog::cmd {

// Where and how a run of `oklog query` asks; lives as long as the run.
struct query_session {
  query_session(env::environment e, query_options opts, std::string store_url)
      : env(e), options(std::move(opts)), base(std::move(store_url)), client(e) {}

  env::environment env;
  query_options options;
  std::string base;  // "http://host:port"
  http::client client;
  std::function<void(const http::client_response&)> on_head;  // of each answer, before its body
};

// What one question asks beyond the patterns.
struct question {
  std::string from;
  std::string to;
  bool descending = false;
  std::optional<std::uint64_t> limit;
  bool context = false;
};
// As the flags say it.
question question_of(const query_options& o);

std::vector<http::parameter> parameters_of(const query_options& o, const question& q);
http::client_request request_of(const query_session& s, const question& q);

// Sends it. Nothing where the store is not reached or refuses; that was said on stderr then.
env::awaitable<std::optional<http::client_response>> ask(query_session& s,
                                                         http::client_request request);

// One line on stderr, "oklog query: ...". Returns exit_error.
int complain(const std::string& what);

// The exit code of a complete answer; says what is missing.
int verdict(const query_options& o, const http::client_response& r, bool found);

}  // namespace oklog::cmd
