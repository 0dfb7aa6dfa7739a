// The head of a message, checked byte by byte before Beast sees it: whatever two HTTP parsers could
// understand differently is refused here, so that nothing can be smuggled past a proxy. Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "oklog/http/limits.h"
#include "oklog/http/message.h"

namespace oklog::http {

// Why a request is not served. The sentence never holds anything that the client sent. Status 0 is
// said by closing.
struct refusal {
  unsigned status = 0;
  std::string_view sentence;
};

// Finds the end of a head in bytes that are still arriving. A wrong byte is found when it arrives.
class head_scan {
 public:
  enum class verdict { more, complete, bad_line_ending, nul, too_long, too_long_first_line };

  explicit head_scan(std::size_t limit) : limit_(limit) {}
  // `in` holds everything since the head's first byte, and only grows from call to call.
  verdict look(std::string_view in);
  // Once complete: with the empty line.
  std::size_t size() const { return at_; }

 private:
  std::size_t limit_;
  std::size_t at_ = 0;  // everything before has been looked at
  bool first_line_ended_ = false;
};
refusal as_refusal(head_scan::verdict v);

// `head` is complete. nullopt: Beast and we will understand it alike.
std::optional<refusal> refuse_request(std::string_view head, const server_limits& limits);
// The same for the head of a response; true: understood.
bool accept_response(std::string_view head);

}  // namespace oklog::http
