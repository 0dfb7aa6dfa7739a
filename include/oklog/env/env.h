// The world that a node lives in: handed to constructors, never global.
#pragma once

#include <memory>

#include "oklog/base/log.h"
#include "oklog/base/prng.h"
#include "oklog/env/clock.h"
#include "oklog/env/fs.h"
#include "oklog/env/net.h"
#include "oklog/env/scheduler.h"

namespace oklog::env {

struct environment {
  env::clock& clock;
  filesystem& fs;
  network& net;
  scheduler& loop;
  prng& random;
  logger& log;
};

}  // namespace oklog::env
