#include "history/segment_files.h"

#include "oklog/segment/ingest_segment.h"
#include "oklog/segment/store_segment.h"
#include "oklog/sim/disk.h"

namespace oklog::history {
namespace {

void add_records(const std::vector<block_ref>& blocks, file_content& out) {
  for (const block_ref& b : blocks) {
    const auto loaded = load_block(b);
    if (!loaded) {
      out.damaged = true;
      continue;
    }
    loaded->for_each([&out](const record_view& r) {
      out.records.push_back({r.id, std::string(r.text)});
    });
  }
}

}  // namespace

std::optional<file_content> read_store_file(const std::string& name, std::string bytes) {
  sim::disk desk;
  desk.plant_file("/" + name, std::move(bytes));
  const auto segment = open_store_segment(desk, "", name);
  if (!segment) return std::nullopt;
  file_content out;
  out.where = segment->footer.partition;
  add_records(segment->blocks(ulid_min, ulid_max), out);
  return out;
}

std::optional<file_content> read_ingest_file(const std::string& name, std::string bytes) {
  sim::disk desk;
  desk.plant_file("/" + name, std::move(bytes));
  const auto contents = scan_ingest_segment(desk, "/" + name, false);
  if (!contents) return std::nullopt;
  file_content out;
  out.damaged = contents->damaged_blocks > 0;
  add_records(contents->blocks, out);
  return out;
}

}  // namespace oklog::history
