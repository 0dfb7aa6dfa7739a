// Gives the matches of a scan in blocks, to whoever merges them with those of others. Loop thread
// only; search and packing run on the pool.
#pragma once

#include "oklog/api/part_frames.h"
#include "oklog/env/env.h"
#include "oklog/record/batch.h"
#include "oklog/store/scan.h"
#include "oklog/store/store_log.h"

namespace oklog::node {

class batch_sink {
 public:
  virtual ~batch_sink() = default;
  // Returns when it has room for more. Error: nobody wants more.
  virtual env::awaitable<result<>> put(batch records) = 0;
  // Something of that partition cannot be read, and nothing behind it was put yet.
  virtual env::awaitable<result<>> unread(api::unread_part part) = 0;
  // The search gets on.
  virtual void note_progress() = 0;
};

// To the end of the scan, which was made for records, of blocks in `stored` or (those that cannot
// be read are in its coverage then) of an ingester. With `hashes` each text is replaced by its
// hash. Error: the sink's, or cancelled; no work of the scan is under way afterwards.
env::awaitable<result<>> give_batches(env::environment env, scan& from,
                                      const store_snapshot* stored, bool hashes, batch_sink& to);

}  // namespace oklog::node
