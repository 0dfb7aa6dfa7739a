// storer: pieces of a merge go to the other stores of their write set, all at once; each is waited
// for until it has said "on disk".
#include "node/storer.h"

namespace oklog::node {
namespace {

constexpr duration offer_wait = std::chrono::minutes(2);  // with what waits before it over there
constexpr duration busy_pause = std::chrono::milliseconds(200);

std::vector<ulid> ids_of(const std::vector<std::string>& texts) {
  std::vector<ulid> ids;
  for (const std::string& text : texts) ids.push_back(parse_ulid(text).value());
  return ids;
}

}  // namespace

void storer::replicate(const std::string& piece, const std::string& store) {
  // The own copy has been on its disk since the merge.
  if (store == log_->store_id()) {
    feed(consumer::in::replicated{piece, store});
  } else {
    tasks_->spawn(offer(piece, store));
  }
}

env::awaitable<result<>> storer::offer_until_taken(std::string api, std::string store,
                                                   api::piece_offer what) {
  api::replica_client client(env_);
  while (true) {
    auto offered = co_await client.offer(api, store, what);
    const bool busy = !offered && offered.error().code == errc::busy;
    const bool stopped = co_await env::is_cancelled();
    if (!busy || stopped) co_return offered;
    co_await env_.loop.sleep(busy_pause);
  }
}

env::awaitable<void> storer::offer(std::string piece, std::string store) {
  result<> taken = fail(errc::unavailable, "it is not in service any more");
  const auto api = members_.api_of_store(store);
  const segment_ptr segment = log_->find(piece);
  if (api && segment) {
    api::piece_offer what{piece, segment->footer.partition, segment->footer.file_hash,
                          log_->store_id(), ids_of(segment->footer.write_set)};
    auto offering = offer_until_taken(*api, store, std::move(what));
    taken = co_await env::with_timeout(env_.loop, offer_wait, "its answer", std::move(offering));
  }
  const bool stopped = co_await env::is_cancelled();
  if (stopped) co_return;
  // Others may have proved meanwhile that they need its copies no more (rule K15).
  const cluster::store_entry* taker = roster_->roster().store(parse_ulid(store).value());
  if (taken && (taker == nullptr || roster_->self().holds_for_gone(taker->life()))) {
    taken = fail(errc::conflict, "it has been held for gone meanwhile");
  }
  if (taken) {
    replicated_segments_.add();
    replicated_bytes_.add(static_cast<double>(segment->file_bytes));
    feed(consumer::in::replicated{piece, store});
    co_return;
  }
  env_.log.warn("a store did not take a piece",
                {{"store", store}, {"piece", piece}, {"err", taken.error().what}});
  holders_->refused(store);
  feed(consumer::in::replicate_failed{piece, store});
}

// Pieces that this store is not to hold are needed no more once their round is over.
env::awaitable<void> storer::discard_staged() {
  if (merged_pieces_.empty()) co_return;
  discard_job job = log_->begin_discard(merged_pieces_);
  merged_pieces_.clear();
  if (job.paths.empty()) co_return;
  co_await env::offload(env_.loop, [&job] { job.run(); });
  for (const error& e : job.errors) {
    env_.log.warn("removing a piece that others hold", {{"err", e.what}});
  }
}

}  // namespace oklog::node
