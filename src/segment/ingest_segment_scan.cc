#include <algorithm>

#include "oklog/base/bytes.h"
#include "oklog/segment/file_header.h"
#include "oklog/segment/ingest_segment.h"
#include "segment/file_window.h"
#include "segment/frames.h"
#include "segment/trailer.h"

namespace oklog {
namespace {

constexpr std::size_t damage_sentences_max = 100;
constexpr std::uint64_t search_bytes = 64 * 1024;

struct bad_piece {
  std::uint64_t offset;
  std::string why;
};

// Walks one file. A block counts only where its header was written for the very offset at which it
// lies: what looks like a block within another's text does not.
class scanner {
 public:
  scanner(env::file& file, std::uint64_t file_bytes, bool fully)
      : window_(file, file_bytes), file_bytes_(file_bytes), fully_(fully) {}

  result<> walk() {
    std::uint64_t at = file_header_bytes;
    while (at < file_bytes_ && !trailer_) {
      TRY_LET(const std::uint64_t next, step(at));
      at = next;
    }
    if (at < file_bytes_) bad_.push_back({at, "bytes behind the flush trailer"});
    return {};
  }

  ingest_segment_contents contents(const std::shared_ptr<data_file>& file) && {
    ingest_segment_contents c;
    c.file_bytes = file_bytes_;
    std::uint64_t tail = file_bytes_;
    for (const bad_piece& b : bad_) {
      if (b.offset < synced_) {
        ++c.damaged_blocks;
        if (c.damage.size() < damage_sentences_max) {
          c.damage.push_back("block at " + std::to_string(b.offset) + ": " + b.why);
        }
      } else {
        tail = std::min(tail, b.offset);
      }
    }
    c.good_bytes = file_header_bytes;
    for (block_ref& b : blocks_) {
      if (b.offset >= tail) break;
      c.good_bytes = b.offset + b.header_frame_bytes + b.text_frame_bytes;
      c.min = std::min(c.min, b.min);
      c.max = std::max(c.max, b.max);
      c.records += b.records;
      c.raw_bytes += b.raw_bytes;
      b.file = file;
      c.blocks.push_back(std::move(b));
    }
    if (trailer_ && trailer_at_ < tail) {
      c.trailer = trailer_;
      c.good_bytes = trailer_at_ + trailer_bytes;
    }
    c.tail_bytes = file_bytes_ - tail;
    return c;
  }

 private:
  // Takes what lies at `at`; returns where to go on, always beyond.
  result<std::uint64_t> step(std::uint64_t at) {
    TRY_LET(const bool trailer, take_trailer(at));
    if (trailer) return at + trailer_bytes;
    TRY_LET(const std::uint64_t whole, take_block(at));
    if (whole > at) return whole;
    return search(at + 1);
  }

  result<bool> take_trailer(std::uint64_t at) {
    TRY_LET(const std::string_view bytes, window_.view(at, trailer_bytes));
    trailer_ = read_trailer(bytes, at);
    if (!trailer_) return false;
    trailer_at_ = at;
    synced_ = std::max(synced_, at);
    return true;
  }

  // The end of the block at `at`, good or bad, or `at` where its length cannot be trusted. A bad
  // one is noted.
  result<std::uint64_t> take_block(std::uint64_t at) {
    const auto bad = [&](std::string why, std::uint64_t next) {
      bad_.push_back({at, std::move(why)});
      return next;
    };
    TRY_LET(const found_header found, header_at(at));
    if (!found.header) return bad(found.why, at);
    const block_header* const header = &*found.header;
    const std::uint64_t end = at + header->bytes();
    if (end > file_bytes_) return bad("the file ends within it", at);
    // Its hash holds, so its length does.
    if (!header->placed) return bad("was written for another place", end);
    TRY_LET(const std::string_view bytes, window_.view(at, header->bytes()));
    auto good = check(bytes, *header);
    synced_ = std::max(synced_, header->synced);
    if (!good && good.error().code == errc::invalid) return std::move(good).error();
    if (!good) return bad(good.error().what, end);
    block_ref r;
    r.min = header->min;
    r.max = header->max;
    r.records = header->records;
    r.raw_bytes = header->raw_bytes;
    r.offset = at;
    r.header_frame_bytes = header->header_frame_bytes;
    r.text_frame_bytes = header->text_frame_bytes;
    blocks_.push_back(std::move(r));
    return end;
  }

