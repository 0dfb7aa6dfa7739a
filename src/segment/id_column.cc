// The column "ids". Three parts:
//
//   streams   count, then each: stream id (5 bytes LE), topic, first sequence
//   runs      count, then each: head, [topic], [sequence step], [count - 2]
//   times     first ms, then until all records have one: distance << 1, or zeros << 1 | 1
//
// A run is of one stream and topic with sequences that go up by one; the time may change within it.
// head = (stream's distance from the run before's, plus one, modulo the streams) << 3 | flags.
#include <algorithm>
#include <limits>
#include <unordered_map>

#include "oklog/base/bytes.h"
#include "segment/columns.h"

namespace oklog {
namespace {

constexpr std::uint64_t flag_many = 1;      // more than one record: count - 2 follows
constexpr std::uint64_t flag_topic = 2;     // another topic than this stream's run before
constexpr std::uint64_t flag_sequence = 4;  // another sequence than this stream's next

struct stream_state {
  std::uint64_t id;
  std::uint32_t topic;
  std::uint64_t next;
};

// Runs that only a change of time has cut become one again.
struct merged_run {
  std::uint32_t stream;  // index
  std::uint32_t topic;
  std::uint64_t seq;
  std::uint64_t count;
};

struct dictionary {
  std::vector<stream_state> streams;
  std::vector<merged_run> runs;
};

dictionary make_dictionary(const std::vector<id_run>& runs) {
  dictionary d;
  std::unordered_map<std::uint64_t, std::uint32_t> index;
  std::uint32_t stream = 0;  // of the run before
  for (const id_run& r : runs) {
    if (!d.runs.empty()) {
      merged_run& last = d.runs.back();
      if (d.streams[last.stream].id == r.stream && last.topic == r.topic &&
          last.seq + last.count == r.seq) {
        last.count += r.count;
        continue;
      }
    }
    // Lines of many topics change the topic with every record, and seldom the stream.
    if (d.runs.empty() || d.streams[stream].id != r.stream) {
      const auto fresh = static_cast<std::uint32_t>(d.streams.size());
      const auto [at, added] = index.try_emplace(r.stream, fresh);
      if (added) d.streams.push_back({r.stream, r.topic, r.seq});
      stream = at->second;
    }
    d.runs.push_back({stream, r.topic, r.seq, r.count});
  }
  return d;
}

void put_streams(std::string& out, const std::vector<stream_state>& streams) {
  put_varint(out, streams.size());
  for (const stream_state& s : streams) {
    for (unsigned shift = 0; shift < 40; shift += 8) {
      out.push_back(static_cast<char>((s.id >> shift) & 0xff));
    }
    put_varint(out, s.topic);
    put_varint(out, s.next);
  }
}

void put_runs(std::string& out, dictionary& d) {
  put_varint(out, d.runs.size());
  const std::uint64_t streams = d.streams.size();
  std::uint64_t before = streams - 1;
  for (const merged_run& r : d.runs) {
    stream_state& s = d.streams[r.stream];
    const std::uint64_t flags = (r.count > 1 ? flag_many : 0) |
                                (r.topic != s.topic ? flag_topic : 0) |
                                (r.seq != s.next ? flag_sequence : 0);
    put_varint(out, ((r.stream + streams - before - 1) % streams) << 3 | flags);
    if ((flags & flag_topic) != 0) put_varint(out, r.topic);
    if ((flags & flag_sequence) != 0) {
      put_varint(out, zigzag(static_cast<std::int64_t>(r.seq) - static_cast<std::int64_t>(s.next)));
    }
    if ((flags & flag_many) != 0) put_varint(out, r.count - 2);
    before = r.stream;
    s.topic = r.topic;
    s.next = r.seq + r.count;
  }
}

void put_times(std::string& out, const std::vector<id_run>& runs) {
  std::uint64_t ms = runs.front().ms;
  put_varint(out, ms);
  std::uint64_t zeros = 0;
  for (const id_run& r : runs) {
    const auto distance = static_cast<std::int64_t>(r.ms) - static_cast<std::int64_t>(ms);
    ms = r.ms;
    if (distance == 0) {
      zeros += r.count;
      continue;
    }
    if (zeros > 0) put_varint(out, zeros << 1 | 1);
    put_varint(out, zigzag(distance) << 1);
    zeros = r.count - 1;
  }
  if (zeros > 0) put_varint(out, zeros << 1 | 1);
}

error bad(const char* what) {
  return fail(errc::corruption, std::string("ids: ") + what);
}

result<std::vector<stream_state>> read_streams(bytes_reader& in, std::uint32_t records) {
  const std::uint64_t count = in.take_varint();
  // Each takes at least seven bytes.
  if (!in.ok() || count == 0 || count > records || count > in.left() / 7) {
    return bad("wrong number of streams");
  }
  std::vector<stream_state> streams;
  streams.reserve(count);
  for (std::uint64_t i = 0; i < count; ++i) {
    std::uint64_t id = 0;
    for (unsigned shift = 0; shift < 40; shift += 8) {
      id |= static_cast<std::uint64_t>(in.take_int<std::uint8_t>()) << shift;
    }
    const std::uint64_t topic = in.take_varint();
    const std::uint64_t next = in.take_varint();
    if (!in.ok() || topic >= records || next > ulid::seq_max) return bad("stream out of range");
    streams.push_back({id, static_cast<std::uint32_t>(topic), next});
  }
  return streams;
}

result<std::vector<merged_run>> read_runs(bytes_reader& in, std::vector<stream_state>& streams,
                                          std::uint32_t records) {
  const std::uint64_t count = in.take_varint();
  if (!in.ok() || count > records || count > in.left()) return bad("wrong number of runs");
  std::vector<merged_run> runs;
  runs.reserve(count);
  std::uint64_t total = 0;
  std::uint64_t before = streams.size() - 1;
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::uint64_t head = in.take_varint();
    const std::uint64_t distance = head >> 3;
    if (distance >= streams.size()) return bad("stream distance out of range");
    const std::uint64_t stream = (before + 1 + distance) % streams.size();
    stream_state& s = streams[stream];
    const std::uint64_t topic = (head & flag_topic) != 0 ? in.take_varint() : s.topic;
    const std::int64_t step = (head & flag_sequence) != 0 ? unzigzag(in.take_varint()) : 0;
    const std::uint64_t size = (head & flag_many) != 0 ? in.take_varint() : 0;
    if (!in.ok() || topic >= records || size > records) return bad("run out of range");
    const std::uint64_t length = (head & flag_many) != 0 ? size + 2 : 1;
    const std::uint64_t seq = s.next + static_cast<std::uint64_t>(step);
    total += length;
    if (total > records) return bad("more records than the header says");
    if (seq > ulid::seq_max || length - 1 > ulid::seq_max - seq)
      return bad("sequence out of range");
    s.topic = static_cast<std::uint32_t>(topic);
    s.next = seq + length;
    runs.push_back({static_cast<std::uint32_t>(stream), s.topic, seq, length});
    before = stream;
  }
  if (total != records) return bad("fewer records than the header says");
  return runs;
}

// Hands out the time of the next records, as many as share it.
class time_reader {
 public:
  explicit time_reader(bytes_reader& in) : in_(in), ms_(in.take_varint()) {}

