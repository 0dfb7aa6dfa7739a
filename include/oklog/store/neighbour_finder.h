// Where a context_writer finds the records beside a match: among a node's own blocks
// (store/neighbours.h), or among those that the sources of a cluster have been asked for
// (fetched_neighbours.h).
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "oklog/query/query.h"
#include "oklog/record/record.h"
#include "oklog/segment/block_ref.h"

namespace oklog {

// A record's place. What `block` and `record` say is the finder's.
struct record_place {
  ulid id;
  std::size_t block = 0;
  std::uint32_t record = 0;
};

// Whose neighbours are asked for. No topic: of all that the query wants, and of all streams.
struct neighbourhood {
  std::string topic;
  std::uint64_t stream = 0;
  bool all() const { return topic.empty(); }
  friend auto operator<=>(const neighbourhood&, const neighbourhood&) = default;
};

// So many records below and above an id.
struct neighbour_ask {
  neighbourhood of;
  ulid id;
  std::uint32_t before = 0;
  std::uint32_t after = 0;
};

class neighbour_finder {
 public:
  virtual ~neighbour_finder() = default;
  // The nearest record above or below `id`, as far as a query looks; nothing where there is none,
  // or where that is not known yet: then waits() is true, and the same is to be asked again.
  virtual std::optional<record_place> next(const neighbourhood& of, const ulid& id) = 0;
  virtual std::optional<record_place> previous(const neighbourhood& of, const ulid& id) = 0;
  virtual bool waits() const { return false; }
  // Valid until the next call of anything here; nothing where it cannot be read.
  virtual std::optional<record_view> view(const neighbourhood& of, const record_place& at) = 0;
  // A sentence for each thing that could not be read.
  virtual std::vector<std::string> take_failures() = 0;
};

// Among blocks (of context_range(q), of any topic), at most `reaches` times context_reach from one
// record to the next. `q` outlives it. Blocking.
std::unique_ptr<neighbour_finder> find_in_blocks(const query& q, std::vector<block_ref> blocks,
                                                 std::uint64_t reaches);

}  // namespace oklog
