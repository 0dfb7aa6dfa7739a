// gzip by zlib: members in a row are one text (RFC 1952), zeros behind the last are padding.
#include <zlib.h>

#include <algorithm>

#include "grep/decoders.h"
#include "oklog/base/assert.h"

namespace oklog::grep {
namespace {

constexpr int gzip_only = 15 + 16;  // zlib's way of saying so, with the largest window

class gzip_decoder final : public byte_input {
 public:
  explicit gzip_decoder(std::unique_ptr<byte_input> packed)
      : packed_(std::move(packed)), buffer_(packed_bytes_read, '\0') {
    ASSERT(inflateInit2(&stream_, gzip_only) == Z_OK, "memory for zlib");
  }
  ~gzip_decoder() override { inflateEnd(&stream_); }
  gzip_decoder(const gzip_decoder&) = delete;

  result<std::size_t> read(char* out, std::size_t size) override {
    const auto room = static_cast<uInt>(std::min<std::size_t>(size, 1U << 30));
    stream_.next_out = reinterpret_cast<Bytef*>(out);
    stream_.avail_out = room;
    while (stream_.avail_out == room && !finished_) {
      TRY(step());
    }
    full_ = stream_.avail_out == 0;
    return room - stream_.avail_out;
  }

 private:
  result<> step() {
    // What is held back inside comes out before more is read.
    if (stream_.avail_in == 0 && !full_) {
      TRY_LET(const std::size_t n, packed_->read(buffer_.data(), buffer_.size()));
      stream_.next_in = reinterpret_cast<Bytef*>(buffer_.data());
      stream_.avail_in = static_cast<uInt>(n);
      if (n == 0) return end();
    }
    full_ = false;
    if (between_) return begin_member();
    const int done = inflate(&stream_, Z_NO_FLUSH);
    if (done == Z_STREAM_END) {
      between_ = true;
      return {};
    }
    if (done == Z_OK || done == Z_BUF_ERROR) return {};
    return fail(errc::corruption,
                std::string("gzip: ") + (stream_.msg != nullptr ? stream_.msg : "damaged"));
  }

  // Behind a member: another one, or padding.
  result<> begin_member() {
    while (stream_.avail_in > 0 && *stream_.next_in == 0) {
      ++stream_.next_in;
      --stream_.avail_in;
      padded_ = true;
    }
    if (stream_.avail_in == 0) return {};
    if (padded_ || *stream_.next_in != 0x1f) {
      return fail(errc::corruption, "gzip: something else stands behind the end");
    }
    between_ = false;
    ASSERT(inflateReset(&stream_) == Z_OK, "a stream of zlib");
    return {};
  }

  result<> end() {
    finished_ = true;
    if (between_) return {};
    return fail(errc::corruption, "gzip: the file breaks off");
  }

  std::unique_ptr<byte_input> packed_;
  std::string buffer_;
  z_stream stream_{};
  bool between_ = false;  // members
  bool padded_ = false;
  bool finished_ = false;
  bool full_ = false;  // the output was, so that more may wait
};

}  // namespace

std::unique_ptr<byte_input> make_gzip_decoder(std::unique_ptr<byte_input> packed) {
  return std::make_unique<gzip_decoder>(std::move(packed));
}

}  // namespace oklog::grep
