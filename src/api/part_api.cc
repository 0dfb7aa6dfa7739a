#include "oklog/api/part_api.h"

#include <algorithm>
#include <charconv>

#include "api/peer_patience.h"
#include "oklog/record/topic.h"
#include "oklog/segment/block.h"

namespace oklog::api {
namespace {

using http::method;
using http::request;
using http::responder;

constexpr duration head_wait = std::chrono::seconds(5);

const char* path_of(half h) {
  return h == half::ingest ? "/ingest/_query" : "/store/_query";
}

constexpr std::size_t near_answer_max = 4 * near_bytes_max;

// A list of partitions_max, and patterns.
constexpr std::uint64_t request_bytes_max = 4 * 1024 * 1024;

struct part_request {
  part_ask what;
  std::vector<neighbour_ask> asks;
  bool history = false;
};

error bad_near() {
  return fail(errc::invalid, "parsing 'near': TOPIC,STREAM,ULID,BEFORE,AFTER was expected");
}

template <class Int>
bool parse_whole(std::string_view text, int base, Int& out) {
  const char* const end = text.data() + text.size();
  const auto [at, bad] = std::from_chars(text.data(), end, out, base);
  return bad == std::errc() && at == end;
}

result<part_request> read_request(const request& r, const env::clock& clock) {
  TRY_LET(const auto form, http::parse_query(r.body));
  part_request read;
  parameters params;
  for (const http::parameter& p : form) {
    if (p.name == "near") {
      TRY_LET(neighbour_ask ask, parse_near(p.value));
      read.asks.push_back(std::move(ask));
    } else if (p.name == "partitions") {
      TRY_LET(read.what.partitions, parse_partitions(p.value));
    } else if (p.name == "pin") {
      read.what.pin = p.value;
    } else if (p.name == "node") {
      read.what.node = p.value;
    } else if (p.name == "hashes") {
      read.what.hashes = p.value == "1";
    } else if (p.name == "history") {
      read.history = p.value == "1";
    } else {
      params.emplace_back(p.name, p.value);
    }
  }
  if (read.asks.size() > near_asks_max) return fail(errc::invalid, "too many 'near'");
  TRY_LET(read.what.q, parse_query(params, clock.now()));
  return read;
}

env::awaitable<void> handle(part_service& service, const env::clock& clock, half h,
                            const request& r, responder& out) {
  auto read = read_request(r, clock);
  if (!read) {
    (void)co_await out.send_error(400, read.error().what);
    co_return;
  }
  co_await service.answer_part(std::move(read->what), h, out);
}

env::awaitable<void> handle_near(part_service& service, const env::clock& clock, half h,
                                 const request& r, responder& out) {
  auto read = read_request(r, clock);
  if (!read || read->asks.empty()) {
    (void)co_await out.send_error(400, read ? "'near' was expected" : read.error().what);
    co_return;
  }
  // Widens the range by which the blocks are chosen.
  read->what.q.context.before = 1;
  read->what.q.context.all_streams = read->asks.front().of.all();
  co_await service.answer_near(std::move(read->what), h, std::move(read->asks), out);
}

env::awaitable<void> handle_live(part_service& service, const env::clock& clock, const request& r,
                                 responder& out) {
  auto read = read_request(r, clock);
  if (!read) {
    (void)co_await out.send_error(400, read.error().what);
    co_return;
  }
  read->what.q.from_given = read->history;
  co_await service.answer_live(std::move(read->what.q), out);
}

std::vector<http::parameter> form_of(const query& q) {
  std::vector<http::parameter> form;
  for (auto& [name, value] : to_parameters(q)) form.push_back({name, value});
  return form;
}

std::vector<http::parameter> form_of(const part_ask& what) {
  auto form = form_of(what.q);
  if (what.hashes) form.push_back({"hashes", "1"});
  if (!what.node.empty()) form.push_back({"node", what.node});
  if (!what.pin.empty()) form.push_back({"pin", what.pin});
  if (!what.partitions.empty()) {
    form.push_back({"partitions", format_partitions(what.partitions)});
  }
  return form;
}

env::awaitable<result<part_answer>> ask(env::environment env, std::string url, std::string body) {
  http::client client(env, peer_patience(head_wait, part_gap));
  CO_TRY_LET(auto answer, co_await client.post(std::move(url), std::move(body)));
  if (answer.status() == 429) co_return fail(errc::unavailable, "it has too many queries at once");
  if (answer.status() == 409) co_return fail(errc::conflict, "another node answers there");
  if (answer.status() == 410)
    co_return fail(errc::unavailable, "it has dropped what it had pinned");
  if (answer.status() != 200) {
    co_return fail(errc::unavailable, "it answered " + std::to_string(answer.status()));
  }
  co_return part_answer(std::move(answer));
}

}  // namespace

result<neighbour_ask> parse_near(std::string_view text) {
  std::vector<std::string_view> fields;
  while (fields.size() < 5) {
    const std::size_t comma = std::min(text.find(','), text.size());
    fields.push_back(text.substr(0, comma));
    if (comma == text.size()) break;
    text.remove_prefix(comma + 1);
  }
  neighbour_ask ask;
  if (fields.size() != 5) return bad_near();
  const bool all = fields[0].empty() && fields[1].empty();
  const bool one = valid_topic(fields[0]) && parse_whole(fields[1], 16, ask.of.stream) &&
                   ask.of.stream <= ulid::stream_max;
  const auto id = parse_ulid(fields[2]);
  if (!(all || one) || !id) return bad_near();
  if (!parse_whole(fields[3], 10, ask.before) || !parse_whole(fields[4], 10, ask.after) ||
      std::max(ask.before, ask.after) > near_records_max) {
    return bad_near();
  }
  ask.of.topic = std::string(fields[0]);
  ask.id = *id;
  return ask;
}

std::string format_near(const neighbour_ask& ask) {
  char stream[16];
  const auto end = std::to_chars(stream, stream + sizeof stream, ask.of.stream, 16).ptr;
  const std::string_view hex = ask.of.all() ? "" : std::string_view(stream, end);
  return ask.of.topic + "," + std::string(hex) + "," + format(ask.id) + "," +
         std::to_string(ask.before) + "," + std::to_string(ask.after);
}

void add_part_routes(http::router& routes, half h, part_service& service, const env::clock& clock) {
  routes
      .add(http::route(method::post, path_of(h), http::scope::internal,
                       [&service, &clock, h](const request& r, responder& out) {
                         return handle(service, clock, h, r, out);
                       }))
      .body_bytes_max = request_bytes_max;
  routes
      .add(http::route(method::post, h == half::ingest ? "/ingest/_context" : "/store/_context",
                       http::scope::internal,
                       [&service, &clock, h](const request& r, responder& out) {
                         return handle_near(service, clock, h, r, out);
                       }))
      .body_bytes_max = request_bytes_max;
  if (h != half::ingest) return;
  routes.add(http::route(method::post, "/ingest/_stream", http::scope::internal,
                         [&service, &clock](const request& r, responder& out) {
                           return handle_live(service, clock, r, out);
                         }));
}

env::awaitable<result<part_answer>> ask_part(env::environment env, std::string address, half h,
                                             part_ask what) {
  std::string body = http::format_query(form_of(what));
  co_return co_await ask(env, "http://" + address + path_of(h), std::move(body));
}

env::awaitable<result<near_answer>> ask_near(env::environment env, std::string address, half h,
                                             part_ask what, std::vector<neighbour_ask> asks) {
  std::string body = http::format_query(form_of(what));
  for (const neighbour_ask& ask : asks) body += "&near=" + http::percent_encode(format_near(ask));
  const std::string path = h == half::ingest ? "/ingest/_context" : "/store/_context";
  CO_TRY_LET(auto answer, co_await ask(env, "http://" + address + path, std::move(body)));
  near_answer got;
  std::size_t bytes = 0;
  while (true) {
    CO_TRY_LET(auto frame, co_await answer.next());
    if (!frame) break;
    bytes += frame->bytes.size();
    if (bytes > near_answer_max) co_return fail(errc::corruption, "an answer that is too large");
    if (frame->kind == part_kind::end) {
      CO_TRY_LET(const answer_summary summary, parse_summary(frame->bytes));
      got.covered = summary.covered;
    } else if (frame->kind == part_kind::block) {
      const auto decode = [&] { return decode_block(frame->bytes, text_check::frame); };
      CO_TRY_LET(batch records, co_await env::offload(env.loop, decode));
      got.records.push_back(std::move(records));
    }
  }
  co_return std::move(got);
}

env::awaitable<result<part_answer>> ask_live(env::environment env, std::string address, query q) {
  auto form = form_of(q);
  if (q.from_given) form.push_back({"history", "1"});
  std::string body = http::format_query(form);
  co_return co_await ask(env, "http://" + address + "/ingest/_stream", std::move(body));
}

env::awaitable<result<std::optional<part_frame>>> part_answer::next() {
  for (;;) {
    CO_TRY_LET(auto frame, frames_.next());
    if (frame) co_return std::move(frame);
    if (frames_.ended()) co_return std::optional<part_frame>{};
    CO_TRY_LET(auto piece, co_await answer_.next());
    if (!piece) co_return fail(errc::closed, "its answer broke off");
    heard_ += piece->size();
    frames_.feed(*piece);
  }
}

}  // namespace oklog::api
