#include "segment/columns.h"

#include <limits>
#include <utility>

#include "oklog/base/assert.h"
#include "oklog/base/bytes.h"

namespace oklog {
namespace {

std::size_t begin_column(std::string& out, column_type type) {
  out.push_back(static_cast<char>(type));
  put_int(out, std::uint32_t{0});
  return out.size();
}

void end_column(std::string& out, std::size_t begin) {
  const std::size_t size = out.size() - begin;
  ASSERT(size <= std::numeric_limits<std::uint32_t>::max(), "column under 4 GiB");
  set_int(out.data() + begin - 4, static_cast<std::uint32_t>(size));
}

void put_topics(std::string& out, const std::vector<std::string>& topics) {
  put_varint(out, topics.size());
  for (const std::string& t : topics) {
    out.push_back(static_cast<char>(t.size()));
    out.append(t);
  }
}

result<std::vector<std::string>> read_topics(std::string_view bytes, std::uint32_t records) {
  bytes_reader in(bytes);
  const std::uint64_t count = in.take_varint();
  if (!in.ok() || count > records || count > in.left()) {
    return fail(errc::corruption, "topics: wrong count");
  }
  std::vector<std::string> topics;
  topics.reserve(count);
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::string_view name = in.take(in.take_int<std::uint8_t>());
    if (!in.ok()) return fail(errc::corruption, "topics: cut short");
    topics.emplace_back(name);
  }
  if (!in.at_end()) return fail(errc::corruption, "topics: bytes behind the last");
  return topics;
}

result<std::vector<std::uint32_t>> read_lengths(std::string_view bytes, std::uint32_t records) {
  if (bytes.size() < records) return fail(errc::corruption, "lengths: fewer than records");
  bytes_reader in(bytes);
  std::vector<std::uint32_t> lengths;
  lengths.reserve(records);
  for (std::uint32_t i = 0; i < records; ++i) {
    const std::uint64_t size = in.take_varint();
    if (!in.ok() || size > block_bytes_max) return fail(errc::corruption, "lengths: out of range");
    lengths.push_back(static_cast<std::uint32_t>(size));
  }
  if (!in.at_end()) return fail(errc::corruption, "lengths: bytes behind the last");
  return lengths;
}

// Each as its distance from the one before, less one; the first as its number.
void put_continuations(std::string& out, const std::vector<std::uint32_t>& numbers) {
  std::uint32_t above = 0;
  for (const std::uint32_t n : numbers) {
    put_varint(out, n - above);
    above = n + 1;
  }
}

result<std::vector<std::uint32_t>> read_continuations(std::string_view bytes,
                                                      std::uint32_t records) {
  bytes_reader in(bytes);
  std::vector<std::uint32_t> numbers;
  std::uint64_t above = 0;
  while (!in.at_end()) {
    const std::uint64_t step = in.take_varint();
    if (!in.ok() || step >= records || above + step >= records) {
      return fail(errc::corruption, "continuations: out of range");
    }
    numbers.push_back(static_cast<std::uint32_t>(above + step));
    above += step + 1;
  }
  return numbers;
}

result<> read_column(block_columns& out, std::uint8_t type, std::string_view bytes,
                     std::uint32_t records) {
  switch (static_cast<column_type>(type)) {
    case column_type::topics: {
      TRY_LET(out.topics, read_topics(bytes, records));
      return {};
    }
    case column_type::ids: {
      TRY_LET(out.runs, read_ids(bytes, records));
      return {};
    }
    case column_type::lengths: {
      TRY_LET(out.lengths, read_lengths(bytes, records));
      return {};
    }
    case column_type::continuations: {
      TRY_LET(out.continuations, read_continuations(bytes, records));
      return {};
    }
  }
  if ((type & column_required) == 0) return {};
  return fail(errc::invalid, "needs column type " + std::to_string(type) +
                                 ", which this version of oklog does not know: upgrade oklog");
}

}  // namespace

void put_columns(std::string& out, const batch& records) {
  std::size_t begin = begin_column(out, column_type::topics);
  put_topics(out, records.topics());
  end_column(out, begin);
  begin = begin_column(out, column_type::ids);
  put_ids(out, records);
  end_column(out, begin);
  if (!records.lengths().empty()) {
    begin = begin_column(out, column_type::lengths);
    for (const std::uint32_t size : records.lengths()) put_varint(out, size);
    end_column(out, begin);
  }
  if (!records.continuations().empty()) {
    begin = begin_column(out, column_type::continuations);
    put_continuations(out, records.continuations());
    end_column(out, begin);
  }
}

result<block_columns> read_columns(std::string_view bytes, std::uint32_t records) {
  block_columns out;
  bool seen[256] = {};
  bytes_reader in(bytes);
  while (!in.at_end()) {
    const auto type = in.take_int<std::uint8_t>();
    const std::string_view body = in.take(in.take_int<std::uint32_t>());
    if (!in.ok()) return fail(errc::corruption, "columns: cut short");
    if (std::exchange(seen[type], true)) return fail(errc::corruption, "columns: one comes twice");
    TRY(read_column(out, type, body, records));
  }
  return out;
}

bool has_column(std::string_view bytes, column_type type) {
  bytes_reader in(bytes);
  while (!in.at_end()) {
    const auto found = in.take_int<std::uint8_t>();
    in.take(in.take_int<std::uint32_t>());
    if (!in.ok()) return false;
    if (found == static_cast<std::uint8_t>(type)) return true;
  }
  return false;
}

}  // namespace oklog
