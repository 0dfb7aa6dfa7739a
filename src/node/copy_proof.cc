#include "node/copy_proof.h"

#include <algorithm>

namespace oklog::node {
namespace {

// So long after a store has gone others are likely to have made its copies at any moment.
constexpr duration lately = std::chrono::minutes(1);

}  // namespace

copy_proof::copy_proof(env::environment env, const store_options& options, store_log& log,
                       roster_keeper& roster, const membership& members)
    : env_(env),
      log_(log),
      roster_(roster),
      members_(members),
      question_(env, options, log, members),
      changed_(env.clock.boot()) {}

// Those that count and are not in service.
std::set<cluster::store_life> copy_proof::away() const {
  std::set<ulid> there;
  for (const cluster::member& m : members_.all()) {
    if (in_service(m) && has_store(m.data.role)) there.insert(m.id);
  }
  std::set<cluster::store_life> away;
  for (const cluster::store_entry* e : roster_.roster().counted()) {
    if (!there.contains(e->id) && e->id != roster_.self().id) away.insert(e->life());
  }
  return away;
}

bool copy_proof::shaken() const {
  const auto now = away();
  return !std::includes(away_.begin(), away_.end(), now.begin(), now.end());
}

bool copy_proof::stale() const {
  return gone_ != roster_.self().gone;
}

bool copy_proof::near() const {
  const bool wanted = in_doubt() || gone_unproved();
  return wanted && (listed_ || env_.clock.boot() - changed_ < lately);
}

bool copy_proof::in_doubt() const {
  return in_doubt_ || (pass_ && roster_.self().proved < pass_->copies());
}

// The last clean pass did not know of all that are gone.
bool copy_proof::gone_unproved() const {
  const cluster::store_entry& self = roster_.self();
  return !std::includes(self.clean_knew.begin(), self.clean_knew.end(), self.gone.begin(),
                        self.gone.end());
}

std::set<partition> copy_proof::doubtful() const {
  return pass_ && in_doubt() ? pass_->open() : std::set<partition>();
}

void copy_proof::begin(const store_catalogue& own, unsigned copies) {
  const bool lost = shaken();
  away_ = away();
  in_doubt_ = in_doubt_ || lost;
  if (lost || stale()) changed_ = env_.clock.boot();
  gone_ = roster_.self().gone;
  if (pass_ && !lost && pass_->copies() == copies && pass_->gone() == gone_) return;
  pass_.emplace(own, gone_, copies);
  ++passes_;
  roster_.begin_pass();
}

// One that not all know of yet does not count as a holder (rule K14).
bool copy_proof::may_count(const store_catalogue& held) const {
  const cluster::store_entry* e = roster_.roster().store(parse_ulid(held.store_id).value());
  return e != nullptr && e->admitted && !roster_.self().holds_for_gone(e->life()) &&
         members_.api_of_store(held.store_id);
}

void copy_proof::look(const repair_view& view) {
  if (!pass_) return;
  std::vector<const store_catalogue*> others;
  for (const store_view& o : view.others) {
    if (may_count(o.held)) others.push_back(&o.held);
  }
  pass_->look(view.own, others);
}

env::awaitable<void> copy_proof::ask(const std::vector<store_view>& others) {
  listed_ = false;
  if (!pass_ || !(in_doubt() || gone_unproved())) co_return;
  const std::uint64_t pass = passes_;
  const std::set<partition> open = pass_->open();
  for (const partition& where : open) {
    const bool found = co_await often_enough(where, others);
    const bool stopped = co_await env::is_cancelled();
    if (stopped || pass != passes_) co_return;
    if (found) pass_->found(where);
  }
}

// What has come in most recently is asked about last: it may be on its way.
env::awaitable<bool> copy_proof::often_enough(partition where,
                                              const std::vector<store_view>& others) {
  const auto own = log_.describe(where);
  if (!own || own->damaged) co_return false;
  std::vector<const store_view*> holders;
  for (const store_view& o : others) {
    const catalogue_partition* theirs = o.held.find(where);
    if (theirs != nullptr && theirs->counts() && may_count(o.held)) holders.push_back(&o);
  }
  const std::size_t wanted = pass_->copies() - (own->counts() ? 1 : 0);
  if (holders.size() < wanted) co_return false;
  listed_ = true;
  std::vector<segment_ptr> segments = log_.sound_members(where);
  std::sort(segments.begin(), segments.end(), [](const segment_ptr& a, const segment_ptr& b) {
    return a->footer.max < b->footer.max;
  });
  for (const segment_ptr& segment : segments) {
    std::size_t found = 0;
    for (std::size_t i = 0; i < holders.size() && found < wanted; ++i) {
      const bool held = co_await holds(*holders[i], segment);
      found += held ? 1 : 0;
    }
    if (found < wanted) co_return false;
  }
  co_return true;
}

env::awaitable<bool> copy_proof::holds(const store_view& other, const segment_ptr& segment) {
  const store_footer& f = segment->footer;
  const catalogue_partition* theirs = other.held.find(f.partition);
  const auto same = [&f](const catalogue_segment& s) { return s.hash == f.file_hash; };
  if (std::any_of(theirs->segments.begin(), theirs->segments.end(), same)) co_return true;
  if (theirs->records_within(f.min, f.max) < f.digest.count) co_return false;
  const std::vector<segment_ptr> one{segment};
  std::string store = other.held.store_id;
  co_return co_await question_.ask(std::move(store), one);
}

env::awaitable<unsigned> copy_proof::announce() {
  const bool stands = pass_ && pass_->gone() == roster_.self().gone;
  if (!stands || !pass_->done() || !roster_.self().admitted) co_return 0;
  const clean_pass done = std::move(*pass_);
  pass_.reset();
  in_doubt_ = false;
  co_await roster_.announce_pass(done.copies(), done.gone());
  co_return done.copies();
}

}  // namespace oklog::node
