// zstd: frames in a row are one text, skippable ones are passed over.
#include <zstd.h>

#include "grep/decoders.h"
#include "oklog/base/assert.h"

namespace oklog::grep {
namespace {

struct free_context {
  void operator()(ZSTD_DCtx* d) const { ZSTD_freeDCtx(d); }
};

class zstd_decoder final : public byte_input {
 public:
  explicit zstd_decoder(std::unique_ptr<byte_input> packed)
      : packed_(std::move(packed)), buffer_(packed_bytes_read, '\0'), context_(ZSTD_createDCtx()) {
    ASSERT(context_ != nullptr, "memory for zstd");
  }

  result<std::size_t> read(char* out, std::size_t size) override {
    ZSTD_outBuffer room{out, size, 0};
    while (room.pos == 0) {
      // What is held back inside comes out before more is read.
      if (in_.pos == in_.size && !full_) {
        TRY_LET(const std::size_t n, packed_->read(buffer_.data(), buffer_.size()));
        if (n == 0 && within_frame_) return fail(errc::corruption, "zstd: the file breaks off");
        if (n == 0) return std::size_t{0};
        in_ = {buffer_.data(), n, 0};
      }
      const std::size_t left = ZSTD_decompressStream(context_.get(), &room, &in_);
      if (ZSTD_isError(left) != 0) {
        return fail(errc::corruption, std::string("zstd: ") + ZSTD_getErrorName(left));
      }
      within_frame_ = left != 0;
      full_ = room.pos == room.size && within_frame_;
    }
    return room.pos;
  }

 private:
  std::unique_ptr<byte_input> packed_;
  std::string buffer_;
  std::unique_ptr<ZSTD_DCtx, free_context> context_;
  ZSTD_inBuffer in_{nullptr, 0, 0};
  bool within_frame_ = false;
  bool full_ = false;  // the output was, so that more may wait
};

}  // namespace

std::unique_ptr<byte_input> make_zstd_decoder(std::unique_ptr<byte_input> packed) {
  return std::make_unique<zstd_decoder>(std::move(packed));
}

}  // namespace oklog::grep
