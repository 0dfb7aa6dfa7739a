// The forwarder: standard input to one ingester at a time, over plain lines.
//
// Targets are shuffled once and taken in turn; each connection resolves its name anew. When an
// ingester says that it is going (half-close) or the connection dies, the next one gets the line in
// hand from its beginning. While no ingester takes lines, the source is held back. At the end of
// the input it half-closes and waits until the ingester closes: everything is then where its port
// promises.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "oklog/env/address.h"
#include "oklog/env/env.h"

namespace oklog::node {

struct forward_config {
  std::vector<env::address> targets;
  std::string prefix;                // in front of each line, with its space; may be empty
  std::optional<env::endpoint> api;  // where /metrics and /health are served
  std::string addr_file;
};

class forwarder {
 public:
  forwarder(env::environment env, forward_config config, std::unique_ptr<env::stream> input);
  ~forwarder();

  // Until the input ends or stop(). 0: an ingester confirmed everything. 1: it did not.
  env::awaitable<int> run();
  // Reads no more; what was read is still sent.
  void stop();

 private:
  class impl;
  std::unique_ptr<impl> impl_;
};

}  // namespace oklog::node
