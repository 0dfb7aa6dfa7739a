// gossip: over connections. One request, one answer, each a frame of u32 length and a packet as in
// a datagram.
#include "node/gossip.h"
#include "oklog/base/bytes.h"

namespace oklog::node {
namespace {

constexpr std::size_t frame_bytes_max = cluster::table_bytes_max + 1024;
constexpr std::size_t serving_max = 128;
constexpr duration serve_limit = std::chrono::seconds(10);
constexpr duration accept_pause = std::chrono::milliseconds(100);

env::awaitable<result<>> read_exactly(env::stream& from, char* out, std::size_t size) {
  while (size > 0) {
    CO_TRY_LET(const std::size_t n, co_await from.read_some(out, size));
    if (n == 0) co_return fail(errc::closed, "the peer ended the connection");
    out += n;
    size -= n;
  }
  co_return result<>{};
}

env::awaitable<result<std::string>> read_frame(env::stream& from) {
  char head[4];
  CO_TRY(co_await read_exactly(from, head, sizeof head));
  const auto size = get_int<std::uint32_t>(head);
  if (size > frame_bytes_max) {
    co_return fail(errc::corruption, "a frame of " + std::to_string(size) + " bytes");
  }
  // In pieces: a length alone must not take memory.
  std::string bytes;
  while (bytes.size() < size) {
    const std::size_t had = bytes.size();
    const std::size_t piece = std::min<std::size_t>(size - had, 64 * 1024);
    bytes.resize(had + piece);
    CO_TRY(co_await read_exactly(from, bytes.data() + had, piece));
  }
  co_return std::move(bytes);
}

env::awaitable<result<>> write_frame(env::stream& to, std::string packet) {
  std::string frame;
  put_int(frame, static_cast<std::uint32_t>(packet.size()));
  frame += packet;
  co_return co_await to.write(frame);
}

}  // namespace

env::awaitable<void> gossip::accept_loop() {
  while (true) {
    auto stream = co_await listener_->accept();
    const bool stopped = co_await env::is_cancelled();
    if (stopped) break;
    if (!stream) {
      co_await env_.loop.sleep(accept_pause);
      continue;
    }
    if (serving_ >= serving_max) continue;  // closed: the peer tries again later
    connections_.spawn(serve(std::move(*stream)));
  }
  connections_.stop();
  co_await connections_.join();
}

env::awaitable<void> gossip::serve(std::unique_ptr<env::stream> from) {
  ++serving_;
  auto reading = read_frame(*from);
  const auto request =
      co_await env::with_timeout(env_.loop, serve_limit, "a request", std::move(reading));
  if (request) {
    metrics_.bytes_in.add(static_cast<double>(request->size()));
    const auto opened = guard_->unwrap(env_.clock.now(), *request);
    if (opened) {
      const std::string answer = swim_->answer(env_.clock.boot(), *opened);
      carry_out();
      if (!answer.empty()) {
        const std::string sealed = guard_->wrap(env_.clock.now(), answer);
        metrics_.bytes_out.add(static_cast<double>(sealed.size()));
        auto writing = write_frame(*from, sealed);
        (void)co_await env::with_timeout(env_.loop, serve_limit, "answering", std::move(writing));
      }
    }
  }
  from->close();
  --serving_;
}

env::awaitable<result<std::string>> gossip::exchange(cluster::address to, std::string request) {
  const env::endpoint at{ip_text(to), to.port};
  CO_TRY_LET(const auto stream, co_await env_.net.connect(at));
  std::string sealed = guard_->wrap(env_.clock.now(), request);
  metrics_.bytes_out.add(static_cast<double>(sealed.size()));
  auto writing = write_frame(*stream, std::move(sealed));
  CO_TRY(co_await std::move(writing));
  CO_TRY_LET(const auto answer, co_await read_frame(*stream));
  metrics_.bytes_in.add(static_cast<double>(answer.size()));
  co_return guard_->unwrap(env_.clock.now(), answer);
}

env::awaitable<void> gossip::run_exchange(cluster::exchange what) {
  auto asking = exchange(what.to, std::move(what.bytes));
  const auto answer =
      co_await env::with_timeout(env_.loop, what.limit, "gossip", std::move(asking));
  const bool stopped = co_await env::is_cancelled();
  if (stopped) co_return;
  using failure = cluster::swim::failure;
  const boot_time now = env_.clock.boot();
  if (answer) {
    swim_->exchanged(now, what.id, failure::none, *answer);
  } else {
    const bool refused = answer.error().code == errc::unavailable;
    swim_->exchanged(now, what.id, refused ? failure::refused : failure::silent, {});
  }
  carry_out();
}

}  // namespace oklog::node
