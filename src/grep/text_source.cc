#include "oklog/grep/text_source.h"

#include <algorithm>
#include <cstring>

#include "grep/decoders.h"

namespace oklog::grep {
namespace {

class file_input final : public byte_input {
 public:
  explicit file_input(std::shared_ptr<env::file> file) : file_(std::move(file)) {}
  result<std::size_t> read(char* out, std::size_t size) override {
    TRY_LET(const std::size_t n, file_->read_at(offset_, out, size));
    offset_ += n;
    return n;
  }

 private:
  std::shared_ptr<env::file> file_;
  std::uint64_t offset_ = 0;
};

// Gives back what was read to tell the packing.
class peeked_input final : public byte_input {
 public:
  peeked_input(std::string first, std::unique_ptr<byte_input> rest)
      : first_(std::move(first)), rest_(std::move(rest)) {}
  result<std::size_t> read(char* out, std::size_t size) override {
    if (at_ == first_.size()) return rest_->read(out, size);
    const std::size_t n = std::min(size, first_.size() - at_);
    std::memcpy(out, first_.data() + at_, n);
    at_ += n;
    return n;
  }

 private:
  std::string first_;
  std::size_t at_ = 0;
  std::unique_ptr<byte_input> rest_;
};

std::uint32_t little_endian(std::string_view bytes) {
  std::uint32_t n = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    n |= std::uint32_t{static_cast<unsigned char>(bytes[i])} << (8 * i);
  }
  return n;
}

}  // namespace

packing packing_of(std::string_view first) {
  if (first.starts_with("\x1f\x8b")) return packing::gzip;
  if (first.size() < packing_bytes) return packing::plain;
  constexpr std::uint32_t zstd_frame = 0xfd2fb528;
  constexpr std::uint32_t skippable_frame = 0x184d2a50;  // to ...5f
  const std::uint32_t magic = little_endian(first);
  if (magic == zstd_frame || (magic & ~0xfU) == skippable_frame) return packing::zstd;
  return packing::plain;
}

std::unique_ptr<byte_input> make_file_input(std::shared_ptr<env::file> file) {
  return std::make_unique<file_input>(std::move(file));
}

result<std::unique_ptr<byte_input>> unpack(std::unique_ptr<byte_input> packed) {
  std::string first(packing_bytes, '\0');
  std::size_t size = 0;
  while (size < first.size()) {
    TRY_LET(const std::size_t n, packed->read(first.data() + size, first.size() - size));
    if (n == 0) break;
    size += n;
  }
  first.resize(size);
  const packing how = packing_of(first);
  std::unique_ptr<byte_input> whole =
      std::make_unique<peeked_input>(std::move(first), std::move(packed));
  if (how == packing::gzip) return make_gzip_decoder(std::move(whole));
  if (how == packing::zstd) return make_zstd_decoder(std::move(whole));
  return whole;
}

}  // namespace oklog::grep
