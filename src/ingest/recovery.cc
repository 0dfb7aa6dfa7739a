#include "ingest/recovery.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "ingest/queue_entry.h"
#include "oklog/segment/file_header.h"
#include "oklog/segment/store_segment.h"

namespace oklog::ingest {
namespace {

constexpr std::size_t read_bytes = 256 * 1024;

struct found_file {
  ingest_name name;
  std::string file_name;
};

class recovery {
 public:
  recovery(env::filesystem& fs, data_directory& dir, shard_counter& shards, ingest_metrics& metrics,
           logger& log)
      : fs_(fs), dir_(dir), shards_(shards), metrics_(metrics), log_(log) {}

  result<std::vector<recovered_segment>> run() {
    TRY(list());
    TRY(drop_second_names());
    for (const found_file& f : files_) {
      TRY(examine(f));
    }
    std::sort(found_.begin(), found_.end(), [](const scanned& a, const scanned& b) {
      return std::tie(a.contents.min, a.file.name.id) < std::tie(b.contents.min, b.file.name.id);
    });
    for (const scanned& s : found_) {
      if (s.contents.trailer) {
        shards_.note(window_of(s.contents.min), s.contents.trailer->shard, s.contents.good_bytes);
      }
    }
    std::vector<recovered_segment> out;
    for (scanned& s : found_) {
      TRY_LET(recovered_segment r, adopt(s));
      out.push_back(std::move(r));
    }
    if (changed_) {
      TRY(fs_.sync_dir(dir_.path()));
    }
    return out;
  }

 private:
  struct scanned {
    found_file file;
    ingest_segment_contents contents;
  };

  result<> list() {
    TRY_LET(const std::vector<env::dir_entry> entries, fs_.list(dir_.path()));
    std::size_t foreign = 0;
    for (const env::dir_entry& e : entries) {
      if (data_directory::is_housekeeping(e.name)) continue;
      const auto name = parse_ingest_name(e.name);
      const bool ours = name && e.kind == env::file_kind::regular &&
                        name->state != segment_state::trashed && parse_ulid(name->id);
      if (ours) {
        files_.push_back({*name, e.name});
        continue;
      }
      ++foreign;
      log_.warn("a file that is not ours is left alone", {{"path", dir_.file(e.name)}});
    }
    metrics_.foreign_files.set(static_cast<double>(foreign));
    return {};
  }

  // A crash within a rename may leave both names. The one further on is kept.
  result<> drop_second_names() {
    const auto rank = [](segment_state s) {
      return s == segment_state::flushed ? 0 : s == segment_state::pending ? 1 : 2;
    };
    std::sort(files_.begin(), files_.end(), [&](const found_file& a, const found_file& b) {
      return std::pair(a.name.id, rank(a.name.state)) < std::pair(b.name.id, rank(b.name.state));
    });
    for (std::size_t i = 1; i < files_.size();) {
      if (files_[i].name.id != files_[i - 1].name.id) {
        ++i;
        continue;
      }
      TRY_LET(const bool same, same_bytes(files_[i - 1].file_name, files_[i].file_name));
      if (same) {
        TRY(remove(files_[i].file_name, "the same file under an older name is removed"));
      } else {
        TRY(quarantine(files_[i].file_name, "another file has the same id"));
      }
      files_.erase(files_.begin() + static_cast<std::ptrdiff_t>(i));
    }
    return {};
  }

  result<bool> same_bytes(const std::string& a, const std::string& b) {
    auto one = fs_.open_read(dir_.file(a));
    auto two = fs_.open_read(dir_.file(b));
    if (!one || !two) return false;
    std::string left(read_bytes, '\0');
    std::string right(read_bytes, '\0');
    for (std::uint64_t at = 0;; at += read_bytes) {
      TRY_LET(const std::size_t n, (*one)->read_at(at, left.data(), left.size()));
      TRY_LET(const std::size_t m, (*two)->read_at(at, right.data(), right.size()));
      if (n != m || std::string_view(left.data(), n) != std::string_view(right.data(), m)) {
        return false;
      }
      if (n < left.size()) return true;
    }
  }

  // What is not whole is read again, since disks give wrong bytes once in a while. Of two readings
  // the one holds that found more: blocks prove themselves.
  result<ingest_segment_contents> scan_carefully(const std::string& path) {
    auto scan = scan_ingest_segment(fs_, path, true);
    const bool whole = scan && scan->damaged_blocks == 0 && scan->tail_bytes == 0;
    if (whole || (!scan && scan.error().code != errc::corruption)) return scan;
    auto again = scan_ingest_segment(fs_, path, true);
    const bool better = again && (!scan || again->good_bytes > scan->good_bytes ||
                                  again->damaged_blocks < scan->damaged_blocks);
    return better ? std::move(again) : std::move(scan);
  }

