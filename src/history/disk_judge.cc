#include "history/disk_judge.h"

#include <algorithm>

#include "history/segment_files.h"
#include "oklog/api/roster_api.h"
#include "oklog/base/hash.h"
#include "oklog/segment/names.h"

namespace oklog::history {
namespace {

const std::string ingest_dir = "/data/ingest";
const std::string store_dir = "/data/store";

std::string base_name(const std::string& path) {
  return path.substr(path.rfind('/') + 1);
}

bool is_in(const std::string& path, const std::string& dir) {
  return path.size() > dir.size() && path.starts_with(dir) && path.rfind('/') == dir.size();
}

// {"format": 1, "kind": "store", "store_id": "<ULID>"}
std::string id_of(sim::disk& d, const std::string& dir) {
  const std::string json = d.contents(dir + "/oklog.json").value_or("");
  const std::string key = "\"store_id\"";
  const std::size_t at = json.find('"', json.find(':', json.find(key)));
  if (json.find(key) == json.npos || at == json.npos) return "";
  return json.substr(at + 1, ulid::text_size);
}

wall_time end_of(const ulid& id) {
  return from_unix_ms(static_cast<std::int64_t>((window_of(id) + 1) * window_ms));
}

std::string text_of(std::size_t node) {
  return "n" + std::to_string(node);
}

}  // namespace

disk_judge::disk_judge(sim::world& world, fleet& nodes, const plan& p, ledger& book,
                       std::function<void(std::string)> wrong)
    : world_(world), nodes_(nodes), plan_(p), book_(book), wrong_(std::move(wrong)) {}

void disk_judge::watch(std::size_t i) {
  nodes_.host(i).disk().watch_names(
      [this, i](const std::string& from, const std::string& to) { on_name(i, from, to); });
}

void disk_judge::drop_file(holdings& h, const std::string& name) {
  const auto at = h.files.find(name);
  if (at == h.files.end()) return;
  for (const ulid& id : at->second.records) {
    if (--h.copies[id] == 0) h.copies.erase(id);
  }
  h.files.erase(at);
}

disk_judge::holdings& disk_judge::refresh(std::size_t i) {
  holdings& h = holdings_[i];
  sim::disk& d = nodes_.host(i).stored();
  if (h.id.empty()) h.id = id_of(d, store_dir);
  const std::vector<std::string> now = d.synced_names(store_dir);
  std::vector<std::string> past;
  for (const auto& [name, records] : h.files) {
    if (!std::binary_search(now.begin(), now.end(), name)) past.push_back(name);
  }
  for (const std::string& name : past) drop_file(h, name);
  for (const std::string& name : now) {
    if (h.files.contains(name)) continue;
    const auto parsed = parse_store_name(name);
    if (!parsed || parsed->state != segment_state::flushed) continue;
    const auto content = read_store_file(name, *d.synced_contents(store_dir + "/" + name));
    if (!content) continue;
    stored_file& file = h.files[name];
    file.where = content->where;
    for (const file_record& r : content->records) {
      file.records.push_back(r.id);
      ++h.copies[r.id];
      const auto line = book_.identify(r.text);
      const auto known = line ? book_.seen(*line, r.id) : result<>(line.error());
      if (!known) wrong_("on the disk of " + text_of(i) + ": " + known.error().what);
    }
  }
  return h;
}

void disk_judge::on_name(std::size_t i, const std::string& from, const std::string& to) {
  note_clocks();
  const std::string name = base_name(from);
  if (is_in(from, ingest_dir)) {
    const auto parsed = parse_ingest_name(name);
    const bool leaves = to.empty() || !is_in(to, ingest_dir);
    // An active one goes only where nothing of it was ever synced; one of two names of a file,
    // which a crash may leave, goes at the next start.
    const bool handed_over = parsed && parsed->state != segment_state::active;
    if (handed_over && leaves && !has_another_name(i, *parsed)) {
      on_ingest_commit(i, name, to.empty());
    }
  } else if (is_in(from, store_dir)) {
    const auto parsed = parse_store_name(name);
    if (parsed && parsed->state == segment_state::flushed) on_store_removal(i, name, to);
    if (!to.empty()) holdings_[i].published[base_name(to)] = world_.elapsed();
  }
}

bool disk_judge::has_another_name(std::size_t i, ingest_name n) {
  const segment_state was = n.state;
  for (const segment_state s : {segment_state::flushed, segment_state::pending}) {
    n.state = s;
    const std::string path = ingest_dir + "/" + format(n);
    if (s != was && nodes_.host(i).stored().contents(path)) return true;
  }
  return false;
}

// Looks at all disks once for as many records as there are to be asked about.
std::vector<const disk_judge::holdings*> disk_judge::refresh_all() {
  std::vector<const holdings*> all;
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    if (cluster::has_store(nodes_.role(i)) && !nodes_.gone(i)) all.push_back(&refresh(i));
  }
  return all;
}

