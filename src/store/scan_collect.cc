// What becomes of a block's matches: a number, counts over time, or a run of records.
#include "store/scan_ids.h"
#include "store/scan_search.h"

namespace oklog {

bool scan_task::only_number_matters(const scan_block& block, const key_range& wanted) const {
  const block_ref& ref = block.ref;
  return counting && block.alone_in_topic && ref.sorted && !ref.topic.empty() &&
         wanted.holds(block.first) && wanted.holds(block.last) &&
         axis.bucket_of(ref.min.ms()) == axis.bucket_of(ref.max.ms());
}

scan_found block_searcher::count_number(const scan_block& block, std::uint64_t matches) {
  counts_.add(block.ref.topic, task_.axis.bucket_of(block.ref.min.ms()), matches);
  stats_.records_matched += matches;
  return {{}, true};
}

// fn(id, topic, hit) for each match, or for each record where everything matches, that is wanted.
template <class Fn>
void block_searcher::for_wanted(std::string_view text, const block_columns& columns,
                                Fn&& fn) const {
  std::vector<bool> topics;
  for (const std::string& topic : columns.topics) topics.push_back(q_.wants_topic(topic));
  const auto pass = [&](const id_run& run, const ulid& id, const text_hit& hit) {
    if (topics[run.topic] && wanted_.holds(task_.order.key(id))) fn(id, run.topic, hit);
  };
  if (q_.match->everything()) {
    for_all(columns, text, pass);
  } else {
    for_hits(columns, hits_, pass);
  }
}

scan_run block_searcher::make_run(std::string_view text, const block_columns& columns) {
  scan_run run(task_.order, columns.topics);
  const auto body = [&](const text_hit& hit) { return text.substr(hit.begin, hit.size); };
  if (task_.counting) {
    for_wanted(text, columns, [&](const ulid& id, std::uint32_t topic, const text_hit& hit) {
      run.add_hash(id, topic, body(hit));
    });
    run.finish(no_limit);
    return run;
  }
  const bool take_text = q_.match->everything() && text.data() == text_.data();
  for_wanted(text, columns, [&](const ulid& id, std::uint32_t topic, const text_hit& hit) {
    const bool continuation = continues(columns, hit.record);
    if (take_text) {
      run.add_borrowed(id, topic, hit.begin, hit.size, continuation);
    } else {
      run.add_copy(id, topic, body(hit), continuation);
    }
  });
  if (take_text) {
    run.finish(q_.limit, std::move(text_));
  } else {
    run.finish(q_.limit);
  }
  return run;
}

// False where records of equal ids are there, which have to be compared.
bool block_searcher::count_records(const scan_block& block, std::string_view text,
                                   const block_columns& columns) {
  if (!block.alone_in_topic || !(block.ref.sorted || strictly_ascending(columns))) return false;
  std::uint64_t matches = 0;
  for_wanted(text, columns, [&](const ulid& id, std::uint32_t topic, const text_hit&) {
    counts_.add(columns.topics[topic], task_.axis.bucket_of(id.ms()), 1);
    ++matches;
  });
  stats_.records_matched += matches;
  return true;
}

scan_found block_searcher::collect(const scan_block& block, std::string_view text,
                                   const block_columns& columns) {
  scan_found found;
  if (task_.counting && count_records(block, text, columns)) {
    found.counted = true;
    return found;
  }
  found.run = make_run(text, columns);
  const bool as_wire = block.alone && !task_.counting && !task_.as_records && q_.limit == no_limit;
  if (as_wire && !found.run.empty()) found.run.format(writer_);
  return found;
}

}  // namespace oklog
