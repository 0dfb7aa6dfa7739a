// Batches and files for the tests of segments.
#pragma once

#include <zstd.h>

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "oklog/base/bytes.h"
#include "oklog/base/prng.h"
#include "oklog/segment/ingest_segment.h"
#include "oklog/segment/store_segment.h"
#include "oklog/sim/disk.h"

namespace oklog::test {

inline constexpr std::uint64_t sample_ms = 3'600'000ULL * 480'000 + 5'000;
inline const std::string sample_dir = "/d";
inline const std::string sample_id = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
inline constexpr partition sample_partition{sample_ms / window_ms, 2};

// What `zstd -dcf` prints: every frame's content, skippable ones passed over. Nothing where zstd
// finds an error or the last frame is cut.
inline std::optional<std::string> zstdcat(std::string_view file) {
  std::string text;
  std::vector<char> piece(4096);
  ZSTD_DStream* const stream = ZSTD_createDStream();
  ZSTD_inBuffer in{file.data(), file.size(), 0};
  std::size_t left = 0;
  bool full = false;
  while (ZSTD_isError(left) == 0 && (in.pos < in.size || full)) {
    ZSTD_outBuffer out{piece.data(), piece.size(), 0};
    left = ZSTD_decompressStream(stream, &out, &in);
    text.append(piece.data(), out.pos);
    full = out.pos == out.size;
  }
  ZSTD_freeDStream(stream);
  if (left != 0) return std::nullopt;
  return text;
}

inline batch lines_batch(std::uint64_t first_seq, std::uint32_t count, std::uint64_t ms = sample_ms,
                         std::uint64_t stream = 42) {
  batch b;
  const std::uint32_t topic = b.topic_index("default");
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::uint64_t seq = first_seq + i;
    b.add(ulid::make(ms + i / 50, stream, seq), topic, "line number " + std::to_string(seq));
  }
  return b;
}

// Anything that a batch may hold.
inline batch random_batch(prng& random) {
  batch b;
  const std::uint64_t topics = 1 + random.below(random.chance(1, 4) ? 300 : 3);
  const std::uint64_t streams = 1 + random.below(random.chance(1, 4) ? 300 : 3);
  const bool feeds = random.chance(1, 3);
  std::vector<std::uint64_t> next(streams, 1);
  std::uint64_t ms = random.below(ulid::ms_max);
  for (std::uint64_t n = 1 + random.below(400); n > 0; --n) {
    if (random.chance(1, 5)) ms += random.below(3);
    if (random.chance(1, 40)) ms = random.below(ulid::ms_max);
    ms = std::min(ms, ulid::ms_max);
    const std::uint64_t s = random.chance(1, 2) ? n % streams : random.below(streams);
    if (random.chance(1, 20)) next[s] = random.below(ulid::seq_max);
    std::string text(random.below(30), 'x');
    for (char& c : text) c = static_cast<char>(random.below(256));
    for (char& c : text) c = !feeds && c == '\n' ? ' ' : c;
    b.add(ulid::make(ms, s * 0x1234567 % ulid::stream_max, next[s]++),
          b.topic_index("t" + std::to_string(random.below(topics))), text, random.chance(1, 9));
  }
  return b;
}

inline bool same(const batch& a, const batch& b) {
  return a.text() == b.text() && a.runs() == b.runs() && a.topics() == b.topics() &&
         a.continuations() == b.continuations() && a.lengths() == b.lengths() &&
         a.min() == b.min() && a.max() == b.max();
}

inline std::vector<encoded_block> one(const batch& b) {
  std::vector<encoded_block> blocks;
  blocks.push_back(encode_block(b, block_compression_level));
  return blocks;
}

inline set_digest digest_of(const batch& b) {
  set_digest d;
  b.for_each([&](const record_view& r) { d.add(r); });
  return d;
}

}  // namespace oklog::test
