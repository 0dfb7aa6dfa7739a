// The answer to one request, in the hands of its handler. Either all at once:
//
//   out.set("Content-Type", http::plain_text);
//   co_await out.send(200, body);
//
// or as a stream: begin() sends the head AT ONCE, each write() is with the kernel when it returns,
// end() completes the answer. A handler that returns without end() has its client see a reset: an
// incomplete answer never looks complete.
//
// Owned by the connection, which outlives the handler. Loop thread only, but for cancel_flag().
// Errors of all calls: closed (the client has gone), timeout (it does not read), cancelled. After
// the first one all later calls fail too, so that a handler may look at the last result only.
#pragma once

#include <atomic>
#include <string>
#include <string_view>

#include "oklog/env/env.h"
#include "oklog/http/message.h"

namespace oklog::http {

class responder {
 public:
  struct options {
    bool head_only = false;  // HEAD: everything but the body
    bool http10 = false;     // streams end by closing, without trailers
    bool keep_alive = true;
    duration send_stall{};
  };
  responder(env::environment env, env::stream& to, const options& how);
  responder(const responder&) = delete;
  responder& operator=(const responder&) = delete;

  // Adds a header to the head that is not sent yet. Control bytes are sent as '?'. Framing headers
  // (Content-Length, Transfer-Encoding, Connection, Date) are ours and ignored here.
  void set(std::string_view name, std::string_view value);

  env::awaitable<result<>> send(unsigned status, std::string_view body);
  env::awaitable<result<>> send(unsigned status, header_list headers, std::string_view body);
  // "sentence\n" as text/plain. The sentence must hold nothing that the client sent.
  env::awaitable<result<>> send_error(unsigned status, std::string_view sentence);

  // Announce trailers by set("Trailer", "X-A, X-B").
  env::awaitable<result<>> begin(unsigned status);
  env::awaitable<result<>> begin(unsigned status, header_list headers);
  env::awaitable<result<>> write(std::string_view bytes);
  env::awaitable<result<>> end();
  env::awaitable<result<>> end(header_list trailers);
  // Resets the connection: the client sees an error, never a clean end.
  void abort();

  // The client has gone or the node stops: nobody wants the rest. The handler's own waits fail with
  // errc::cancelled at that moment; work on the pool asks the flag, which lives as long as this.
  bool cancelled() const { return cancelled_.load(std::memory_order_relaxed); }
  const std::atomic<bool>& cancel_flag() const { return cancelled_; }

  // For the connection.
  void cancel() { cancelled_.store(true, std::memory_order_relaxed); }
  bool begun() const { return state_ != state::fresh; }
  bool complete() const { return state_ == state::complete; }
  bool keep_alive() const { return how_.keep_alive; }
  unsigned status() const { return status_; }  // 0 before begin() or send()

 private:
  enum class state { fresh, streaming, complete, broken };

  std::string head(unsigned status) const;
  env::awaitable<result<>> put(std::string_view bytes);

  env::environment env_;
  env::stream& to_;
  options how_;
  header_list headers_;
  std::string framing_;  // Content-Length or Transfer-Encoding, with CR LF
  std::string buffer_;
  state state_ = state::fresh;
  unsigned status_ = 0;
  std::atomic<bool> cancelled_{false};
};

}  // namespace oklog::http
