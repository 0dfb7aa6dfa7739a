// Beast as a codec: bytes in, message out, no I/O. The only header through which the rest of http
// reaches Beast; heads have passed strict_head.h before they come here.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "http/strict_head.h"
#include "oklog/http/message.h"

namespace oklog::http {

class request_decoder {
 public:
  explicit request_decoder(const server_limits& limits);
  ~request_decoder();

  // A complete head. Fills everything of `out` but body and remote.
  std::optional<refusal> head(std::string_view bytes, request& out);
  bool keep_alive() const;
  bool expects_continue() const;
  bool has_body() const;  // false also once all of it was read

  // Before the first byte of the body; 413 at once where the length is announced.
  std::optional<refusal> limit_body(std::uint64_t bytes);
  // Takes body bytes from the front of `in` and says how many; may take fewer than there are, and
  // wants the rest again together with what follows.
  std::optional<refusal> body(std::string_view in, std::size_t& taken, std::string& out);

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

class response_decoder {
 public:
  // `no_body`: the answer to a HEAD request.
  explicit response_decoder(bool no_body);
  ~response_decoder();
  response_decoder(response_decoder&&) noexcept;
  response_decoder& operator=(response_decoder&&) noexcept;

  // Error: corruption.
  result<> head(std::string_view bytes, response_head& out);
  bool done() const;
  bool keep_alive() const;
  // As above; appends to `out`. Error: corruption.
  result<> body(std::string_view in, std::size_t& taken, std::string& out);
  // The peer has closed. Error: closed, where the message was not complete.
  result<> end_of_stream();
  // Once done.
  header_list trailers() const;

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

}  // namespace oklog::http
