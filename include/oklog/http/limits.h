// Every limit of the server, with the answer that a client gets which goes over it.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "oklog/base/time.h"

namespace oklog::http {

struct server_limits {
  std::size_t head_bytes = 16 << 10;        // request line and headers: 431
  std::size_t target_bytes = 8 << 10;       // 414
  std::size_t headers = 100;                // 431
  std::uint64_t body_bytes = 1 << 20;       // unless the route says otherwise: 413
  std::size_t chunk_extension_bytes = 256;  // 400

  duration head_wait = std::chrono::seconds(5);    // from a head's first byte to its end: 408
  duration idle = std::chrono::seconds(60);        // without a byte of a next request: close
  duration body_grace = std::chrono::seconds(10);  // after it a body must have come at ...
  std::uint64_t body_rate = 1 << 10;               // ... this many bytes a second overall: 408
  // A client may pause (a pager, a suspended laptop), not for ever: reset.
  duration send_stall = std::chrono::hours(1);

  std::size_t connections = 4096;  // more: 503 and close
  // How long accepting rests when the process is out of descriptors.
  duration accept_rest = std::chrono::milliseconds(100);

  // Names (without port) that Host may have; empty: any. Others: 421.
  std::vector<std::string> hosts;
};

}  // namespace oklog::http
