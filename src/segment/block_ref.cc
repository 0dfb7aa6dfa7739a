#include "oklog/segment/block_ref.h"

#include "segment/compress.h"

namespace oklog {
namespace {

std::string place(const block_ref& ref) {
  return ref.file->path + ": block at " + std::to_string(ref.offset);
}

// The first `size` bytes of the block.
result<std::string_view> read_bytes(const block_ref& ref, std::size_t size, std::string& buffer) {
  if (ref.file == nullptr) return fail(errc::invalid, "the block is not in a file");
  if (buffer.size() < size) buffer.resize(size);
  auto got = ref.file->file->read_at(ref.offset, buffer.data(), size);
  if (!got) return with_context(place(ref), got.error());
  if (*got != size) return fail(errc::corruption, place(ref) + ": the file ends within it");
  return std::string_view(buffer).substr(0, size);
}

}  // namespace

result<std::string_view> read_block(const block_ref& ref, std::string& buffer) {
  return read_bytes(ref, std::size_t{ref.header_frame_bytes} + ref.text_frame_bytes, buffer);
}

result<std::string_view> read_header_frame(const block_ref& ref, std::string& buffer) {
  return read_bytes(ref, ref.header_frame_bytes, buffer);
}

result<std::string> load_text_alone(const block_ref& ref) {
  std::string buffer;
  std::string text;
  TRY_LET(const std::string_view bytes, read_block(ref, buffer));
  TRY(decompress(bytes.substr(ref.header_frame_bytes), ref.raw_bytes, text));
  return text;
}

result<batch> load_block(const block_ref& ref) {
  if (ref.memory != nullptr) return batch(*ref.memory);
  std::string buffer;
  TRY_LET(const std::string_view bytes, read_block(ref, buffer));
  auto header = read_block_header(bytes.substr(0, ref.header_frame_bytes), ref.offset);
  if (!header) return with_context(place(ref), header.error());
  if (!header->placed)
    return fail(errc::corruption, place(ref) + ": was written for another place");
  auto records = decode_block(bytes);
  if (!records) return with_context(place(ref), records.error());
  return records;
}

}  // namespace oklog
