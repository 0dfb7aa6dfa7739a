#include "oklog/store/containment.h"

#include <optional>
#include <set>

#include "oklog/segment/block.h"

namespace oklog {
namespace {

hash128 hash_of(const record_view& r) {
  set_digest one;
  one.add(r);
  return one.sum;
}

// What is known of one block's records.
struct wanted_records {
  std::optional<std::set<hash128>> hashes;  // it could be read
  std::optional<std::set<ulid>> ids;        // its columns could
  bool has(const record_view& r, const hash128& hash) const {
    if (hashes) return hashes->contains(hash);
    return !ids || ids->contains(r.id);
  }
};

std::optional<std::set<ulid>> ids_of(const block_ref& ref) {
  std::string buffer;
  const auto frame = read_header_frame(ref, buffer);
  if (!frame) return std::nullopt;
  const auto columns = decode_columns(*frame);
  if (!columns) return std::nullopt;
  std::set<ulid> ids;
  for (const id_run& run : columns->runs) {
    for (std::uint32_t i = 0; i < run.count; ++i) {
      ids.insert(ulid::make(run.ms, run.stream, run.seq + i));
    }
  }
  return ids;
}

wanted_records wanted_of(const block_ref& ref) {
  wanted_records wanted;
  const auto records = load_block(ref);
  if (records && records->records() == ref.records) {
    std::set<hash128> hashes;
    records->for_each([&](const record_view& r) { hashes.insert(hash_of(r)); });
    wanted.hashes = std::move(hashes);
  } else {
    wanted.ids = ids_of(ref);
  }
  return wanted;
}

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

// Adds what the others hold of one block.
result<> add_held(const std::vector<segment_ptr>& others, const block_ref& of, set_digest& held) {
  const wanted_records wanted = wanted_of(of);
  std::set<hash128> seen;
  return for_each_between(others, of.topic, of.min, of.max,
                          [&](const record_view& r, const hash128& hash) {
                            if (wanted.has(r, hash) && seen.insert(hash).second) held.add(r);
                          });
}

}  // namespace

result<bool> hold_all_of(const std::vector<segment_ptr>& others, const store_segment& of) {
  set_digest held;
  for (std::size_t i = 0; i < of.footer.blocks.size(); ++i) {
    TRY(add_held(others, of.block(i), held));
  }
  return held == of.footer.digest;
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
