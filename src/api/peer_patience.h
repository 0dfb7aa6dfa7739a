// How long one node waits for another.
#pragma once

#include "oklog/http/client.h"

namespace oklog::api {

// For the head of an answer, and between two pieces of its body.
inline http::client_options peer_patience(duration head, duration gap = std::chrono::seconds(5)) {
  http::client_options o;
  o.connect_wait = std::chrono::seconds(2);
  o.head_wait = head;
  o.body_gap = gap;
  return o;
}

}  // namespace oklog::api
