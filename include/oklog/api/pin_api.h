// A store pins what it holds of a span of time, for one query of the cluster (rules K17, K18): both
// halves of the contract.
//
//   POST /store/_pin     a form: from=ULID&to=ULID
//        200; 400; 429 it holds too many pins. The body, in lines:
//          {"pin":"<token>","answer":{...}}    the summary (query/coverage.h): what it lacks
//          {"store":...,"partitions":[...]}    the catalogue of the windows that the span meets,
//                                              without segments (catalogue_api.h)
//          {"stores":...}                      its roster (roster_api.h)
//        and then an empty line every 5 s.
//
// The body has no end: the snapshot is kept while the connection is, and dropped with it, or after
// five minutes in which nothing was read through it. Reads name the token (part_api.h). What is
// compacted or expired meanwhile stays readable through it; where it is not known any more the
// read fails, and never answers "nothing".
#pragma once

#include <string>
#include <string_view>

#include "oklog/api/catalogue_api.h"
#include "oklog/api/roster_api.h"
#include "oklog/query/coverage.h"
#include "oklog/query/query.h"

namespace oklog::api {

inline constexpr duration pin_alive_every = std::chrono::seconds(5);
inline constexpr duration pin_unused_max = std::chrono::minutes(5);

struct store_pin {
  std::string token;  // 32 hexadecimal digits
  answer_summary said;
  store_catalogue held;
  cluster::roster roster;
};

std::string to_text(const store_pin& pin);
// Believes nothing. Error: corruption.
result<store_pin> parse_pin(std::string_view text);

class pin_service {
 public:
  virtual ~pin_service() = default;
  // What it holds from `from` to `to`.
  virtual env::awaitable<void> answer_pin(ulid from, ulid to, http::responder& out) = 0;
};
// Both outlive the router.
void add_pin_routes(http::router& routes, pin_service& service, const env::clock& clock);

// Dropping it lets the store drop the pin.
class held_pin {
 public:
  held_pin(store_pin pin, http::client_response connection)
      : pin_(std::move(pin)), connection_(std::move(connection)) {}
  const store_pin& operator*() const { return pin_; }
  const store_pin* operator->() const { return &pin_; }

 private:
  store_pin pin_;
  http::client_response connection_;
};

// Asks the store at `address` ("host:port"), whose id is `store`; `heard` goes up with each sign of
// life, and outlives the question. Errors: conflict (another store
// answers there), corruption, unavailable (refused; a status other than 200), timeout (2 s to
// connect, 5 s for each further step), closed, cancelled.
env::awaitable<result<held_pin>> ask_pin(env::environment env, std::string address,
                                         std::string store, ulid from, ulid to,
                                         std::uint64_t& heard);

}  // namespace oklog::api