std::size_t disk_judge::stores_that_had(const ulid& id,
                                        const std::vector<const holdings*>& now) const {
  std::set<std::string_view> ids;
  for (const holdings* h : now) {
    if (h->copies.contains(id)) ids.insert(h->id);
  }
  for (const auto& [store, records] : had_) {
    if (records.contains(id)) ids.insert(store);
  }
  return ids.size();
}

// By the clock of whichever store may have held it, also one that was wrong and is right again:
// what went by it does not come back.
bool disk_judge::expired_somewhere(const ulid& id) {
  note_clocks();
  return newest_clock_ - end_of(id) > plan_.settings.st.log.retention.retain;
}

void disk_judge::note_clocks() {
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    newest_clock_ = std::max(newest_clock_, nodes_.host(i).env().clock.now());
  }
}

bool disk_judge::expired(std::size_t i, const ulid& id) const {
  return nodes_.host(i).env().clock.now() - end_of(id) > plan_.settings.st.log.retention.retain;
}

// After a failed sync what was not synced goes to a new file; the disk may have kept it in the old
// one all the same, of which it is no part any more.
bool disk_judge::still_queued(std::size_t i, const std::string& but, const ulid& id) {
  const sim::disk& d = nodes_.host(i).disk();
  const auto gone = parse_ingest_name(but);
  for (const std::string& path : d.files()) {
    const auto parsed = parse_ingest_name(base_name(path));
    if (!is_in(path, ingest_dir) || !parsed || parsed->id == gone->id) continue;
    const auto content = read_ingest_file(base_name(path), d.contents(path).value_or(""));
    if (!content) continue;
    const auto is = [&id](const file_record& r) { return r.id == id; };
    if (std::any_of(content->records.begin(), content->records.end(), is)) return true;
  }
  return false;
}

// An ingester lets go of a segment: only what as many stores as wanted have on disk (rule R2).
void disk_judge::on_ingest_commit(std::size_t i, const std::string& name, bool removed) {
  // After a failed sync the rest of the file is in another one.
  const auto bytes = nodes_.host(i).disk().synced_bytes(ingest_dir + "/" + name);
  if (!bytes) return;
  const auto content = read_ingest_file(name, *bytes);
  if (!content) return;
  // After a failed sync the page cache may show the whole of what the disk has lost: who was
  // started anew since then cannot know.
  const auto shown = nodes_.host(i).disk().contents(ingest_dir + "/" + name);
  const auto seen = shown ? read_ingest_file(name, *shown) : std::nullopt;
  if (removed && content->damaged && (!seen || seen->damaged)) {
    wrong_(text_of(i) + " removes " + name +
           ", which is damaged, instead of keeping it for people");
  }
  ++commits_;
  const auto now = refresh_all();
  for (const file_record& r : content->records) {
    if (expired_somewhere(r.id)) continue;
    const std::size_t had = stores_that_had(r.id, now);
    if (had < plan_.factor && !still_queued(i, name, r.id)) {
      wrong_("R2: " + text_of(i) + " lets go of " + name + ", of which " + format(r.id) + " (" +
             r.text.substr(0, 20) + ") is on the disks of " + std::to_string(had) + " of " +
             std::to_string(plan_.factor) + " stores");
      return;
    }
    const auto line = book_.identify(r.text);
    const auto known =
        line ? book_.committed(*line, r.id, world_.elapsed()) : result<>(line.error());
    if (!known) wrong_("in the queue of " + text_of(i) + ": " + known.error().what);
  }
}

