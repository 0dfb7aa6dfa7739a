#include "oklog/segment/directory.h"

#include <charconv>
#include <nlohmann/json.hpp>

#include "oklog/base/ulid.h"
#include "oklog/segment/names.h"

namespace oklog {
namespace {

constexpr const char* manifest_name = "oklog.json";
constexpr const char* lock_name = "LOCK";
constexpr const char* quarantine_name = "quarantine";
constexpr const char* starts_name = "starts";
constexpr std::uint64_t starts_bytes_max = 64;
constexpr std::uint64_t manifest_bytes_max = 64 * 1024;
constexpr unsigned quarantine_tries_max = 1000;

std::string_view name_of(segment_kind kind) {
  return kind == segment_kind::ingest ? "ingest" : "store";
}

bool is_uuid(std::string_view s) {
  if (s.size() != 36) return false;
  for (std::size_t i = 0; i < s.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    const bool hex = (s[i] >= '0' && s[i] <= '9') || (s[i] >= 'a' && s[i] <= 'f');
    if (dash ? s[i] != '-' : !hex) return false;
  }
  return true;
}

// <uuid4>.active, .flushed, .pending; <ULID>-<ULID>.flushed, .reading, .trashed.
bool is_go_oklog_file(std::string_view file) {
  const std::size_t dot = file.rfind('.');
  if (dot == file.npos) return false;
  const std::string_view stem = file.substr(0, dot);
  const std::string_view state = file.substr(dot + 1);
  if (is_uuid(stem)) return state == "active" || state == "flushed" || state == "pending";
  const bool range = stem.size() == 2 * ulid::text_size + 1 && stem[ulid::text_size] == '-' &&
                     parse_ulid(stem.substr(0, ulid::text_size)).has_value() &&
                     parse_ulid(stem.substr(ulid::text_size + 1)).has_value();
  return range && (state == "flushed" || state == "reading" || state == "trashed");
}

bool is_our_file(std::string_view file) {
  return parse_ingest_name(file).has_value() || parse_store_name(file).has_value();
}

error refuse(const std::string& path, const std::string& why) {
  return fail(errc::invalid, path + " " + why);
}

// A directory without oklog.json: it must be new, or hold nothing that somebody's log could be.
result<> check_strange(const std::string& path, const std::vector<env::dir_entry>& entries) {
  bool lock = false;
  bool ours = false;
  for (const env::dir_entry& e : entries) {
    if (is_go_oklog_file(e.name)) {
      return refuse(path, "holds data of Go's OK Log (" + e.name +
                              "), which this version does not read: give it another directory");
    }
    lock = lock || e.name == lock_name;
    ours = ours || is_our_file(e.name);
  }
  if (ours) {
    return refuse(path, "holds segments but no oklog.json: restore that file, or move them away");
  }
  if (lock) {
    return refuse(path,
                  "has a LOCK but no oklog.json, as Go's OK Log leaves it: remove LOCK if nothing "
                  "uses the directory, or give another one");
  }
  return {};
}

struct manifest {
  std::uint64_t format = 0;
  std::string kind;
  std::string id;
};

result<manifest> parse_manifest(const std::string& path, const std::string& text) {
  const auto json = nlohmann::json::parse(text, nullptr, false);
  const error damaged = refuse(path + "/" + manifest_name, "is damaged: restore it from a backup");
  if (!json.is_object() || !json.contains("format") || !json["format"].is_number_unsigned()) {
    return damaged;
  }
  manifest m;
  m.format = json["format"].get<std::uint64_t>();
  if (m.format > directory_format_version) {
    return refuse(path, "was written by a newer oklog (format " + std::to_string(m.format) +
                            ", this one knows " + std::to_string(directory_format_version) +
                            "): run that version");
  }
  for (const char* field : {"kind", "store_id"}) {
    if (!json.contains(field) || !json[field].is_string()) return damaged;
  }
  m.kind = json["kind"].get<std::string>();
  m.id = json["store_id"].get<std::string>();
  if (m.format == 0 || !parse_ulid(m.id)) return damaged;
  return m;
}

error in_use(const std::string& path) {
  return fail(errc::busy, path + " is in use by another process: stop it, or give another one");
}

result<> write_manifest(env::filesystem& fs, const std::string& path, segment_kind kind,
                        const std::string& id) {
  const nlohmann::ordered_json json = {
      {"format", directory_format_version}, {"kind", std::string(name_of(kind))}, {"store_id", id}};
  return env::write_file(fs, path, manifest_name, json.dump() + "\n");
}

// A new directory gets its identity while the directory itself is locked: of two first starts at
// once, the later must not rename its own over the one that the earlier already lives under.
result<> give_identity(env::filesystem& fs, const std::string& path, segment_kind kind,
                       const std::string& new_id) {
  const auto alone = fs.lock(path);
  if (!alone && alone.error().code == errc::busy) return in_use(path);
  // Any other error: a filesystem that locks no directories (NFS); there LOCK must do.
  const auto there = env::read_file(fs, path + "/" + manifest_name, manifest_bytes_max);
  if (there || there.error().code != errc::not_found) return {};
  return write_manifest(fs, path, kind, new_id);
}

result<std::uint64_t> last_start(env::filesystem& fs, const std::string& path) {
  const auto text = env::read_file(fs, path + "/" + starts_name, starts_bytes_max);
  const bool damaged = !text && text.error().code == errc::invalid;
  if (!text && !damaged && text.error().code != errc::not_found) return text.error();
  std::uint64_t n = 0;
  if (text) std::from_chars(text->data(), text->data() + text->size(), n);
  return n;
}

}  // namespace

result<segment_kind> read_directory_kind(env::filesystem& fs, const std::string& path) {
  TRY_LET(const std::string text,
          env::read_file(fs, path + "/" + manifest_name, manifest_bytes_max));
  TRY_LET(const manifest m, parse_manifest(path, text));
  for (const segment_kind kind : {segment_kind::ingest, segment_kind::store}) {
    if (m.kind == name_of(kind)) return kind;
  }
  return refuse(path + "/" + manifest_name, "names no kind of ours");
}

result<std::unique_ptr<data_directory>> data_directory::open(env::filesystem& fs, std::string path,
                                                             segment_kind kind,
                                                             const std::string& new_id) {
  std::unique_ptr<data_directory> d(new data_directory());
  d->fs_ = &fs;
  d->path_ = std::move(path);
  const std::string manifest_path = d->file(manifest_name);
  auto text = env::read_file(fs, manifest_path, manifest_bytes_max);
  if (!text && text.error().code != errc::not_found) return text.error();
  const bool fresh = !text;
  if (fresh) {
    auto entries = fs.list(d->path_);
    if (entries) {
      TRY(check_strange(d->path_, *entries));
    } else if (entries.error().code != errc::not_found) {
      return entries.error();
    }
  } else {
    TRY_LET(const manifest m, parse_manifest(d->path_, *text));
    if (m.kind != name_of(kind)) {
      return refuse(d->path_, "is the directory of a node's " + m.kind + " half, not of its " +
                                  std::string(name_of(kind)) + " half: give each its own");
    }
  }
  TRY(fs.make_dirs(d->path_));
  if (fresh) {
    // Before the lock, so that a LOCK of ours never stands without it.
    TRY(give_identity(fs, d->path_, kind, new_id));
  }
  auto lock = fs.lock(d->file(lock_name));
  if (!lock && lock.error().code == errc::busy) return in_use(d->path_);
  if (!lock) return lock.error();
  d->lock_ = std::move(*lock);
  TRY_LET(const std::string standing, env::read_file(fs, manifest_path, manifest_bytes_max));
  TRY_LET(const manifest mine, parse_manifest(d->path_, standing));
  d->id_ = mine.id;
  d->kind_ = kind;
  TRY_LET(const std::uint64_t last, last_start(fs, d->path_));
  d->starts_ = last + 1;
  // What a full or a sick disk holds is to be taken off it by a node that runs.
  const auto counted =
      env::write_file(fs, d->path_, starts_name, std::to_string(d->starts_) + "\n");
  d->start_counted_ = counted.has_value();
  return d;
}

bool data_directory::is_housekeeping(const std::string& name) {
  for (const char* ours : {manifest_name, lock_name, quarantine_name, starts_name, "roster.json",
                           "compared.json", "releasing.json"}) {
    // With what an interrupted write left of it.
    if (name == ours || name == std::string(ours) + ".tmp") return true;
  }
  return false;
}

result<> data_directory::change_id(const std::string& new_id) {
  return write_manifest(*fs_, path_, kind_, new_id);
}

result<> move_to_quarantine(env::filesystem& fs, const std::string& path, const std::string& name) {
  const std::string dir = path + "/" + quarantine_name;
  TRY(fs.make_dirs(dir));
  TRY_LET(const auto there, fs.list(dir));
  const auto taken = [&there](const std::string& wanted) {
    for (const env::dir_entry& e : there) {
      if (e.name == wanted) return true;
    }
    return false;
  };
  std::string free = name;
  for (unsigned n = 1; taken(free); ++n) {
    if (n > quarantine_tries_max) return fail(errc::conflict, dir + " holds too many of " + name);
    free = name + "." + std::to_string(n);
  }
  TRY(fs.rename(path + "/" + name, dir + "/" + free));
  TRY(fs.sync_dir(dir));
  return fs.sync_dir(path);
}

}  // namespace oklog
