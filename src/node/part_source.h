// Gives the matches of a scan in blocks, to whoever merges them with those of others. Loop thread
// only; search and packing run on the pool.
#pragma once

#include "oklog/env/env.h"
#include "oklog/record/batch.h"
#include "oklog/store/scan.h"

namespace oklog::node {

class batch_sink {
 public:
  virtual ~batch_sink() = default;
  // Returns when it has room for more. Error: nobody wants more.
  virtual env::awaitable<result<>> put(batch records) = 0;
  // There is nothing to give yet: said every part_alive_every.
  virtual env::awaitable<result<>> still_there() = 0;
};

// To the end of the scan, which was made for records. With `hashes` each text is replaced by its
// hash. Error: the sink's, or cancelled; no work of the scan is under way afterwards.
env::awaitable<result<>> give_batches(env::environment env, scan& from, bool hashes,
                                      batch_sink& to);

}  // namespace oklog::node
