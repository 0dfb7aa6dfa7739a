#include "oklog/cluster/shared_data.h"

#include "oklog/base/assert.h"
#include "oklog/base/hash.h"

namespace oklog::cluster {

std::size_t data_pool::hash::operator()(const shared_data* d) const {
  const auto* ip = reinterpret_cast<const char*>(d->data_.gossip.ip.data());
  const std::uint64_t seed = d->id_.lo ^ d->id_.hi ^ d->data_.gossip.port ^
                             (std::uint64_t{d->data_.free_sixteenths} << 32);
  return xxh3_64(std::string_view(ip, 16), seed);
}

bool data_pool::equal::operator()(const shared_data* a, const shared_data* b) const {
  return a->id_ == b->id_ && a->data_ == b->data_;
}

data_ptr data_pool::share(const ulid& id, const member_data& data) {
  shared_data probe;
  probe.id_ = id;
  probe.data_ = data;
  const auto found = all_.find(&probe);
  if (found != all_.end()) return data_ptr(*found);
  auto made = std::make_unique<shared_data>(std::move(probe));
  made->pool_ = this;
  made->users_ = 0;
  all_.insert(made.get());
  return data_ptr(made.release());
}

data_pool::~data_pool() {
  ASSERT(all_.empty(), "a data_pool ends while its values are in use");
}

void intrusive_ptr_release(const shared_data* d) {
  if (--d->users_ > 0) return;
  d->pool_->all_.erase(d);
  delete d;
}

}  // namespace oklog::cluster
