#include "oklog/http/responder.h"

#include <algorithm>
#include <array>

#include "http/date.h"
#include "http/status.h"
#include "oklog/base/assert.h"
#include "oklog/env/task_group.h"

namespace oklog::http {
namespace {

// Nothing that a value holds may become a line of its own.
std::string clean(std::string_view text) {
  std::string out(text);
  std::replace_if(
      out.begin(), out.end(),
      [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, '?');
  return out;
}

bool is_framing(std::string_view name) {
  constexpr std::array<std::string_view, 4> ours{"Content-Length", "Transfer-Encoding",
                                                 "Connection", "Date"};
  return std::any_of(ours.begin(), ours.end(),
                     [&](std::string_view n) { return same_name(n, name); });
}

void append_line(std::string& out, std::string_view name, std::string_view value) {
  out.append(clean(name)).append(": ").append(clean(value)).append("\r\n");
}

void append_hex(std::string& out, std::size_t n) {
  char digits[2 * sizeof(n)];
  std::size_t at = sizeof(digits);
  do {
    digits[--at] = "0123456789abcdef"[n & 15];
    n >>= 4;
  } while (n != 0);
  out.append(digits + at, sizeof(digits) - at);
}

bool bodyless(unsigned status) {
  return status == 204 || status == 304;
}

}  // namespace

responder::responder(env::environment env, env::stream& to, const options& how)
    : env_(env), to_(to), how_(how) {
  if (how_.http10) how_.keep_alive = false;
}

void responder::set(std::string_view name, std::string_view value) {
  if (is_framing(name)) return;
  headers_.push_back({std::string(name), std::string(value)});
}

std::string responder::head(unsigned status) const {
  std::string out = "HTTP/1.1 " + std::to_string(status) + " ";
  out.append(reason(status)).append("\r\n");
  append_line(out, "Date", format_date(env_.clock.now()));
  for (const auto& h : headers_) append_line(out, h.name, h.value);
  if (!find(headers_, "X-Content-Type-Options")) {
    append_line(out, "X-Content-Type-Options", "nosniff");
  }
  if (!find(headers_, "Referrer-Policy")) append_line(out, "Referrer-Policy", "no-referrer");
  if (!how_.keep_alive) append_line(out, "Connection", "close");
  return out + framing_ + "\r\n";
}

env::awaitable<result<>> responder::put(std::string_view bytes) {
  if (state_ == state::broken) co_return fail(errc::closed, "the connection is lost");
  result<> done = cancelled() ? result<>(fail(errc::cancelled, "the client has gone")) : result<>();
  if (done) {
    auto op = to_.write(bytes);
    done = co_await env::with_timeout(env_.loop, how_.send_stall, "sending", std::move(op));
  }
  if (!done) abort();
  co_return done;
}

env::awaitable<result<>> responder::send(unsigned status, std::string_view body) {
  ASSERT(state_ == state::fresh, "one answer to a request");
  status_ = status;
  state_ = state::streaming;
  if (!bodyless(status)) framing_ = "Content-Length: " + std::to_string(body.size()) + "\r\n";
  buffer_ = head(status);
  if (!how_.head_only && !bodyless(status)) buffer_.append(body);
  result<> done = co_await put(buffer_);
  if (done) state_ = state::complete;
  co_return done;
}

env::awaitable<result<>> responder::send(unsigned status, header_list headers,
                                         std::string_view body) {
  for (const auto& h : headers) set(h.name, h.value);
  return send(status, body);
}

env::awaitable<result<>> responder::send_error(unsigned status, std::string_view sentence) {
  set("Content-Type", plain_text);
  const std::string body = std::string(sentence) + "\n";
  co_return co_await send(status, body);
}

env::awaitable<result<>> responder::begin(unsigned status) {
  ASSERT(state_ == state::fresh, "one answer to a request");
  status_ = status;
  state_ = state::streaming;
  if (!how_.http10) framing_ = "Transfer-Encoding: chunked\r\n";
  buffer_ = head(status);
  co_return co_await put(buffer_);
}

env::awaitable<result<>> responder::begin(unsigned status, header_list headers) {
  for (const auto& h : headers) set(h.name, h.value);
  return begin(status);
}

env::awaitable<result<>> responder::write(std::string_view bytes) {
  ASSERT(state_ == state::streaming || state_ == state::broken, "write() follows begin()");
  // An empty chunk would end the answer.
  if (how_.head_only || bytes.empty()) bytes = {};
  if (bytes.empty() && state_ == state::streaming && !cancelled()) co_return result<>();
  if (how_.http10) co_return co_await put(bytes);
  buffer_.clear();
  append_hex(buffer_, bytes.size());
  buffer_.append("\r\n").append(bytes).append("\r\n");
  co_return co_await put(buffer_);
}

env::awaitable<result<>> responder::end() {
  return end(header_list());
}

env::awaitable<result<>> responder::end(header_list trailers) {
  ASSERT(state_ == state::streaming || state_ == state::broken, "end() follows begin()");
  result<> done;
  buffer_.clear();
  if (!how_.http10 && !how_.head_only) {
    buffer_ = "0\r\n";
    for (const auto& t : trailers) {
      if (!is_framing(t.name)) append_line(buffer_, t.name, t.value);
    }
    buffer_ += "\r\n";
  }
  if (!buffer_.empty() || state_ == state::broken || cancelled()) done = co_await put(buffer_);
  if (done) state_ = state::complete;
  co_return done;
}

void responder::abort() {
  state_ = state::broken;
  to_.close(true);
}

}  // namespace oklog::http
