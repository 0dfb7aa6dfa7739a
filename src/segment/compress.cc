#include "segment/compress.h"

#include <zstd.h>

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
constexpr int hash_log = 13;
constexpr int match_bytes_min = 6;

void set(ZSTD_CCtx* c, ZSTD_cParameter what, int value) {
  const std::size_t done = ZSTD_CCtx_setParameter(c, what, value);
  ASSERT(ZSTD_isError(done) == 0, ZSTD_getErrorName(done));
}

}  // namespace

void append_compressed(std::string& out, std::string_view raw, int level) {
  ZSTD_CCtx* const c = compressor();
  ZSTD_CCtx_reset(c, ZSTD_reset_session_and_parameters);
  set(c, ZSTD_c_compressionLevel, level);
  set(c, ZSTD_c_hashLog, hash_log);
  set(c, ZSTD_c_minMatch, match_bytes_min);
  set(c, ZSTD_c_checksumFlag, 1);
  const std::size_t begin = out.size();
  const std::size_t bound = ZSTD_compressBound(raw.size());
  out.resize(begin + bound);
  const std::size_t size = ZSTD_compress2(c, out.data() + begin, bound, raw.data(), raw.size());
  ASSERT(ZSTD_isError(size) == 0, ZSTD_getErrorName(size));
  out.resize(begin + size);
}

result<> decompress(std::string_view frame, std::size_t raw_bytes, std::string& out) {
  if (ZSTD_getFrameContentSize(frame.data(), frame.size()) != raw_bytes) {
    return fail(errc::corruption, "the text frame's content size differs from the header's");
  }
  out.resize(raw_bytes);
  const std::size_t size =
      ZSTD_decompressDCtx(decompressor(), out.data(), raw_bytes, frame.data(), frame.size());
  if (ZSTD_isError(size) != 0) {
    return fail(errc::corruption, std::string("text frame: ") + ZSTD_getErrorName(size));
  }
  if (size != raw_bytes) return fail(errc::corruption, "text frame: shorter than it says");
  return {};
}

}  // namespace oklog
