#include <malloc.h>

#include "oklog/env/real.h"

namespace oklog::env {

void share_one_heap() {
  (void)::mallopt(M_ARENA_MAX, 1);
}

}  // namespace oklog::env
