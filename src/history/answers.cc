#include "oklog/history/answers.h"

#include <algorithm>
#include <set>

namespace oklog::history {
namespace {

error wrong(std::string what) {
  return fail(errc::corruption, std::move(what));
}

std::string shown(const sent_line& line) {
  std::string text = "\"" + line.text.substr(0, 40) + "\" (sent " +
                     std::to_string(line.times_sent) + " times, last to n" +
                     std::to_string(line.ingester);
  for (const auto& r : line.records) {
    text += ", " + format(r.id) + (r.committed ? " committed" : "");
  }
  return text + ")";
}

// Where records must be for the question to ask for them, as far as that is known.
struct wanted_records {
  std::size_t sure = 0;         // are in the range
  std::vector<ulid> committed;  // of these, which the stores have promised to keep
  bool all_known = true;        // every record of the line has been seen
};

bool in_range(const question& q, const answer_claim& says, const ulid& id) {
  const auto ms = static_cast<std::int64_t>(id.ms());
  return id >= q.from && id <= q.to && ms >= says.since_ms;
}

wanted_records wanted(const question& q, const answer_claim& says, duration asked,
                      const sent_line& line) {
  wanted_records w;
  for (const auto& r : line.records) {
    if (!in_range(q, says, r.id)) continue;
    ++w.sure;
    if (r.committed && *r.committed <= asked) w.committed.push_back(r.id);
  }
  w.all_known = line.records.size() == line.times_sent;
  return w;
}

// Whether at least one record of the line must be in range, wherever its records are.
bool surely_in_range(const question& q, const answer_claim& says, const sent_line& line) {
  const bool all_time = q.from == ulid_min && q.to == ulid_max;
  if (all_time && line.not_before_ms >= says.since_ms) return true;
  // All of its records are known, and all are in the range.
  const wanted_records w = wanted(q, says, duration::max(), line);
  return w.all_known && w.sure == line.times_sent && w.sure > 0;
}

bool before(const question& q, const ulid& a, const ulid& b) {
  return q.descending ? b < a : a < b;
}

}  // namespace

bool question::wants(const sent_line& line) const {
  if (!topic.empty() && line.topic != topic) return false;
  return needle.empty() || line.text.find(needle) != std::string::npos;
}

result<std::vector<answer_line>> read_lines(std::string_view body) {
  std::vector<answer_line> lines;
  while (!body.empty()) {
    const std::size_t end = body.find('\n');
    if (end == body.npos) return wrong("the answer ends in the middle of a line");
    const std::string_view line = body.substr(0, end);
    body.remove_prefix(end + 1);
    if (line == "--") continue;
    if (line.size() <= ulid::text_size) return wrong("a line without an id in the answer");
    TRY_LET(const ulid id, parse_ulid(line.substr(0, ulid::text_size)));
    const bool context = line[ulid::text_size] == '-';
    lines.push_back({id, line.substr(ulid::text_size + 1), context});
  }
  return lines;
}

result<> check_sound(const question& q, const std::vector<answer_line>& lines, ledger& book) {
  const ulid* last = nullptr;
  for (const answer_line& l : lines) {
    if (last != nullptr && !before(q, *last, l.id)) {
      return wrong(l.id == *last ? "a record came twice: " + format(l.id)
                                 : "out of order: " + format(*last) + " before " + format(l.id));
    }
    last = &l.id;
    TRY_LET(const std::uint64_t number, book.identify(l.text));
    TRY(book.seen(number, l.id));
    if (!q.wants(book[number])) return wrong(shown(book[number]) + " was not asked for");
    if (l.id < q.from || l.id > q.to) return wrong(shown(book[number]) + " is out of range");
  }
  if (lines.size() > q.limit) return wrong("more lines than the limit");
  return {};
}

result<> check_complete(const question& q, const answer_claim& says, duration asked,
                        const std::vector<answer_line>& lines, const ledger& book) {
  if (says.coverage != claim::complete) return {};
  std::set<ulid> given;
  std::vector<unsigned> times(book.size(), 0);
  for (const answer_line& l : lines) {
    given.insert(l.id);
    TRY_LET(const std::uint64_t number, book.identify(l.text));
    ++times[number];
  }
  const bool cut = lines.size() >= q.limit;
  const auto beyond = [&](const ulid& id) { return cut && !before(q, id, lines.back().id); };
  for (std::uint64_t n = 0; n < book.size(); ++n) {
    const sent_line& line = book[n];
    if (!q.wants(line)) continue;
    const wanted_records w = wanted(q, says, asked, line);
    for (const ulid& id : w.committed) {
      if (given.contains(id) || beyond(id)) continue;
      return wrong("an answer that says it is complete lacks " + format(id) + " of " + shown(line));
    }
    if (!book.owed(n, asked) || times[n] > 0 || !surely_in_range(q, says, line)) continue;
    // With a limit, its place in the order must be known.
    const bool placed = std::none_of(line.records.begin(), line.records.end(),
                                     [&](const auto& r) { return beyond(r.id); });
    if (cut && !(placed && w.all_known)) continue;
    return wrong("an answer that says it is complete lacks " + shown(line));
  }
  return {};
}

result<> check_count(const question& q, const answer_claim& says, duration asked,
                     std::uint64_t count, const ledger& book) {
  std::uint64_t least = 0;
  std::uint64_t most = 0;
  for (std::uint64_t n = 0; n < book.size(); ++n) {
    const sent_line& line = book[n];
    if (!q.wants(line)) continue;
    most += line.times_sent;
    std::uint64_t surely = wanted(q, says, asked, line).committed.size();
    if (surely == 0 && book.owed(n, asked) && surely_in_range(q, says, line)) surely = 1;
    least += surely;
  }
  if (count > most) {
    return wrong("counted " + std::to_string(count) + " records, and only " + std::to_string(most) +
                 " were sent");
  }
  if (says.coverage == claim::complete && count < least) {
    return wrong("an answer that says it is complete counts " + std::to_string(count) +
                 " records of at least " + std::to_string(least));
  }
  return {};
}

result<> check_context(const answer_claim& says, duration asked, std::uint64_t number,
                       const std::vector<answer_line>& lines, const ledger& book) {
  const std::uint64_t batch = book[number].batch;
  std::set<std::uint64_t> shown_lines;
  for (const answer_line& l : lines) {
    TRY_LET(const std::uint64_t n, book.identify(l.text));
    if (book[n].batch != batch) {
      return wrong("context of " + shown(book[number]) + " shows another stream's " +
                   shown(book[n]));
    }
    shown_lines.insert(n);
  }
  if (says.coverage != claim::complete || !book.owed(number, asked)) return {};
  if (!surely_in_range(question{}, says, book[number])) return {};
  for (const std::uint64_t n : {number - 1, number, number + 1}) {
    if (n >= book.size() || book[n].batch != batch || !book.owed(n, asked)) continue;
    if (shown_lines.contains(n) || !surely_in_range(question{}, says, book[n])) continue;
    return wrong("an answer that says it is complete shows " + shown(book[number]) +
                 " without its neighbour " + shown(book[n]));
  }
  return {};
}

}  // namespace oklog::history
