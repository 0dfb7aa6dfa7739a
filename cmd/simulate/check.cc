#include "cmd/simulate/check.h"

#include "cmd/simulate/scenario.h"

namespace oklog::simulate {

int check_gossip() {
  return 0;
}

}  // namespace oklog::simulate
