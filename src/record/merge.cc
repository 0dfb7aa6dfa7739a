#include "oklog/record/merge.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "oklog/base/assert.h"
#include "record/run_sort.h"

namespace oklog {
namespace {

struct by_id {
  bool operator()(const merge_ref& a, const merge_ref& b) const {
    return a.id.hi < b.id.hi || (a.id.hi == b.id.hi && a.id.lo < b.id.lo);
  }
};

// Every topic once, sorted, and for each batch the place of each of its topics among them. Batches
// of many topics repeat each other's, so they are looked up first and only the different ones
// sorted.
struct topic_ranks {
  std::vector<std::string> topics;
  std::vector<std::vector<std::uint32_t>> of_batch;
};

topic_ranks rank_topics(const std::vector<const batch*>& batches) {
  topic_ranks r;
  std::unordered_map<std::string_view, std::uint32_t> found;
  std::vector<std::string_view> names;
  for (const batch* b : batches) {
    std::vector<std::uint32_t>& indices = r.of_batch.emplace_back();
    indices.reserve(b->topics().size());
    for (const std::string& t : b->topics()) {
      const auto [at, added] = found.try_emplace(t, static_cast<std::uint32_t>(names.size()));
      if (added) names.push_back(t);
      indices.push_back(at->second);
    }
  }
  std::vector<std::uint32_t> order(names.size());
  std::iota(order.begin(), order.end(), 0U);
  std::sort(order.begin(), order.end(),
            [&](std::uint32_t a, std::uint32_t b) { return names[a] < names[b]; });
  std::vector<std::uint32_t> rank(names.size());
  for (std::uint32_t i = 0; i < order.size(); ++i) {
    rank[order[i]] = i;
    r.topics.emplace_back(names[order[i]]);
  }
  for (auto& indices : r.of_batch) {
    for (std::uint32_t& i : indices) i = rank[i];
  }
  return r;
}

// Writes the refs of one batch, each at the cursor of its topic.
void place_refs(const batch& b, std::uint32_t index, const std::vector<std::uint32_t>& ranks,
                std::vector<merge_ref*>& cursors) {
  const char* const text = b.text().data();
  const std::size_t text_size = b.text().size();
  std::size_t at = 0;
  std::uint32_t n = 0;
  auto continued = b.continuations().begin();
  for (const id_run& run : b.runs()) {
    const std::uint32_t rank = ranks[run.topic];
    merge_ref* out = cursors[rank];
    for (std::uint32_t i = 0; i < run.count; ++i, ++n) {
      const std::size_t size =
          b.lengths().empty() ? line_size(text + at, text_size - at) : b.lengths()[n];
      const bool flag = continued != b.continuations().end() && *continued == n;
      if (flag) ++continued;
      const auto size_and_flag = static_cast<std::uint32_t>(size << 1 | (flag ? 1U : 0U));
      *out++ = {ulid::make(run.ms, run.stream, run.seq + i), static_cast<std::uint32_t>(at),
                size_and_flag, index, rank};
      at += size + 1;
    }
    cursors[rank] = out;
  }
}

// Among [first, last), all of one topic and id: sorts by text, drops equal ones, counts conflicts.
// Returns the new end.
merge_ref* settle(merge_ref* first, merge_ref* last, merged& m,
                  const std::vector<const batch*>& batches) {
  const auto text = [&](const merge_ref& r) { return view(m, r, batches).text; };
  std::stable_sort(first, last,
                   [&](const merge_ref& a, const merge_ref& b) { return text(a) < text(b); });
  merge_ref* const end = std::unique(
      first, last, [&](const merge_ref& a, const merge_ref& b) { return text(a) == text(b); });
  m.equal_dropped += static_cast<std::uint64_t>(last - end);
  m.conflicts += static_cast<std::uint64_t>(end - first - 1);
  return end;
}

// Compacts one sorted topic [first, last) to `out`, which is at most `first`. Returns the new end.
merge_ref* drop_equal(merge_ref* first, merge_ref* last, merge_ref* out, merged& m,
                      const std::vector<const batch*>& batches) {
  while (first < last) {
    merge_ref* end = first + 1;
    while (end < last && end->id == first->id) ++end;
    merge_ref* const kept = end - first == 1 ? end : settle(first, end, m, batches);
    if (out == first) {
      out = kept;
    } else {
      out = std::copy(first, kept, out);
    }
    first = end;
  }
  return out;
}

}  // namespace

merged merge(const std::vector<const batch*>& batches) {
  merged m;
  topic_ranks ranks = rank_topics(batches);
  m.topics = std::move(ranks.topics);
  std::vector<std::size_t> starts(m.topics.size() + 1, 0);
  for (std::size_t i = 0; i < batches.size(); ++i) {
    const batch& b = *batches[i];
    ASSERT(b.bytes() <= std::numeric_limits<std::uint32_t>::max() / 2, "batch under 2 GiB");
    for (const id_run& run : b.runs()) starts[ranks.of_batch[i][run.topic] + 1] += run.count;
    m.records_in += b.records();
  }
  for (std::size_t i = 1; i < starts.size(); ++i) starts[i] += starts[i - 1];

  m.refs.resize(m.records_in);
  std::vector<merge_ref*> cursors;
  for (std::size_t i = 0; i + 1 < starts.size(); ++i) cursors.push_back(m.refs.data() + starts[i]);
  for (std::uint32_t i = 0; i < batches.size(); ++i) {
    place_refs(*batches[i], i, ranks.of_batch[i], cursors);
  }

  std::vector<merge_ref> scratch;
  run_sorter<merge_ref, by_id> sorter(scratch, by_id{});
  merge_ref* out = m.refs.data();
  for (std::size_t i = 0; i + 1 < starts.size(); ++i) {
    merge_ref* const first = m.refs.data() + starts[i];
    merge_ref* const last = m.refs.data() + starts[i + 1];
    sorter.sort(first, last);
    out = drop_equal(first, last, out, m, batches);
  }
  m.refs.resize(static_cast<std::size_t>(out - m.refs.data()));
  ASSERT(m.records_in == m.refs.size() + m.equal_dropped, "records in = out + dropped");
  return m;
}

}  // namespace oklog
