#include "oklog/store/containment.h"

#include <map>
#include <set>

#include "store/block_remains.h"

namespace oklog {
namespace {

// fn(record, hash) for each record of a topic with an id from `min` to `max`.
template <class Fn>
result<> for_each_between(const std::vector<segment_ptr>& segments, const std::string& topic,
                          const ulid& min, const ulid& max, Fn fn) {
  for (const segment_ptr& s : segments) {
    for (const block_ref& ref : s->blocks(min, max)) {
      if (ref.topic != topic) continue;
      TRY_LET(const batch records, load_block(ref));
      records.for_each([&](const record_view& r) {
        if (min <= r.id && r.id <= max) fn(r, hash_of(r));
      });
    }
  }
  return {};
}

constexpr std::size_t streams_max = 12;  // all subsets of which are tried

// What others hold of a segment, and what of it may only look like the segment's: of a block of
// which neither ids nor all texts tell its records from others between them.
struct held_records {
  set_digest all;
  std::map<std::uint64_t, set_digest> doubtful;  // a part of `all`, by stream

  void add(const record_view& r, bool sure) {
    all.add(r);
    if (!sure) doubtful[r.id.stream()].add(r);
  }
};

// Adds what the others hold of one block.
result<> add_held(const std::vector<segment_ptr>& others, const block_ref& of, held_records& held) {
  const block_remains remains(of);
  std::set<hash128> seen;
  return for_each_between(others, of.topic, of.min, of.max,
                          [&](const record_view& r, const hash128& hash) {
                            if (!remains.may_have(r, hash) || !seen.insert(hash).second) return;
                            held.add(r, remains.sure());
                          });
}

// Whether some of the streams together are `rest`, count and sum.
bool make_up(const std::vector<set_digest>& streams, std::size_t from, const set_digest& rest) {
  if (rest.count == 0) return rest == set_digest{};
  for (std::size_t i = from; i < streams.size(); ++i) {
    if (streams[i].count > rest.count) continue;
    set_digest less = rest;
    less.subtract(streams[i]);
    if (make_up(streams, i + 1, less)) return true;
  }
  return false;
}

}  // namespace

// A line that was sent again has the same text in another stream: so whole streams may be too many.
result<bool> hold_all_of(const std::vector<segment_ptr>& others, const store_segment& of) {
  held_records held;
  for (std::size_t i = 0; i < of.footer.blocks.size(); ++i) {
    TRY(add_held(others, of.block(i), held));
  }
  if (held.all.count < of.footer.digest.count) return false;
  set_digest rest = held.all;
  rest.subtract(of.footer.digest);
  if (rest == set_digest{}) return true;
  std::vector<set_digest> streams;
  for (const auto& [stream, digest] : held.doubtful) streams.push_back(digest);
  return streams.size() <= streams_max && make_up(streams, 0, rest);
}

result<std::vector<some_records>> records_of(const block_ref& block, std::size_t most) {
  TRY_LET(const batch records, load_block(block));
  std::vector<some_records> rows;
  records.for_each([&](const record_view& r) {
    if (rows.empty() || rows.back().hashes.size() >= most) {
      rows.push_back({block.topic, block.min, block.max, {}});
    }
    rows.back().hashes.push_back(hash_of(r));
  });
  return rows;
}

result<bool> hold(const std::vector<segment_ptr>& segments, const some_records& records) {
  std::set<hash128> missing(records.hashes.begin(), records.hashes.end());
  TRY(for_each_between(segments, records.topic, records.min, records.max,
                       [&missing](const record_view&, const hash128& h) { missing.erase(h); }));
  return missing.empty();
}

}  // namespace oklog
