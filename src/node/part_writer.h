// Writes one half's answer in frames (api/part_frames.h), and says that it is still there where
// nothing else was said for `alive_every`, as long as the search gets on. Loop thread only.
//
//   part_writer to(env, out, api::part_alive_every);
//   co_await to.begin(summary);
//   ... give_batches(..., to) ...
//   co_await to.end(summary) or to.give_up()     // always one of them, and then nothing more
#pragma once

#include "node/part_source.h"
#include "oklog/env/event.h"
#include "oklog/env/task_group.h"
#include "oklog/http/responder.h"

namespace oklog::node {

class part_writer final : public batch_sink {
 public:
  part_writer(env::environment env, http::responder& out, duration alive_every);

  // The head and the first frame.
  env::awaitable<result<>> begin(const answer_summary& pinned);
  env::awaitable<result<>> put(batch records) override;
  env::awaitable<result<>> unread(api::unread_part part) override;
  void note_progress() override { progress_ = env_.clock.boot(); }
  env::awaitable<void> end(const answer_summary& all);
  // The other side sees that it broke off.
  env::awaitable<void> give_up();

 private:
  env::awaitable<result<>> write(api::part_kind kind, std::string bytes);
  env::awaitable<result<>> write_frame(std::string frame);
  env::awaitable<void> say_alive();
  env::awaitable<void> stop_saying();

  env::environment env_;
  http::responder& out_;
  duration alive_every_;
  boot_time written_;
  boot_time progress_;
  bool writing_ = false;
  env::event written_one_;
  env::task_group saying_;
};

}  // namespace oklog::node
