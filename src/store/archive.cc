#include "oklog/store/archive.h"

#include <iterator>
#include <optional>

#include "oklog/segment/directory.h"
#include "oklog/segment/ingest_segment.h"
#include "oklog/segment/names.h"
#include "oklog/store/quarantine.h"

namespace oklog {
namespace {

constexpr const char* manifest_name = "oklog.json";
constexpr const char* lock_name = "LOCK";

struct member {
  std::string path;
  segment_kind kind;
  std::vector<env::dir_entry> entries;
  std::unique_ptr<env::file_lock> lock;
};

bool holds(const std::vector<env::dir_entry>& entries, std::string_view name) {
  for (const env::dir_entry& e : entries) {
    if (e.name == name && e.kind == env::file_kind::regular) return true;
  }
  return false;
}

result<member> open_member(env::filesystem& fs, const std::string& path) {
  member m;
  m.path = path;
  TRY_LET(m.kind, read_directory_kind(fs, path));
  TRY_LET(m.entries, fs.list(path));
  // Not created where it is missing: a copy needs none.
  if (!holds(m.entries, lock_name)) return m;
  auto lock = fs.lock(path + "/" + lock_name);
  if (!lock && lock.error().code == errc::busy) {
    return fail(errc::busy, path + " is in use by a node: ask that one (oklog query -store)");
  }
  // Any other error: what cannot be locked, such as a read-only disk, is no running node's.
  if (lock) {
    m.lock = std::move(*lock);
    TRY_LET(m.entries, fs.list(path));
  }
  return m;
}

result<std::vector<member>> find_members(env::filesystem& fs, const std::string& path) {
  std::vector<member> all;
  TRY_LET(const auto entries, fs.list(path));
  if (holds(entries, manifest_name)) {
    TRY_LET(member m, open_member(fs, path));
    all.push_back(std::move(m));
    return all;
  }
  for (const env::dir_entry& e : entries) {
    if (e.kind != env::file_kind::directory) continue;
    const std::string inner = path + "/" + e.name;
    const auto there = fs.list(inner);
    if (!there || !holds(*there, manifest_name)) continue;
    TRY_LET(member m, open_member(fs, inner));
    all.push_back(std::move(m));
  }
  if (!all.empty()) return all;
  return fail(
      errc::not_found,
      path + " is no data directory: neither it nor a directory in it holds " + manifest_name);
}

void add_store(env::filesystem& fs, const member& m, archive& out) {
  for (const env::dir_entry& e : m.entries) {
    const auto name = parse_store_name(e.name);
    if (!name || e.kind != env::file_kind::regular || name->state != segment_state::flushed)
      continue;
    auto opened = open_store_segment(fs, m.path, e.name);
    if (opened) {
      out.segments.push_back(std::make_shared<const store_segment>(std::move(*opened)));
    } else {
      out.covered.add_missing(opened.error().what);
    }
  }
  const auto lying = count_quarantined(fs, m.path);
  if (!lying) out.covered.add_missing(m.path + "/quarantine cannot be listed");
  if (lying && lying->uncompared > 0) {
    out.covered.add_missing(std::to_string(lying->uncompared) +
                            " damaged files lie in the store's quarantine");
  }
}

void add_ingest(env::filesystem& fs, const member& m, archive& out) {
  for (const env::dir_entry& e : m.entries) {
    if (!parse_ingest_name(e.name) || e.kind != env::file_kind::regular) continue;
    const std::string path = m.path + "/" + e.name;
    auto found = scan_ingest_segment(fs, path, false);
    if (!found) {
      out.covered.add_missing(path + ": " + found.error().what);
      continue;
    }
    for (const std::string& damage : found->damage) out.covered.add_missing(path + ": " + damage);
    out.blocks.insert(out.blocks.end(), std::make_move_iterator(found->blocks.begin()),
                      std::make_move_iterator(found->blocks.end()));
  }
}

}  // namespace

void archive::add(archive other) {
  segments.insert(segments.end(), other.segments.begin(), other.segments.end());
  blocks.insert(blocks.end(), std::make_move_iterator(other.blocks.begin()),
                std::make_move_iterator(other.blocks.end()));
  covered.add(other.covered);
}

result<archive> open_archive(env::filesystem& fs, const std::string& path) {
  TRY_LET(const std::vector<member> members, find_members(fs, path));
  archive out;
  for (const member& m : members) {
    if (m.kind == segment_kind::store) {
      add_store(fs, m, out);
    } else {
      add_ingest(fs, m, out);
    }
  }
  return out;
}

}  // namespace oklog
