#include "oklog/store/context.h"

#include <algorithm>
#include <map>

#include "store/neighbours.h"

namespace oklog {
namespace {

constexpr std::size_t steps_max = 512;  // of one advance(): a few milliseconds
constexpr std::size_t waiting_bytes_max = 1024 * 1024;
constexpr std::size_t streams_kept = 65'536;  // whose last shown record is remembered

}  // namespace

struct context_writer::state {
  query q;
  std::unique_ptr<neighbour_finder> own;  // where it is not somebody else's
  neighbour_finder& near;
  record_writer writer;
  std::map<std::pair<std::string, std::uint64_t>, ulid> shown;  // the last of each neighbourhood
  std::uint64_t matches = 0;

  // The group that is being written.
  neighbourhood where;
  bool open = false;
  std::uint32_t after_left = 0;
  ulid last;
  std::vector<record_place> ahead;  // behind `last`, not shown yet

  bool any = false;  // something was written

  state(query query_, std::vector<block_ref> blocks)
      : q(std::move(query_)),
        own(std::make_unique<neighbours>(q, std::move(blocks))),
        near(*own),
        writer(q) {}
  state(query query_, neighbour_finder& finder) : q(std::move(query_)), near(finder), writer(q) {}

  neighbourhood home_of(const ulid& id, const std::string& topic) const {
    return q.context.all_streams ? neighbourhood{} : neighbourhood{topic, id.stream()};
  }
  const ulid* last_shown(const neighbourhood& n) const {
    const auto at = shown.find({n.topic, n.stream});
    return at == shown.end() ? nullptr : &at->second;
  }
  void note_shown(const ulid& id) {
    last = id;
    shown[{where.topic, where.stream}] = id;
  }
  void show_ahead(std::string& out) {
    for (const record_place& place : ahead) {
      if (const auto r = near.view(where, place)) writer.append_context(out, *r);
    }
    ahead.clear();
  }
  // Streams that ended long ago are forgotten.
  void forget(const ulid& now) {
    if (shown.size() <= streams_kept) return;
    const auto reach = static_cast<std::uint64_t>(context_reach.count());
    std::erase_if(shown, [&](const auto& s) { return s.second.ms() + 2 * reach < now.ms(); });
  }
  bool is_match(const record_view& r) const {
    return matches < q.limit && q.from <= r.id && r.id <= q.to && q.wants_topic(r.topic) &&
           q.match->matches(r.text);
  }
};

std::pair<ulid, ulid> context_range(const query& q) {
  if (!q.context.wanted()) return {q.from, q.to};
  const auto reach = static_cast<std::uint64_t>(context_reach.count());
  const std::uint64_t from = q.from.ms();
  return {ulid::lowest(from > reach ? from - reach : 0),
          ulid::highest(std::min(q.to.ms() + reach, ulid::ms_max))};
}

context_writer::context_writer(query q, std::vector<block_ref> blocks)
    : state_(std::make_unique<state>(std::move(q), std::move(blocks))) {}
context_writer::context_writer(query q, neighbour_finder& near)
    : state_(std::make_unique<state>(std::move(q), near)) {}
context_writer::~context_writer() = default;

void context_writer::add(const record_view& m) {
  waiting_.push_back({m.id, std::string(m.topic), std::string(m.text), m.continuation});
  waiting_bytes_ += sizeof(match) + m.text.size();
}

bool context_writer::take_from(scan& matches, std::string& out) {
  matches.take_records([&](const record_view& r) {
    add(r);
    return waiting_bytes_ < waiting_bytes_max;
  });
  return advance(out);
}

bool context_writer::take_from(answer_merge& matches, std::string& out) {
  if (waiting_bytes_ < waiting_bytes_max) {
    matches.take_records([&](const record_view& r) {
      add(r);
      return waiting_bytes_ < waiting_bytes_max;
    });
  }
  return advance(out);
}

bool context_writer::waits() const {
  return state_->near.waits();
}

std::vector<neighbour_ask> context_writer::asks(std::size_t most) const {
  const state& s = *state_;
  std::vector<neighbour_ask> asks;
  const std::uint32_t behind = s.q.context.after + s.q.context.before + 1;
  if (s.open) {
    // What is ahead is asked for again, since the finder forgets.
    const auto ahead = static_cast<std::uint32_t>(s.ahead.size());
    asks.push_back({s.where, s.last, 0, ahead + behind});
  }
  for (const match& m : waiting_) {
    if (asks.size() >= std::max<std::size_t>(most, 1)) break;
    asks.push_back({s.home_of(m.id, m.topic), m.id, s.q.context.before, behind});
  }
  return asks;
}

std::vector<std::string> context_writer::take_failures() {
  return state_->near.take_failures();
}

bool context_writer::advance(std::string& out) {
  state& s = *state_;
  for (std::size_t steps = 0; steps < steps_max && out.size() < scan_output_bytes_target; ++steps) {
    if (s.open) {
      if (!go_on(out)) return false;
      continue;
    }
    if (waiting_.empty()) return false;
    const match& m = waiting_.front();
    const ulid* seen = s.last_shown(s.home_of(m.id, m.topic));
    const bool shown = seen != nullptr && m.id <= *seen;  // as a neighbour that matched
    if (!shown && s.matches < s.q.limit && !begin_group(m, out)) return false;
    waiting_bytes_ -= sizeof(match) + m.text.size();
    waiting_.pop_front();
  }
  return true;
}

bool context_writer::begin_group(const match& m, std::string& out) {
  state& s = *state_;
  s.forget(m.id);
  s.where = s.home_of(m.id, m.topic);
  const ulid* const seen = s.last_shown(s.where);
  std::vector<record_place> before;
  ulid from = m.id;
  while (before.size() < s.q.context.before) {
    const auto place = s.near.previous(s.where, from);
    if (!place && s.near.waits()) return false;
    if (!place || (seen != nullptr && place->id <= *seen)) break;
    before.push_back(*place);
    from = place->id;
  }
  if (s.any) s.writer.append_gap(out);
  for (auto place = before.rbegin(); place != before.rend(); ++place) {
    if (const auto r = s.near.view(s.where, *place)) s.writer.append_context(out, *r);
  }
  s.writer.append(out, {m.id, m.topic, m.text, m.continuation});
  ++s.matches;
  s.any = true;
  s.note_shown(m.id);
  s.after_left = s.q.context.after;
  s.open = true;
  return true;
}

// Looks at one more record behind the group's last. Those that are not shown yet may still come
// before a match: then it belongs to the group.
bool context_writer::go_on(std::string& out) {
  state& s = *state_;
  if (s.after_left == 0 && s.matches >= s.q.limit) {
    s.open = false;
    return true;
  }
  const auto place = s.near.next(s.where, s.ahead.empty() ? s.last : s.ahead.back().id);
  if (!place && s.near.waits()) return false;
  s.open = false;
  const auto r = place ? s.near.view(s.where, *place) : std::nullopt;
  if (r && s.is_match(*r)) {
    const match m{r->id, std::string(r->topic), std::string(r->text), r->continuation};
    s.show_ahead(out);
    s.writer.append(out, {m.id, m.topic, m.text, m.continuation});
    ++s.matches;
    s.after_left = s.q.context.after;
  } else if (r && s.after_left > 0) {
    --s.after_left;
    s.writer.append_context(out, *r);
  } else if (r && s.ahead.size() < s.q.context.before) {
    s.ahead.push_back(*place);
    s.open = true;
    return true;
  } else {
    s.ahead.clear();
    return true;
  }
  s.note_shown(place->id);
  s.open = true;
  return true;
}

}  // namespace oklog
