// Asks other stores whether they hold every record of some segments (api/confirm_api.h): exact,
// also where digests are not, since copies are not merged yet or more comes in all the time. Reads
// the segments, at the pace of repair. Loop thread only.
#pragma once

#include <string>
#include <vector>

#include "node/membership.h"
#include "node/pace.h"
#include "oklog/api/confirm_api.h"
#include "oklog/env/env.h"
#include "oklog/node/config.h"
#include "oklog/store/store_log.h"

namespace oklog::node {

class record_question {
 public:
  // `log` and `members` outlive it.
  record_question(env::environment env, const store_options& options, store_log& log,
                  const membership& members);

  // False also where it cannot be asked, or where one of them cannot be read here, which is noted
  // as damage. `segments`: of one partition each.
  env::awaitable<bool> ask(std::string store, const std::vector<segment_ptr>& segments);

 private:
  env::environment env_;
  store_log& log_;
  const membership& members_;
  api::confirm_client client_;
  pace pace_;
};

}  // namespace oklog::node