  struct found_header {
    std::optional<block_header> header;
    std::string why;  // there is none
  };

  // Errors: io; invalid for an intact header of a newer version.
  result<found_header> header_at(std::uint64_t at) {
    TRY_LET(const std::string_view probe, window_.view(at, block_probe_bytes));
    if (probe.size() < block_probe_bytes) return found_header{{}, "the file ends within it"};
    const std::uint64_t size = header_frame_size(probe);
    if (size == 0) return found_header{{}, "no block begins here"};
    TRY_LET(const std::string_view frame, window_.view(at, size));
    auto header = read_block_header(frame, at);
    if (header) return found_header{*header, {}};
    if (header.error().code == errc::invalid) return std::move(header).error();
    return found_header{{}, header.error().what};
  }

  result<> check(std::string_view bytes, const block_header& h) const {
    if (!fully_) {
      if (xxh3_64(bytes.substr(h.header_frame_bytes)) == h.text_hash) return {};
      return fail(errc::corruption, "text hash differs");
    }
    auto records = decode_block(bytes);
    if (!records) return std::move(records).error();
    return {};
  }

  // The next place from `from` on where an intact header or trailer lies, or the end of the file.
  result<std::uint64_t> search(std::uint64_t from) {
    const std::string low = [] {
      std::string s;
      put_int(s, block_magic);
      return s.substr(1);  // the bytes that both magics share
    }();
    for (std::uint64_t at = from; at < file_bytes_;) {
      TRY_LET(const std::string_view bytes, window_.view(at, search_bytes));
      const std::size_t hit = bytes.find(low, 1);
      if (hit == std::string_view::npos) {
        if (bytes.size() < search_bytes) break;
        at += bytes.size() - low.size();
        continue;
      }
      at += hit - 1;
      TRY_LET(const bool begins, begins_at(at));
      if (begins) return at;
      ++at;
    }
    return file_bytes_;
  }

  result<bool> begins_at(std::uint64_t at) {
    TRY_LET(const std::string_view bytes, window_.view(at, trailer_bytes));
    if (read_trailer(bytes, at)) return true;
    TRY_LET(const found_header found, header_at(at));
    return found.header && found.header->placed;
  }

  file_window window_;
  std::uint64_t file_bytes_;
  bool fully_;
  std::vector<block_ref> blocks_;
  std::vector<bad_piece> bad_;
  std::optional<flush_trailer> trailer_;
  std::uint64_t trailer_at_ = 0;
  std::uint64_t synced_ = 0;  // the highest offset that is known to have been synced
};

}  // namespace

result<ingest_segment_contents> scan_ingest_segment(env::filesystem& fs, const std::string& path,
                                                    bool fully) {
  auto file = std::make_shared<data_file>();
  file->path = path;
  TRY_LET(file->file, fs.open_read(path));
  TRY_LET(const std::uint64_t size, file->file->size());
  std::string head(file_header_bytes, '\0');
  TRY_LET(const std::size_t got, file->file->read_at(0, head.data(), head.size()));
  head.resize(got);
  auto kind = read_file_header(head);
  if (!kind) return with_context(path, kind.error());
  if (*kind != segment_kind::ingest) return fail(errc::corruption, path + ": no ingest segment");
  scanner s(*file->file, size, fully);
  auto walked = s.walk();
  if (!walked) return with_context(path, walked.error());
  return std::move(s).contents(file);
}

}  // namespace oklog
