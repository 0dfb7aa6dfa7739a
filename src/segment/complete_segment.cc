#include "oklog/segment/ingest_segment.h"
#include "segment/trailer.h"

namespace oklog {

result<std::uint64_t> complete_ingest_segment(env::filesystem& fs, const std::string& path,
                                              const ingest_segment_contents& contents,
                                              std::uint32_t shard) {
  auto opened = fs.open_append(path);
  if (!opened) return with_context(path, opened.error());
  env::file& file = **opened;
  std::uint64_t size = contents.good_bytes;
  result<> done;
  // A trailer in the middle of an old tail, or in front of blocks that are still only in the page
  // cache, would say too much: what it covers is on disk before it is written.
  // Also where nothing is to be cut: what a dead process had preallocated is given back.
  done = file.truncate(size);
  if (done) done = file.sync();
  if (done && !contents.trailer) {
    flush_trailer t;
    t.shard = shard;
    t.blocks = static_cast<std::uint32_t>(contents.blocks.size());
    t.records = contents.records;
    t.raw_bytes = contents.raw_bytes;
    done = file.append(put_trailer(t, size));
    if (done) {
      size += trailer_bytes;
    } else if (done.error().code == errc::no_space) {
      done = file.truncate(size);  // a part of it may be there
    }
  }
  if (done) done = file.sync();
  if (!done) return with_context(path, done.error());
  return size;
}

}  // namespace oklog
