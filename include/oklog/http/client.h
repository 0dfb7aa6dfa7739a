// An HTTP client: the body as a stream, connections used again where both sides allow it.
//
//   http::client client(env);
//   CO_TRY_LET(auto answer, co_await client.get("http://[::1]:7650/store/query?q=x"));
//   for (;;) {
//     CO_TRY_LET(auto piece, co_await answer.next());
//     if (!piece) break;
//     ...
//   }
//
// A clean end means that the whole answer has come: one that is cut off is an error (closed or
// corruption), except where the server said neither length nor chunks (HTTP/1.0), which cannot be
// told. Errors: invalid (the URL), unavailable (name, refused), timeout, closed, corruption (not
// HTTP), cancelled. A status of 400 and more is not an error here. Loop thread only.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "oklog/env/env.h"
#include "oklog/http/message.h"
#include "oklog/http/url.h"

namespace oklog::http {

struct client_options {
  duration connect_wait = std::chrono::seconds(5);  // for each address of a name
  duration head_wait = std::chrono::seconds(30);    // from the request to the end of the head
  duration body_gap{};                              // between two pieces of the body; 0: for ever
  std::size_t head_bytes_max = 64 << 10;
  unsigned redirects_max = 0;  // followed for GET and HEAD only
};

struct client_request {
  http::method method = http::method::get;
  std::string url;
  header_list headers;  // Host, Content-Length and Connection are ours
  std::string body;
};

// The answer, from its head on. Dropping it early closes the connection, and with that the server's
// work. Must not be used after its next() has been cancelled.
class client_response {
 public:
  struct exchange;
  explicit client_response(std::unique_ptr<exchange> x);
  ~client_response();
  client_response(client_response&&) noexcept;
  client_response& operator=(client_response&&) noexcept;

  unsigned status() const { return head_.status; }
  const header_list& headers() const { return head_.headers; }
  std::optional<std::string_view> header(std::string_view name) const { return head_.header(name); }

  // The next bytes of the body as they come, never empty; nullopt at its end.
  env::awaitable<result<std::optional<std::string>>> next();
  // The rest of the body. Error: invalid, where it is over `bytes_max`. Room for `expected` bytes
  // of it is made at once.
  env::awaitable<result<std::string>> read_all(std::uint64_t bytes_max, std::uint64_t expected = 0);
  // After the end of the body.
  const header_list& trailers() const { return trailers_; }

 private:
  void finish();

  std::unique_ptr<exchange> exchange_;  // null once the end has been reached
  response_head head_;
  header_list trailers_;
  std::optional<error> failed_;
};

class kept_connections;

class client {
 public:
  explicit client(env::environment env, client_options options = {});
  ~client();
  client(client&&) noexcept;

  // Tries all addresses of the name in turn.
  env::awaitable<result<client_response>> send(client_request what);
  env::awaitable<result<client_response>> get(std::string url);
  env::awaitable<result<client_response>> head(std::string url);
  env::awaitable<result<client_response>> post(std::string url, std::string body);

 private:
  env::awaitable<result<client_response>> send_once(const client_request& what, const url& where);
  env::awaitable<result<client_response>> attempt(const client_request& what, const url& where,
                                                  std::unique_ptr<env::stream> stream);
  env::awaitable<result<std::unique_ptr<env::stream>>> connect(const url& where);

  env::environment env_;
  client_options options_;
  std::shared_ptr<kept_connections> kept_;
};

}  // namespace oklog::http
