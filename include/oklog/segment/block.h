// The block: the one form of records on the wire, in the ingest log and in the store.
//
// Two zstd frames' worth of bytes (docs/format.md draws them):
//   a skippable frame: the block header and its columns (topics, ids, lengths, continuations);
//   an ordinary zstd frame with content size and checksum: the text, each record followed by LF.
// The header holds the length and hash of the text frame, and a hash over itself, so that no header
// can be paired with another's text.
//
// The placement (16 bytes in front of what the hash covers) belongs to the copy, not to the block:
// the offset up to which this file was synced when the block was appended (rule K25), and a check
// that binds it to the file offset of the block, so that a misdirected write is found.
//
// Columns that this build does not know: an optional one is passed over by readers and carried
// along where the block is copied; a required one (bit 7 of its type) refuses the block
// (errc::invalid).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "oklog/record/batch.h"

namespace oklog {

struct block_header {
  std::uint32_t records = 0;
  std::uint32_t raw_bytes = 0;  // of text, line feeds included
  std::uint32_t header_frame_bytes =
      0;  // the skippable frame, its 8 bytes of magic and size included
  std::uint32_t text_frame_bytes = 0;
  bool ascii = false;  // all text bytes are < 0x80
  ulid min;
  ulid max;
  std::uint64_t text_hash = 0;  // XXH3-64 of the text frame
  std::uint64_t synced = 0;     // placement
  bool placed = false;          // the placement check agrees with the offset asked about

  std::uint64_t bytes() const { return std::uint64_t{header_frame_bytes} + text_frame_bytes; }
};

// An encoded block and what an index says of it.
struct encoded_block {
  std::string bytes;
  block_header header;
};

// Level 1: on log lines in blocks of 256 KiB it is denser than 2 and 3 and twice as fast
// (docs/format.md). One level everywhere, since full blocks are copied from the ingest log into
// the store and from store segment to store segment as they are.
inline constexpr int block_compression_level = 1;

// REQUIRES: not empty, at most block_bytes_max of text; ids and topics of at most
// header_frame_bytes_max (that is over 140 bytes a record in a block of 256 KiB of line feeds
// alone). Keeps one zstd context a thread.
encoded_block encode_block(const batch& records, int level);

// Stamps the placement of a block that will lie at `offset` in a file synced up to `synced`.
void place_block(std::string& block_bytes, std::uint64_t offset, std::uint64_t synced);

// Larger header frames are refused before anything is allocated for them.
inline constexpr std::uint64_t header_frame_bytes_max = 64 * 1024 * 1024;

// How many bytes of a file's rest are needed to read the header frame that begins it; 0 where these
// first bytes begin no block of ours. REQUIRES: at least block_probe_bytes.
inline constexpr std::size_t block_probe_bytes = 16;
std::uint64_t header_frame_size(std::string_view probe);

// Reads and checks the header frame (its hash, lengths, counts) that lay at `offset`.
// Errors: corruption; invalid for a version or required column that this build does not know.
result<block_header> read_block_header(std::string_view header_frame, std::uint64_t offset);

// The text frame's hash finds every change since the block was encoded. zstd's own checksum, of the
// text, also finds what went wrong while it was encoded or decoded (a broken machine): `frame`
// leaves it out, for those who compare the records themselves, or who read what was checked whole
// when it came into the store.
enum class text_check { whole, frame };

// Checks all of a block in memory and brings its records back: hashes, raw size before
// decompressing, columns against text. Errors as above. `memory` is used for the text.
result<batch> decode_block(std::string_view block_bytes, text_check how = text_check::whole,
                           std::string memory = {});

// For scans, which need ids only for hits:
// What is known of a block's records besides their text.
struct block_columns {
  std::vector<std::string> topics;
  std::vector<id_run> runs;
  std::vector<std::uint32_t> lengths;        // only where some record holds a line feed
  std::vector<std::uint32_t> continuations;  // record numbers, ascending
};

// The text alone, into `out` (memory reused). Checks the header, the text hash and the raw size.
result<block_header> decode_text(std::string_view block_bytes, std::string& out);
// The columns alone: `bytes` may be the whole block or its header frame. Checks the header, and the
// columns against it and each other, but not against the text.
result<block_columns> decode_columns(std::string_view bytes);
// Whether every record is one line of the text. REQUIRES: bytes whose header was checked.
bool records_are_lines(std::string_view bytes);

}  // namespace oklog
