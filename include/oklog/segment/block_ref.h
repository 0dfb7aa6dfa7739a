// A block that a query may read: what the index says of it, and where its records are.
//
// A ref keeps its file open (or its batch alive), so records stay readable through it after the
// file was consumed, compacted or expired. Immutable: may be read on the pool.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "oklog/env/fs.h"
#include "oklog/segment/block.h"

namespace oklog {

// One open data file, shared by those who read it. read_at is safe from several threads.
struct data_file {
  std::string path;
  std::unique_ptr<env::file> file;
};

struct block_ref {
  ulid min;
  ulid max;
  std::uint32_t records = 0;
  std::uint32_t raw_bytes = 0;
  // The block's only topic; empty where it may hold several.
  std::string topic;
  // Records ascend by (ULID, text), no two equal: so in store segments.
  bool sorted = false;

  // Either a place in a file...
  std::shared_ptr<data_file> file;
  std::uint64_t offset = 0;
  std::uint32_t header_frame_bytes = 0;
  std::uint32_t text_frame_bytes = 0;
  // ... or records that are not in a file yet.
  std::shared_ptr<const batch> memory;
};

// The block's bytes (`buffer` is reused). Errors: io, corruption (the file is shorter).
result<std::string_view> read_block(const block_ref& ref, std::string& buffer);
// Its header frame alone: the columns, for who needs no text.
result<std::string_view> read_header_frame(const block_ref& ref, std::string& buffer);
// Its text, where the header cannot be trusted: of the size that the index names, and what zstd's
// own checksum covers. Errors: io, corruption.
result<std::string> load_text_alone(const block_ref& ref);
// Its records, all checks done. A copy where the ref is in memory.
result<batch> load_block(const block_ref& ref);

}  // namespace oklog