  // At most `want` records; 0 where the bytes end or lie.
  std::uint64_t next(std::uint64_t want, std::uint64_t& ms) {
    if (zeros_ == 0 && !refill()) return 0;
    const std::uint64_t n = std::min(want, zeros_);
    zeros_ -= n;
    ms = ms_;
    return n;
  }
  bool done() const { return zeros_ == 0 && in_.ok() && in_.at_end(); }

 private:
  // One item is a step of time (its first record) or records without one; a step is followed by
  // those that share its time, so both are taken together to keep runs whole.
  bool refill() {
    const std::uint64_t item = held_ ? item_ : in_.take_varint();
    held_ = false;
    if (!in_.ok()) return false;
    if ((item & 1) != 0) {
      zeros_ = item >> 1;
      return zeros_ > 0;
    }
    ms_ += static_cast<std::uint64_t>(unzigzag(item >> 1));
    zeros_ = 1;
    if (!in_.at_end()) {
      item_ = in_.take_varint();
      held_ = (item_ & 1) == 0;
      if (!held_) {
        if (item_ >> 1 > std::numeric_limits<std::uint32_t>::max()) return false;
        zeros_ += item_ >> 1;
      }
    }
    return in_.ok() && ms_ <= ulid::ms_max;
  }

  bytes_reader& in_;
  std::uint64_t ms_;
  std::uint64_t zeros_ = 0;
  std::uint64_t item_ = 0;
  bool held_ = false;
};

}  // namespace

void put_ids(std::string& out, const batch& records) {
  dictionary d = make_dictionary(records.runs());
  put_streams(out, d.streams);
  put_runs(out, d);
  put_times(out, records.runs());
}

result<std::vector<id_run>> read_ids(std::string_view bytes, std::uint32_t records) {
  bytes_reader in(bytes);
  TRY_LET(std::vector<stream_state> streams, read_streams(in, records));
  TRY_LET(const std::vector<merged_run> merged, read_runs(in, streams, records));
  std::vector<id_run> runs;
  runs.reserve(merged.size());
  time_reader times(in);
  for (const merged_run& r : merged) {
    for (std::uint64_t done = 0; done < r.count;) {
      std::uint64_t ms = 0;
      const std::uint64_t n = times.next(r.count - done, ms);
      if (n == 0 || ms > ulid::ms_max) return bad("times do not cover the records");
      runs.push_back(
          {ms, streams[r.stream].id, r.seq + done, r.topic, static_cast<std::uint32_t>(n)});
      done += n;
    }
  }
  if (!times.done()) return bad("bytes behind the last time");
  return runs;
}

}  // namespace oklog
