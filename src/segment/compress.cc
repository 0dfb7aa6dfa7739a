#include "segment/compress.h"

#define ZSTD_STATIC_LINKING_ONLY  // for ZSTD_d_forceIgnoreChecksum, a parameter, not a symbol
#include <zstd.h>

#include <algorithm>
#include <bit>
#include <memory>

#include "oklog/base/assert.h"

namespace oklog {
namespace {

struct free_context {
  void operator()(ZSTD_CCtx* c) const { ZSTD_freeCCtx(c); }
  void operator()(ZSTD_DCtx* d) const { ZSTD_freeDCtx(d); }
};

ZSTD_CCtx* compressor() {
  thread_local const std::unique_ptr<ZSTD_CCtx, free_context> context(ZSTD_createCCtx());
  ASSERT(context != nullptr, "zstd compression context");
  return context.get();
}

ZSTD_DCtx* decompressor() {
  thread_local const std::unique_ptr<ZSTD_DCtx, free_context> context(ZSTD_createDCtx());
  ASSERT(context != nullptr, "zstd decompression context");
  return context.get();
}

// 32 KiB of hash table stay in the first-level cache: a tenth less time for a fiftieth more bytes.
// A small block never fills so much and would pay for clearing it: 4 KiB for one of 32 KiB take a
// third less time.
constexpr int hash_log_min = 10;
constexpr int hash_log_max = 13;
constexpr int match_bytes_min = 6;

int hash_log(std::size_t raw_bytes) {
  const int log = static_cast<int>(std::bit_width(raw_bytes + raw_bytes / 2)) - 6;
  return std::clamp(log, hash_log_min, hash_log_max);
}

// Room for a frame of any length before it is known. What is kept of it between calls is what a
// full block takes.
class frame_room {
 public:
  char* get(std::size_t bytes) {
    if (bytes > size_) {
      bytes_.reset(new char[bytes]);  // not cleared
      size_ = bytes;
    }
    return bytes_.get();
  }
  void shrink() {
    if (size_ <= kept_bytes_max) return;
    bytes_.reset();
    size_ = 0;
  }

 private:
  static constexpr std::size_t kept_bytes_max = 512 * 1024;
  std::unique_ptr<char[]> bytes_;
  std::size_t size_ = 0;
};

void set(ZSTD_CCtx* c, ZSTD_cParameter what, int value) {
  const std::size_t done = ZSTD_CCtx_setParameter(c, what, value);
  ASSERT(ZSTD_isError(done) == 0, ZSTD_getErrorName(done));
}

}  // namespace

void append_compressed(std::string& out, std::string_view raw, int level) {
  ZSTD_CCtx* const c = compressor();
  ZSTD_CCtx_reset(c, ZSTD_reset_session_and_parameters);
  set(c, ZSTD_c_compressionLevel, level);
  set(c, ZSTD_c_hashLog, hash_log(raw.size()));
  set(c, ZSTD_c_minMatch, match_bytes_min);
  set(c, ZSTD_c_checksumFlag, 1);
  thread_local frame_room room;
  const std::size_t bound = ZSTD_compressBound(raw.size());
  char* const frame = room.get(bound);
  const std::size_t size = ZSTD_compress2(c, frame, bound, raw.data(), raw.size());
  ASSERT(ZSTD_isError(size) == 0, ZSTD_getErrorName(size));
  out.reserve(out.size() + size);  // exactly: blocks wait in memory until they are synced
  out.append(frame, size);
  room.shrink();
}

result<> decompress(std::string_view frame, std::size_t raw_bytes, std::string& out,
                    bool checksum) {
  if (ZSTD_getFrameContentSize(frame.data(), frame.size()) != raw_bytes) {
    return fail(errc::corruption, "the text frame's content size differs from the header's");
  }
  ZSTD_DCtx* const d = decompressor();
  const std::size_t known = ZSTD_DCtx_setParameter(
      d, ZSTD_d_forceIgnoreChecksum, checksum ? ZSTD_d_validateChecksum : ZSTD_d_ignoreChecksum);
  ASSERT(ZSTD_isError(known) == 0, ZSTD_getErrorName(known));
  out.resize(raw_bytes);
  const std::size_t size =
      ZSTD_decompressDCtx(d, out.data(), raw_bytes, frame.data(), frame.size());
  if (ZSTD_isError(size) != 0) {
    return fail(errc::corruption, std::string("text frame: ") + ZSTD_getErrorName(size));
  }
  if (size != raw_bytes) return fail(errc::corruption, "text frame: shorter than it says");
  return {};
}

}  // namespace oklog
