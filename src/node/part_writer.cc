#include "node/part_writer.h"

namespace oklog::node {
namespace {

constexpr std::string_view frames_type = "application/octet-stream";

}  // namespace

part_writer::part_writer(env::environment env, http::responder& out, duration alive_every)
    : env_(env),
      out_(out),
      alive_every_(alive_every),
      written_(env.clock.boot()),
      progress_(env.clock.boot()),
      written_one_(env.loop),
      saying_(env.loop) {}

env::awaitable<result<>> part_writer::begin(const answer_summary& pinned) {
  out_.set("Content-Type", frames_type);
  out_.set("Cache-Control", "no-store");
  saying_.spawn(say_alive());
  writing_ = true;
  result<> sent = co_await out_.begin(200);
  writing_ = false;
  if (sent) sent = co_await write(api::part_kind::begun, to_json(pinned.covered, pinned.stats));
  co_return sent;
}

env::awaitable<result<>> part_writer::put(batch records) {
  const auto pack = [&] { return api::block_frame(records); };
  std::string frame = co_await env::offload(env_.loop, pack);
  co_return co_await write_frame(std::move(frame));
}

env::awaitable<result<>> part_writer::unread(api::unread_part part) {
  co_return co_await write(api::part_kind::unread, api::pack_unread(part));
}

env::awaitable<result<>> part_writer::write(api::part_kind kind, std::string bytes) {
  std::string frame;
  api::append_frame(frame, kind, bytes);
  co_return co_await write_frame(std::move(frame));
}

// One frame at once: the other one waits.
env::awaitable<result<>> part_writer::write_frame(std::string frame) {
  while (writing_) {
    co_await written_one_.wait();
    const bool stopped = co_await env::is_cancelled();
    if (stopped) co_return fail(errc::cancelled, "nobody wants the rest");
  }
  writing_ = true;
  const result<> sent = co_await out_.write(frame);
  writing_ = false;
  written_ = env_.clock.boot();
  written_one_.notify();
  co_return sent;
}

env::awaitable<void> part_writer::say_alive() {
  while (true) {
    co_await env_.loop.sleep(alive_every_);
    const bool stopped = co_await env::is_cancelled();
    if (stopped) co_return;
    const boot_time now = env_.clock.boot();
    const bool said = writing_ || now - written_ < alive_every_ / 2;
    if (said || now - progress_ >= api::part_stall) continue;
    const auto sent = co_await write(api::part_kind::alive, "");
    if (!sent) co_return;
  }
}

// Never in the middle of a frame.
env::awaitable<void> part_writer::stop_saying() {
  while (writing_) {
    const bool stopped = co_await env::is_cancelled();
    if (stopped) break;
    co_await written_one_.wait();
  }
  saying_.stop();
  co_await saying_.join();
}

env::awaitable<void> part_writer::end(const answer_summary& all) {
  co_await stop_saying();
  const auto sent = co_await write(api::part_kind::end, to_json(all.covered, all.stats));
  if (sent) (void)co_await out_.end();
}

env::awaitable<void> part_writer::give_up() {
  co_await stop_saying();
  out_.abort();
}

}  // namespace oklog::node
