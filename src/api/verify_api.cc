#include "oklog/api/verify_api.h"

#include <charconv>

#include "api/peer_patience.h"

namespace oklog::api {
namespace {

env::awaitable<void> answer(verify_service& service, const http::request& r, http::responder& out) {
  std::uint64_t rate = verify_rate;
  if (const auto text = r.param("rate")) {
    const auto [at, bad] = std::from_chars(text->data(), text->data() + text->size(), rate);
    const bool whole = bad == std::errc() && at == text->data() + text->size();
    if (!whole || (rate != 0 && rate < verify_rate_min)) {
      (void)co_await out.send_error(
          400, "parsing 'rate': bytes a second, at least 65536, or 0 were expected");
      co_return;
    }
  }
  co_await service.answer_verify(rate, out);
}

}  // namespace

void add_verify_route(http::router& routes, verify_service& service) {
  routes.add(http::route(http::method::post, "/store/_verify", http::scope::admin,
                         [&service](const http::request& r, http::responder& out) {
                           return answer(service, r, out);
                         }));
}

env::awaitable<result<>> ask_verify(env::environment env, std::string address, std::uint64_t rate,
                                    verify_answer& into, std::function<void()> progress) {
  http::client client(env, peer_patience(std::chrono::seconds(10), verify_gap));
  const std::string url = "http://" + address + "/store/_verify?rate=" + std::to_string(rate);
  CO_TRY_LET(auto response, co_await client.post(url, ""));
  if (response.status() != 200) {
    const errc code = response.status() == 429 ? errc::busy : errc::unavailable;
    co_return fail(code, "it answered with status " + std::to_string(response.status()));
  }
  std::string waiting;
  while (true) {
    CO_TRY_LET(auto piece, co_await response.next());
    if (!piece) break;
    waiting += *piece;
    for (std::size_t end = waiting.find('\n'); end != waiting.npos; end = waiting.find('\n')) {
      const bool known = read_line(std::string_view(waiting).substr(0, end), into);
      if (!known) co_return fail(errc::corruption, "it answered with something else");
      waiting.erase(0, end + 1);
      progress();
    }
    if (waiting.size() > verify_line_max) co_return fail(errc::corruption, "a line is too long");
  }
  if (!into.end) co_return fail(errc::closed, "its answer broke off");
  co_return result<>{};
}

}  // namespace oklog::api
