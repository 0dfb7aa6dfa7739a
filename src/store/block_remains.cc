#include "store/block_remains.h"

#include "oklog/segment/block.h"

namespace oklog {
namespace {

std::optional<std::set<ulid>> ids_of(const block_ref& ref) {
  std::string buffer;
  const auto frame = read_header_frame(ref, buffer);
  if (!frame) return std::nullopt;
  const auto columns = decode_columns(*frame);
  if (!columns) return std::nullopt;
  std::set<ulid> ids;
  for (const id_run& run : columns->runs) {
    for (std::uint32_t i = 0; i < run.count; ++i) {
      ids.insert(ulid::make(run.ms, run.stream, run.seq + i));
    }
  }
  return ids;
}

}  // namespace

hash128 hash_of(const record_view& r) {
  set_digest one;
  one.add(r);
  return one.sum;
}

block_remains::block_remains(const block_ref& ref) {
  const auto records = load_block(ref);
  if (records && records->records() == ref.records) {
    hashes_.emplace();
    records->for_each([this](const record_view& r) { hashes_->insert(hash_of(r)); });
    return;
  }
  ids_ = ids_of(ref);
  if (ids_) return;
  auto text = load_text_alone(ref);
  if (!text) return;
  text_ = std::move(*text);
  for (std::size_t at = 0; at < text_->size();) {
    const std::size_t end = std::min(text_->find('\n', at), text_->size());
    lines_.insert(std::string_view(*text_).substr(at, end - at));
    at = end + 1;
  }
}

bool block_remains::has_text(std::string_view text) const {
  if (text.find('\n') == text.npos) return lines_.contains(text);
  return text_->find(std::string(text) + '\n') != text_->npos;
}

bool block_remains::may_have(const record_view& r, const hash128& hash) const {
  if (hashes_) return hashes_->contains(hash);
  if (ids_) return ids_->contains(r.id);
  return !text_ || has_text(r.text);
}

}  // namespace oklog
