// The consumer's transaction as a value: (now, input) -> outputs. It does no I/O and never blocks;
// the node's loop carries its outputs out and feeds the answers back in.
//
//   gather --(enough bytes or age)--> merge --> replicate --> commit --> gather
//      any failure ------------------------------> fail_back of every claim --> gather, after a
//      pause
//
// A claim is committed only when every piece of the merge has been acknowledged by its whole write
// set (rule K8); until then the ingester keeps it, so that every failure ends in a duplicate.
// Claims of one merge have one shard (K6): a claim of another shard, or one too many, is held over
// to the next merge. One whose lease ran out and that is claimed again here is read again, and is
// in one merge once. At most one claim_next, fetch or merge is under way.
#pragma once

#include <compare>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "oklog/base/hash.h"
#include "oklog/base/time.h"
#include "oklog/segment/store_segment.h"

namespace oklog {

inline constexpr std::uint64_t claim_raw_bytes_max = 64ULL * 1024 * 1024;  // K10, a merge's limit

struct consumer_config {
  std::uint64_t target_raw_bytes = claim_raw_bytes_max / 2;  // merge once this much is gathered ...
  duration target_age = std::chrono::seconds(3);             // ... or the first claim is this old
  duration delay = std::chrono::milliseconds(100);           // after an empty answer
  duration failure_delay_max = std::chrono::seconds(5);      // `delay` doubles up to it
};

// One ingest segment that we have claimed.
struct claim {
  std::string ingester;  // its address
  std::string id;
  friend auto operator<=>(const claim&, const claim&) = default;
};

// One store segment that the merge wrote and published here.
struct piece {
  std::string name;
  oklog::partition partition;
  hash128 hash;                        // of the file: what identifies it (R4)
  std::vector<std::string> write_set;  // who must hold it before anything is committed
};

class consumer {
 public:
  struct in {
    struct wake {};  // the moment of wake_at has come, or start
    struct claimed {
      claim what;
    };
    struct nothing {};  // claim_next: no ingester has any, or none answers
    struct fetched {    // `hash` has been compared with the ingester's (R6)
      claim what;
      std::uint32_t shard;
      std::uint64_t raw_bytes;
      hash128 hash;  // of the bytes read
    };
    struct fetch_failed {
      claim what;
    };
    struct merged {
      std::vector<piece> pieces;
      std::string store_id;
    };  // published by `store_id`
    struct merge_failed {};
    struct replicated {
      std::string piece;
      std::string store_id;
    };
    struct replicate_failed {
      std::string piece;
      std::string store_id;
    };
    struct committed {
      claim what;
    };
    struct commit_failed {
      claim what;
    };
    struct drain {};  // stop waiting for size and age; end when empty
  };
  using input = std::variant<in::wake, in::claimed, in::nothing, in::fetched, in::fetch_failed,
                             in::merged, in::merge_failed, in::replicated, in::replicate_failed,
                             in::committed, in::commit_failed, in::drain>;

  struct out {
    struct wake_at {
      boot_time when;
    };                     // replaces the one before
    struct claim_next {};  // ask the ingesters for a segment
    struct fetch {
      claim what;
    };
    struct merge {
      std::vector<claim> claims;
    };  // their bytes are the loop's; one shard
    struct replicate {
      std::string piece;
      std::string store_id;
    };
    struct commit {
      claim what;
      hash128 hash;
      std::vector<std::string> store_ids;
    };
    struct fail_back {
      claim what;
    };                  // tell the ingester; its answer is not awaited
    struct drained {};  // nothing is held, nothing more will be asked for
  };
  using output = std::variant<out::wake_at, out::claim_next, out::fetch, out::merge, out::replicate,
                              out::commit, out::fail_back, out::drained>;

  enum class phase { idle, claiming, fetching, merging, replicating, committing, drained };

  explicit consumer(consumer_config config) : config_(config) {}

  // Inputs that do not belong to the present phase (late answers) are passed over.
  std::vector<output> step(boot_time now, const input& what);

  phase at() const { return phase_; }
  // Claimed and neither committed nor failed back.
  std::size_t claims() const {
    return gathered_.size() + (held_ ? 1U : 0U) + (phase_ == phase::fetching ? 1U : 0U);
  }

 private:
  struct gathered {
    claim what;
    std::uint32_t shard = 0;
    std::uint64_t raw_bytes = 0;
    hash128 hash;
    boot_time since;
  };
  using outputs = std::vector<output>;

  void take(outputs& o, boot_time now, const in::wake&);
  void take(outputs& o, boot_time now, const in::claimed& i);
  void take(outputs& o, boot_time now, const in::nothing&);
  void take(outputs& o, boot_time now, const in::fetched& i);
  void take(outputs& o, boot_time now, const in::fetch_failed& i);
  void take(outputs& o, boot_time now, const in::merged& i);
  void take(outputs& o, boot_time now, const in::merge_failed&);
  void take(outputs& o, boot_time now, const in::replicated& i);
  void take(outputs& o, boot_time now, const in::replicate_failed& i);
  void take(outputs& o, boot_time now, const in::committed& i);
  void take(outputs& o, boot_time now, const in::commit_failed& i);
  void take(outputs& o, boot_time now, const in::drain&);

  std::vector<gathered>::iterator find(const claim& what);
  void gather_on(outputs& o, boot_time now);
  void start_merge(outputs& o);
  void start_commit(outputs& o, boot_time now);
  void settle(outputs& o, boot_time now, const claim& what, bool committed);
  void next_round();
  void fail_all(outputs& o, boot_time now);
  void pause(outputs& o, boot_time now);

  consumer_config config_;
  phase phase_ = phase::idle;
  bool draining_ = false;
  bool commit_failed_ = false;
  unsigned failures_ = 0;  // in a row
  std::vector<gathered> gathered_;
  std::optional<gathered> held_;
  claim fetching_;
  std::uint64_t raw_bytes_ = 0;
  std::map<std::string, std::set<std::string>> awaited_;  // piece -> store ids still to answer
  std::vector<std::string> committed_to_;                 // what commit names
};

}  // namespace oklog
