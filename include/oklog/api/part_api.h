// What a node asks of the others to answer a query of the whole cluster: POST /ingest/_query of the
// unconsumed records of an ingester, POST /store/_query of what a store holds. The body is a form
// with the parameters of the query (query/query.h), and `hashes=1` for a count. An ingester is told
// by `node=ID` whom the question is for: another one, at the address of one that is no more, gives
// no answer in its place, but a 409. A store is told by
// `pin=TOKEN` through which pin (pin_api.h) it is to read, and by `partitions=LIST`
// (partition_list.h) what of it: all, where that is left out. An unknown token is a 410. The
// answer, in frames (part_frames.h), begins when everything is pinned (rule K17).
//
// POST /ingest/_stream: the same parameters, and `history=1` where `from` counts; in frames,
// without an end, the matches that the ingester takes in.
//
// POST /ingest/_context, /store/_context: for each `near=TOPIC,STREAM,ULID,BEFORE,AFTER` (the
// stream in hexadecimal, both empty for all) the nearest records below and above the id, in any
// order, each once; at most near_bytes_max, and where that cuts it short the summary says so. A
// store is told `pin` and `partitions` here as well.
//
// Each half apart: a node that has both is asked twice, first its ingester, then its store.
#pragma once

#include <optional>
#include <string>

#include "oklog/api/part_frames.h"
#include "oklog/api/partition_list.h"
#include "oklog/env/env.h"
#include "oklog/http/client.h"
#include "oklog/http/router.h"
#include "oklog/query/query.h"
#include "oklog/store/neighbour_finder.h"

namespace oklog::api {

enum class half { ingest, store };

inline constexpr std::size_t near_asks_max = 256;
inline constexpr std::uint32_t near_records_max = 4096;  // of one ask, in each direction
inline constexpr std::size_t near_bytes_max = 4 * 1024 * 1024;

// One value of `near`, as the form has it. Error: invalid.
result<neighbour_ask> parse_near(std::string_view text);
std::string format_near(const neighbour_ask& ask);

// What one half is asked for. Pin and partitions are a store's.
struct part_ask {
  query q;
  std::string node;  // whose answer is wanted; empty: that of whoever is there
  bool hashes = false;
  std::string pin;
  std::vector<partition> partitions;  // ascending; empty: all
};

class part_service {
 public:
  virtual ~part_service() = default;
  virtual env::awaitable<void> answer_part(part_ask what, half h, http::responder& out) = 0;
  virtual env::awaitable<void> answer_near(part_ask what, half h, std::vector<neighbour_ask> asks,
                                           http::responder& out) = 0;
  virtual env::awaitable<void> answer_live(query q, http::responder& out) = 0;
};

// `service` and `clock` outlive the router. half::ingest has /ingest/_stream, too.
void add_part_routes(http::router& routes, half h, part_service& service, const env::clock& clock);

// The answer of one half of one node. Dropping it ends the work there.
class part_answer {
 public:
  explicit part_answer(http::client_response answer) : answer_(std::move(answer)) {}
  // The next frame; nothing after `end`. Errors: closed (it broke off), timeout (silent for
  // part_gap), corruption, cancelled.
  env::awaitable<result<std::optional<part_frame>>> next();
  // Bytes that have come, of frames that are not whole, too.
  std::uint64_t heard() const { return heard_; }

 private:
  http::client_response answer_;
  part_reader frames_;
  std::uint64_t heard_ = 0;
};

// `address` is "host:port". Success: the head has come. Errors: unavailable (refused; a status
// other than 200), timeout (2 s to connect, 5 s for the head), closed, cancelled.
env::awaitable<result<part_answer>> ask_part(env::environment env, std::string address, half h,
                                             part_ask what);
struct near_answer {
  std::vector<batch> records;
  coverage covered;
};
// Whole. The same errors.
env::awaitable<result<near_answer>> ask_near(env::environment env, std::string address, half h,
                                             part_ask what, std::vector<neighbour_ask> asks);
// What an ingester takes in from now on, and before that, where q.from_given, what it holds from
// there on, unconsumed. It never ends by itself.
env::awaitable<result<part_answer>> ask_live(env::environment env, std::string address, query q);

}  // namespace oklog::api