  result<> examine(const found_file& f) {
    auto scan = scan_carefully(dir_.file(f.file_name));
    if (!scan) return examine_unreadable(f, scan.error());
    if (scan->records > 0) {
      found_.push_back({f, std::move(*scan)});
      return {};
    }
    // Where nothing can be read, zeros alone prove that nothing was there.
    if (scan->damaged_blocks == 0) {
      TRY_LET(const bool empty, zeros(f.file_name, scan->good_bytes));
      if (empty) return remove(f.file_name, "a segment without records is removed");
    }
    return quarantine(f.file_name, "no record in it can be read");
  }

  result<> examine_unreadable(const found_file& f, const error& why) {
    if (why.code != errc::corruption) {
      // A newer version, or a disk that does not answer: neither is ours to move.
      metrics_.foreign_files.add(1);
      log_.error("a segment cannot be read and is left alone",
                 {{"path", dir_.file(f.file_name)}, {"err", why.what}});
      return {};
    }
    if (f.name.state == segment_state::active) {
      TRY_LET(const bool empty, never_begun(f.file_name));
      if (empty) return remove(f.file_name, "a segment that was never begun is removed");
    }
    return quarantine(f.file_name, why.what);
  }

  // All bytes from `at` on are zero, as after a crash before any data reached the disk.
  result<bool> zeros(const std::string& name, std::uint64_t at) {
    TRY_LET(auto file, fs_.open_read(dir_.file(name)));
    std::string bytes(read_bytes, '\0');
    for (;; at += read_bytes) {
      TRY_LET(const std::size_t n, file->read_at(at, bytes.data(), bytes.size()));
      const std::string_view got(bytes.data(), n);
      if (got.find_first_not_of('\0') != std::string_view::npos) return false;
      if (n < bytes.size()) return true;
    }
  }

  // Nothing but a part of our file header, and zeros.
  result<bool> never_begun(const std::string& name) {
    TRY_LET(auto file, fs_.open_read(dir_.file(name)));
    const std::string header = file_header(segment_kind::ingest);
    std::string bytes(header.size(), '\0');
    TRY_LET(const std::size_t n, file->read_at(0, bytes.data(), bytes.size()));
    bytes.resize(n);
    std::size_t same = 0;
    while (same < n && bytes[same] == header[same]) ++same;
    return zeros(name, same);
  }

  result<recovered_segment> adopt(scanned& s) {
    const ingest_segment_contents& c = s.contents;
    recovered_segment r;
    r.content.id = s.file.name.id;
    r.content.bytes = c.file_bytes;
    r.damaged = c.damaged_blocks > 0;
    report(s);
    const bool whole = c.trailer && c.tail_bytes == 0;
    r.content.shard =
        c.trailer ? c.trailer->shard : shards_.take(window_of(c.blocks.front().min), c.good_bytes);
    if (!whole || s.file.name.state == segment_state::active) {
      TRY_LET(r.content.bytes,
              complete_ingest_segment(fs_, dir_.file(s.file.file_name), c, r.content.shard));
      const bool stamped = c.trailer || r.content.bytes > c.good_bytes;
      if (!stamped) r.content.shard = 0;  // the disk is full: what its readers will take it for
    }
    const std::string name = flushed_name(s.file.name.id);
    if (s.file.file_name != name) {
      TRY(fs_.rename(dir_.file(s.file.file_name), dir_.file(name)));
      changed_ = true;
    }
    r.min = c.min;
    r.max = c.max;
    r.content.records = c.records;
    r.content.raw_bytes = c.raw_bytes;
    r.content.file = c.blocks.front().file;
    r.content.blocks = std::make_shared<const std::vector<block_ref>>(std::move(s.contents.blocks));
    return r;
  }

  void report(const scanned& s) {
    const ingest_segment_contents& c = s.contents;
    metrics_.recovered_tail_bytes.add(static_cast<double>(c.tail_bytes));
    metrics_.damaged_blocks.add(static_cast<double>(c.damaged_blocks));
    if (c.tail_bytes > 0) {
      log_.warn("a torn tail was cut off",
                {{"path", dir_.file(s.file.file_name)}, {"bytes", c.tail_bytes}});
    }
    if (c.damaged_blocks > 0) {
      log_.error("a segment is damaged; the rest of it is used",
                 {{"path", dir_.file(s.file.file_name)}, {"blocks", c.damaged_blocks}});
    }
  }

  result<> remove(const std::string& name, std::string_view why) {
    log_.warn(why, {{"path", dir_.file(name)}});
    changed_ = true;
    return fs_.remove(dir_.file(name));
  }

  result<> quarantine(const std::string& name, std::string_view why) {
    log_.error("a segment is moved to quarantine", {{"path", dir_.file(name)}, {"why", why}});
    metrics_.quarantined_files.add();
    return dir_.quarantine(name);
  }

  env::filesystem& fs_;
  data_directory& dir_;
  shard_counter& shards_;
  ingest_metrics& metrics_;
  logger& log_;
  std::vector<found_file> files_;
  std::vector<scanned> found_;
  bool changed_ = false;
};

}  // namespace

result<std::vector<recovered_segment>> recover(env::filesystem& fs, data_directory& dir,
                                               shard_counter& shards, ingest_metrics& metrics,
                                               logger& log) {
  return recovery(fs, dir, shards, metrics, log).run();
}

}  // namespace oklog::ingest
