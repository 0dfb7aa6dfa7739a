#include "node/replicas.h"

namespace oklog::node {
namespace {

constexpr std::size_t piece_read_bytes = 256 * 1024;

// Holds a hash in a set while it lives.
struct held {
  held(std::set<hash128>& all, const hash128& hash) : all_(all), hash_(hash) { all_.insert(hash_); }
  ~held() { all_.erase(hash_); }
  held(const held&) = delete;
  std::set<hash128>& all_;
  hash128 hash_;
};

}  // namespace

replicas::replicas(env::environment env, store_log& log, const membership& members,
                   roster_keeper& roster, const disk_watch& disk, metrics_registry& registry)
    : env_(env),
      log_(log),
      members_(members),
      roster_(roster),
      disk_(disk),
      copier_(env, log),
      segments_(registry.make_counter("oklog_store_replicated_segments_total",
                                      "Segments replicated, ingress and egress.",
                                      {{"direction", "ingress"}})),
      bytes_(registry.make_counter("oklog_store_replicated_bytes_total",
                                   "Bytes of segments replicated, ingress and egress.",
                                   {{"direction", "ingress"}})),
      failures_(registry.make_counter("oklog_store_receive_failures_total",
                                      "Pieces that were offered and could not be copied.")) {}

result<> replicas::holders_count(const std::vector<ulid>& holders) const {
  for (const ulid& id : holders) {
    const cluster::store_entry* e = roster_.roster().store(id);
    if (e == nullptr || roster_.roster().retired(e->life()) ||
        roster_.self().holds_for_gone(e->life())) {
      return fail(errc::conflict, "one of its holders is unknown here, or gone: " + format(id));
    }
  }
  return {};
}

// Looked at before, and again when it is there: what this store proves of its copies meanwhile must
// not rest on one that is gone (rule K15).
env::awaitable<result<bool>> replicas::take_piece(api::piece_offer offer) {
  CO_TRY(holders_count(offer.holders));
  const auto writing = co_await roster_.begin_write(static_cast<unsigned>(offer.holders.size()));
  if (!writing) co_return writing.error();
  auto taken = co_await copy_piece(offer);
  if (!taken) co_return taken;
  CO_TRY(holders_count(offer.holders));
  co_return taken;
}

env::awaitable<result<bool>> replicas::copy_piece(const api::piece_offer& offer) {
  if (roster_.self().draining) co_return fail(errc::no_space, "this store is draining");
  if (log_.has_piece(offer.partition, offer.hash)) co_return true;
  if (disk_.full()) co_return fail(errc::no_space, disk_.why());
  if (receiving_.size() >= receiving_max || receiving_.contains(offer.hash)) {
    co_return fail(errc::busy, "as many pieces as are copied at once are under way");
  }
  const auto from = members_.api_of_store(offer.from);
  if (!from) co_return fail(errc::not_found, "no such store: " + offer.from);
  const held receiving(receiving_, offer.hash);
  const auto copied = co_await copier_.copy(offer.partition, offer.hash, offer.name, *from);
  if (copied) {
    segments_.add();
    bytes_.add(static_cast<double>(*copied));
    co_return false;
  }
  failures_.add();
  env_.log.warn("copying a piece failed",
                {{"piece", offer.name}, {"from", *from}, {"err", copied.error().what}});
  co_return copied.error();
}

std::shared_ptr<const store_segment> replicas::find_piece(const std::string& name) {
  return log_.find(name);
}

env::awaitable<result<std::string>> replicas::read_piece(const store_segment& piece,
                                                         std::uint64_t offset) {
  std::string bytes(std::min<std::uint64_t>(piece_read_bytes, piece.file_bytes - offset), '\0');
  const auto read = co_await env::offload(env_.loop, [&]() -> result<> {
    TRY_LET(const std::size_t n, piece.file->file->read_at(offset, bytes.data(), bytes.size()));
    bytes.resize(n);
    return {};
  });
  if (!read) {
    env_.log.error("a piece could not be read for another store",
                   {{"piece", piece.name}, {"err", read.error().what}});
    co_return read.error();
  }
  co_return std::move(bytes);
}

}  // namespace oklog::node
