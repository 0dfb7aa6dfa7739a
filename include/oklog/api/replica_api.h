// What stores say to each other about the pieces that they hold: both halves of the contract.
//
//   POST /store/replicate?piece=NAME&window=N&shard=N&hash=HEX&from=STORE&holders=STORE,STORE
//        "Copy this piece of mine": the store that is asked fetches it from STORE, a member that it
//        knows, checks it in full, and answers once it has it on disk, file and directory synced.
//        `holders` are all that are to have it. 200 "stored" or "there already", with
//        X-Oklog-Store; 400; 404 STORE is no member that it knows, or has no such piece; 409 what
//        came is not that piece, or the store that is asked holds one of the holders for gone
//        (rule K15); 429 it copies as many already; 503 it cannot be fetched; 507 no room
//   GET  /store/_piece?name=NAME    200 the file's bytes, with X-Oklog-Hash and X-Oklog-Bytes; 404
//
// The bytes are pulled, so that both sides stream them in bounded memory, and so that repair, which
// knows what it lacks, asks in the same way.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "oklog/env/scheduler.h"
#include "oklog/http/client.h"
#include "oklog/http/router.h"
#include "oklog/segment/store_segment.h"

namespace oklog::api {

struct piece_offer {
  std::string name;  // in the directory of `from`
  oklog::partition partition;
  hash128 hash;               // of the piece (store_footer::file_hash)
  std::string from;           // a store's id
  std::vector<ulid> holders;  // stores
};

inline constexpr std::size_t holders_max = 16;

// What the routes need of a node. Called on the loop.
class replica_service {
 public:
  virtual ~replica_service() = default;
  // Success: on this disk. True: it was there already. Errors as the statuses say: not_found,
  // corruption, busy, unavailable, no_space, io.
  virtual env::awaitable<result<bool>> take_piece(piece_offer offer) = 0;
  // Live or staged; nullptr where there is none.
  virtual std::shared_ptr<const store_segment> find_piece(const std::string& name) = 0;
  virtual env::awaitable<result<std::string>> read_piece(const store_segment& piece,
                                                         std::uint64_t offset) = 0;
  virtual std::string store_id() const = 0;
};

// `service` outlives the router.
void add_replica_routes(http::router& routes, replica_service& service);

class byte_sink {
 public:
  virtual ~byte_sink() = default;
  virtual env::awaitable<result<>> put(std::string bytes) = 0;
};

class replica_client {
 public:
  explicit replica_client(env::environment env);

  // Asks the store at `api` ("host:port"), whose id is `store`, to copy a piece. Success: it has
  // said "on disk", and it is that store: an address is no identity. Errors: conflict (it is
  // another store, or it holds ours for another piece), busy, no_space, unavailable, timeout, ...
  env::awaitable<result<>> offer(std::string api, std::string store, piece_offer what);
  // The bytes of a piece, as they come.
  env::awaitable<result<>> fetch(std::string api, std::string name, byte_sink& to);

 private:
  http::client client_;
};

}  // namespace oklog::api
