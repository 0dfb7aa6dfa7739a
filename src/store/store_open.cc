// Opening the store's directory: who is who among its files.
#include <algorithm>

#include "oklog/store/quarantine.h"
#include "oklog/store/store_log.h"

namespace oklog {

result<std::unique_ptr<store_log>> store_log::open(env::filesystem& fs, const env::clock& clock,
                                                   store_config config, const std::string& new_id,
                                                   store_metrics& metrics, logger& log) {
  const boot_time begun = clock.boot();
  std::unique_ptr<store_log> opened(new store_log(fs, clock, std::move(config), metrics, log));
  const std::string& path = opened->config_.path;
  TRY_LET(opened->directory_, data_directory::open(fs, path, segment_kind::store, new_id));
  TRY(opened->load());
  log.info("the store is open", {{"path", path},
                                 {"store_id", opened->store_id()},
                                 {"segments", opened->live_.size()},
                                 {"bytes", opened->bytes_},
                                 {"trash", opened->trash_.size()},
                                 {"quarantine", opened->quarantined()},
                                 {"foreign", opened->foreign_},
                                 {"took", format_duration(clock.boot() - begun)}});
  return opened;
}

result<> store_log::load() {
  TRY_LET(const auto entries, fs_->list(config_.path));
  for (const env::dir_entry& entry : entries) {
    if (data_directory::is_housekeeping(entry.name)) continue;
    const auto parsed = parse_store_name(entry.name);
    if (!parsed || entry.kind != env::file_kind::regular) {
      ++foreign_;
      log_->warn("not ours, left where it is", {{"file", config_.path + "/" + entry.name}});
      continue;
    }
    switch (parsed->state) {
      case segment_state::active:
        // Whoever wrote it was never told that it is done: its records are elsewhere.
        if (const auto removed = fs_->remove(directory_->file(entry.name)); !removed) {
          log_->error("interrupted write", {{"err", removed.error().what}});
        } else {
          log_->info("removed what an interrupted write left", {{"file", entry.name}});
        }
        break;
      case segment_state::trashed:
      case segment_state::released:
        trash_[entry.name] = entry.bytes;
        break;
      default:
        TRY(load_file(entry.name));
    }
  }
  for (const partition& p : read_marks(*fs_, config_.path)) {
    if (partitions_.contains(p)) marked_.insert(p);
  }
  // Not known, what answers lack would not be known either (K20).
  TRY_LET(const quarantine_count lying, count_quarantined(*fs_, config_.path));
  quarantined_ = std::max(quarantined_, lying.uncompared);
  compared_ = lying.compared;
  show();
  return {};
}

// One file that says it is a live segment. A file that cannot be read today is left where it is: a
// disk that answers again tomorrow must find it under its name.
result<> store_log::load_file(const std::string& name) {
  auto segment = open_store_segment(*fs_, config_.path, name);
  // Disks and what lies above them give wrong bytes once in a while.
  const bool again = !segment && segment.error().code == errc::corruption;
  if (again) segment = open_store_segment(*fs_, config_.path, name);
  const std::uint64_t window_max = ulid::ms_max / window_ms;
  if (segment && segment->footer.partition.window <= window_max) {
    insert(std::make_shared<const store_segment>(std::move(*segment)));
    return {};
  }
  const error why = segment ? fail(errc::corruption, "a window beyond all time") : segment.error();
  if (why.code == errc::corruption) {
    const auto moved = directory_->quarantine(name);
    if (moved) {
      ++quarantined_;
      log_->error("segment failed its checks, moved to quarantine",
                  {{"file", name}, {"err", why.what}});
      return {};
    }
    log_->error("quarantine", {{"file", name}, {"err", moved.error().what}});
  }
  ++unreadable_;
  log_->error("segment cannot be read, answers are partial", {{"file", name}, {"err", why.what}});
  return {};
}

}  // namespace oklog