// A store gives up a file (rule R7).
void disk_judge::on_store_removal(std::size_t i, const std::string& name, const std::string& to) {
  holdings& h = refresh(i);
  const auto at = h.files.find(name);
  const auto was = flipped_.find({i, name});
  // Never on disk, or nothing in it could be read.
  if (at == h.files.end() && was == flipped_.end()) return;
  // Taken back in the moment in which it was written, before anybody was told.
  const auto published = h.published.find(name);
  if (published != h.published.end() && published->second == world_.elapsed()) return;
  const bool to_quarantine = to.find("/quarantine/") != to.npos;
  if (to_quarantine) {
    if (was == flipped_.end()) {
      wrong_(text_of(i) + " puts a sound file into quarantine: " + name);
    }
    return;
  }
  // Also of those that nobody could read in it any more.
  const std::vector<ulid> records =
      was == flipped_.end() ? at->second.records : was->second.records;
  drop_file(h, name);
  std::vector<const holdings*> now;
  for (const ulid& id : records) {
    if (h.copies.contains(id)) continue;
    if (now.empty()) now = refresh_all();
    if (!to.empty() && (expired(i, id) || stores_that_had(id, now) >= plan_.factor)) continue;
    wrong_("R7: " + text_of(i) + " removes " + name + ", and with it " + format(id) +
           (to.empty() ? ", which none of its other files has" : ", which is not too old"));
    return;
  }
}

std::vector<std::string> disk_judge::queue(std::size_t i) {
  std::vector<std::string> paths = nodes_.host(i).stored().files();
  std::erase_if(paths, [](const std::string& path) {
    return !is_in(path, ingest_dir) || !parse_ingest_name(base_name(path));
  });
  return paths;
}

std::set<std::uint64_t> disk_judge::lines_in_queue(std::size_t i) {
  std::set<std::uint64_t> lines;
  for (const std::string& path : queue(i)) {
    const auto bytes = nodes_.host(i).stored().contents(path);
    const auto content = read_ingest_file(base_name(path), *bytes);
    if (!content) continue;
    for (const file_record& r : content->records) {
      const auto line = book_.identify(r.text);
      const auto known = line ? book_.seen(*line, r.id) : result<>(line.error());
      if (known) {
        lines.insert(*line);
      } else {
        wrong_("in the queue of " + text_of(i) + ": " + known.error().what);
      }
    }
  }
  return lines;
}

bool disk_judge::record_elsewhere(const ulid& id, std::size_t but) {
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    if (i == but || nodes_.gone(i) || !cluster::has_store(nodes_.role(i))) continue;
    if (refresh(i).copies.contains(id)) return true;
  }
  return false;
}

bool disk_judge::elsewhere(std::uint64_t line, std::size_t but) {
  const auto& records = book_[line].records;
  return std::any_of(records.begin(), records.end(),
                     [&](const auto& r) { return record_elsewhere(r.id, but); });
}

// By its records where they are known: one that was sent before the hour ended may be of the next.
bool disk_judge::too_old(const sent_line& l) {
  if (l.records.empty()) {
    return expired_somewhere(ulid::lowest(static_cast<std::uint64_t>(l.not_before_ms)));
  }
  return std::all_of(l.records.begin(), l.records.end(),
                     [&](const auto& r) { return expired_somewhere(r.id); });
}

// What lies on the disk now is all that there will be.
void disk_judge::check_after_death(std::size_t i) {
  if (!cluster::has_ingest(nodes_.role(i))) return;
  const auto queued = lines_in_queue(i);
  for (std::uint64_t n = 0; n < book_.size(); ++n) {
    const sent_line& l = book_[n];
    const bool owes = l.ingester == i && !l.lost && book_.owed(n, world_.elapsed());
    if (!owes || queued.contains(n)) continue;
    if (elsewhere(n, nodes_.size())) continue;
    if (l.kept == promise::in_page_cache) {
      book_.release(n);
    } else if (!too_old(l)) {
      wrong_("R1: \"" + l.text.substr(0, 30) + "\" was said to be on the disk of " + text_of(i) +
             ", and is nowhere after its death");
      return;
    }
  }
}

bool disk_judge::may_lose(std::size_t i) {
  if (!cluster::has_store(nodes_.role(i))) return true;
  const holdings& h = refresh(i);
  // What others have in their queues is not lost, but it is simpler to wait until it is handed
  // over.
  for (const auto& [id, copies] : h.copies) {
    if (!record_elsewhere(id, i)) return false;
  }
  return true;
}

