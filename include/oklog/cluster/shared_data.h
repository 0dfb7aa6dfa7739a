// What members say of themselves, held once however many tables point to it: a simulation of 10,000
// nodes has 10^8 views of 10^4 values. Equal values of one pool are one object. Not thread-safe:
// a pool, its values and all who hold them live on one loop.
#pragma once

#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <memory>
#include <unordered_set>

#include "oklog/cluster/member.h"

namespace oklog::cluster {

// An id with its data; immutable.
class shared_data {
 public:
  const ulid& id() const { return id_; }
  const member_data& data() const { return data_; }

 private:
  friend class data_pool;
  friend void intrusive_ptr_add_ref(const shared_data* d) { ++d->users_; }
  friend void intrusive_ptr_release(const shared_data* d);

  class data_pool* pool_ = nullptr;
  mutable std::uint32_t users_ = 0;
  ulid id_;
  member_data data_;
};

using data_ptr = boost::intrusive_ptr<const shared_data>;

class data_pool {
 public:
  data_pool() = default;
  ~data_pool();  // REQUIRES: nobody holds any of its values
  data_pool(const data_pool&) = delete;
  data_pool& operator=(const data_pool&) = delete;

  data_ptr share(const ulid& id, const member_data& data);
  std::size_t size() const { return all_.size(); }

 private:
  friend void intrusive_ptr_release(const shared_data* d);
  struct hash {
    std::size_t operator()(const shared_data* d) const;
  };
  struct equal {
    bool operator()(const shared_data* a, const shared_data* b) const;
  };

  std::unordered_set<const shared_data*, hash, equal> all_;
};

}  // namespace oklog::cluster
