// Receiving: accept, read, cut into lines, and hold the sender back when we cannot keep up.
//
// All connections share one read buffer: bytes are read only when they are there, and are in the
// inbox before anything is awaited. On the durable port nothing more is read from a connection
// until what came is on disk; meanwhile others may bring theirs, so one sync serves all who wait.
#include "node/ingester.h"
#include "oklog/ingest/line_source.h"

namespace oklog::node {
namespace {

constexpr std::size_t read_turn_bytes_max = 1024 * 1024;  // before others have their turn
constexpr duration accept_rest = std::chrono::milliseconds(100);

struct read_turn {
  bool ended = false;    // nothing more will come
  bool session = false;  // the sender speaks OKLOG/2
  bool any = false;
  bool all = false;  // nothing more is there now
};

// What is there now, into the inbox.
read_turn read_what_is_there(ingester& in, env::stream& from, ingest::line_source& lines) {
  read_turn turn;
  std::string& buffer = in.read_buffer();
  const env::environment& env = in.environment();
  for (std::size_t total = 0; total < read_turn_bytes_max && in.log().inbox().may_read();) {
    const auto n = from.read_now(buffer.data(), buffer.size());
    if (!n && n.error().code == errc::busy) {
      turn.all = true;
      break;
    }
    if (!n || *n == 0) {
      turn.ended = true;
      break;
    }
    total += *n;
    turn.any = true;
    const std::string_view bytes(buffer.data(), *n);
    if (lines.feed(bytes, env.clock.now(), env.clock.boot()) ==
        ingest::line_source::verdict::session) {
      turn.session = true;
      break;
    }
  }
  return turn;
}

// Only here, with everything read that has come, may a stop say farewell by a half-close: a sender
// that has itself half-closed takes it for our close, the acknowledgement.
env::awaitable<result<>> wait_for_more(ingester& in, env::stream& from) {
  if (in.draining()) (void)from.shutdown_send();
  const auto place = in.senders().insert(in.senders().end(), &from);
  result<> ready = co_await from.wait_readable();
  in.senders().erase(place);
  co_return ready;
}

env::awaitable<void> read_lines(ingester& in, env::stream& from, ingest::line_source& lines,
                                ingest::modality how) {
  while (true) {
    const auto done = co_await in.until_may_read();
    if (!done) break;
    const read_turn turn = read_what_is_there(in, from, lines);
    if (turn.session) {
      (void)co_await from.write(
          "ERR 501 acknowledged sessions are not supported by this version\n");
      co_return;
    }
    if (turn.any) in.received();
    if (turn.ended) break;
    if (how == ingest::modality::durable && turn.any) {
      const auto synced = co_await in.until_kept(lines.last_serial(), how);
      if (!synced) break;
      continue;  // more may have come meanwhile
    }
    auto wait = turn.all ? wait_for_more(in, from) : from.wait_readable();
    const auto ready = co_await std::move(wait);
    if (!ready) break;
  }
  // Stopped while bytes may still lie in the kernel: they were received, so they are ours to keep.
  if (in.draining()) (void)read_what_is_there(in, from, lines);
  lines.finish(in.environment().clock.now(), in.environment().clock.boot());
  in.received();
}

env::awaitable<void> serve_lines(ingester& in, std::unique_ptr<env::stream> from,
                                 ingest::modality how) {
  gauge& connected =
      how == ingest::modality::fast ? in.metrics().connected_fast : in.metrics().connected_durable;
  connected.add(1);
  from->reset_unless_closed();  // kill -9 must not look like an acknowledgement
  const std::uint64_t stream_id = in.environment().random.next() & ulid::stream_max;
  ingest::line_source lines(in.log().inbox(), how, stream_id);
  co_await read_lines(in, *from, lines, how);
  // The close is the acknowledgement: it comes when everything is where the port promises it.
  const result<> kept = co_await in.until_kept(lines.last_serial(), how);
  connected.add(-1);
  from->close(!kept);
}

}  // namespace

env::awaitable<void> accept_lines(ingester& in, env::listener& from, ingest::modality how,
                                  env::task_group& connections) {
  const env::environment& env = in.environment();
  while (true) {
    auto accepted = co_await from.accept();
    const auto stopped3 = co_await env::is_cancelled();
    if (stopped3) co_return;
    if (!accepted) {
      if (accepted.error().code == errc::cancelled) co_return;
      env.log.warn("accepting a connection failed", {{"err", accepted.error().what}});
      co_await env.loop.sleep(accept_rest);
    } else if (connections.size() >= connections_max) {
      (*accepted)->close(true);
    } else {
      connections.spawn(serve_lines(in, std::move(*accepted), how));
    }
  }
}

}  // namespace oklog::node