void disk_judge::note_loss(std::size_t i) {
  if (cluster::has_store(nodes_.role(i))) {
    const holdings& h = refresh(i);
    auto& had = had_[h.id];
    for (const auto& [id, copies] : h.copies) had.insert(id);
  }
  if (cluster::has_ingest(nodes_.role(i))) {
    for (std::uint64_t n = 0; n < book_.size(); ++n) {
      const bool here = book_[n].ingester == i && book_[n].kept != promise::none;
      if (here && !elsewhere(n, i)) book_.lose(n);
    }
  }
  holdings_.erase(i);
}

// A store that has never proved that others hold what it does cannot know, after a restart, that
// what it finds damaged then was not the only copy: it rightly says so until a person looks.
bool disk_judge::proved(std::size_t i) {
  const auto text = nodes_.host(i).stored().contents(store_dir + "/roster.json");
  const auto known = api::parse_roster(text.value_or(""));
  const auto own = parse_ulid(refresh(i).id);
  const auto* e = known && own ? known->store(*own) : nullptr;
  return e != nullptr && e->proved > 1;
}

std::optional<disk_judge::flip_place> disk_judge::may_flip(std::size_t i, std::uint64_t which,
                                                           std::uint64_t amount) {
  if (nodes_.gone(i) || !cluster::has_store(nodes_.role(i))) return std::nullopt;
  const holdings& h = refresh(i);
  if (h.files.empty() || !proved(i)) return std::nullopt;
  const auto covered = [&](const std::vector<ulid>& records) {
    return std::all_of(records.begin(), records.end(),
                       [&](const ulid& id) { return record_elsewhere(id, i); });
  };
  auto file = std::next(h.files.begin(), static_cast<long>(which % h.files.size()));
  for (std::size_t tries = 0; tries < h.files.size() && !covered(file->second.records); ++tries) {
    if (++file == h.files.end()) file = h.files.begin();
  }
  if (!covered(file->second.records)) return std::nullopt;
  return place_in(i, file->first, amount);
}

std::optional<disk_judge::flip_place> disk_judge::place_in(std::size_t i, const std::string& name,
                                                           std::uint64_t amount) {
  flip_place place{store_dir + "/" + name, 0};
  const auto bytes = nodes_.host(i).stored().contents(place.path);
  if (!bytes || bytes->empty()) return std::nullopt;
  place.offset = amount % bytes->size();
  return place;
}

// Before it happens.
void disk_judge::note_flip(std::size_t i, const std::string& path) {
  const std::string name = base_name(path);
  holdings& h = refresh(i);
  flip f{xxh3_128(nodes_.host(i).stored().contents(path).value_or("")), {}};
  if (const auto file = h.files.find(name); file != h.files.end()) f.records = file->second.records;
  // What was handed over to this store before counts as had, as where its disk is lost.
  had_[h.id].insert(f.records.begin(), f.records.end());
  flipped_.emplace(std::make_pair(i, name), std::move(f));
  drop_file(h, name);  // read again, as it is then
  ++flips_;
}

std::string disk_judge::damage_left() {
  for (const auto& [file, was] : flipped_) {
    const auto& [i, name] = file;
    if (nodes_.gone(i)) continue;
    const auto bytes = nodes_.host(i).stored().contents(store_dir + "/" + name);
    if (bytes && xxh3_128(*bytes) != was.sound)
      return text_of(i) + " still has the damaged " + name;
  }
  return "";
}

std::string disk_judge::surplus_left() {
  std::map<partition, std::set<std::size_t>> holders;
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    if (nodes_.gone(i) || !cluster::has_store(nodes_.role(i))) continue;
    for (const auto& [name, file] : refresh(i).files) holders[file.where].insert(i);
  }
  for (const auto& [where, stores] : holders) {
    if (stores.size() <= plan_.factor) continue;
    std::string who;
    for (const std::size_t i : stores) who += " " + text_of(i);
    return std::to_string(stores.size()) + " stores hold " + format(where) + " instead of " +
           std::to_string(plan_.factor) + ":" + who;
  }
  return "";
}

std::vector<std::string> disk_judge::member_ids(std::size_t i) {
  std::vector<std::string> ids;
  for (const std::string& dir : {ingest_dir, store_dir}) {
    const std::string id = id_of(nodes_.host(i).stored(), dir);
    if (!id.empty()) ids.push_back(id);
  }
  return ids;
}

std::size_t disk_judge::unconsumed(std::size_t i) {
  return queue(i).size();
}

}  // namespace oklog::history
