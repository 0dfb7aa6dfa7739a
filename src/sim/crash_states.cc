// The images that a crash may leave.
#include <algorithm>
#include <set>
#include <unordered_map>

#include "sim/disk_state.h"

namespace oklog::sim {

using op_type = unsynced_op::type;
using fates = std::vector<fate>;

void replay_data(const unsynced_op& op, const fate& how, content& on, prng& random) {
  if (how.what == fate::type::lost) return;
  if (op.what == op_type::truncate) return on.resize(static_cast<std::size_t>(op.size));
  const auto offset = static_cast<std::size_t>(op.offset);
  auto size = static_cast<std::size_t>(op.size);
  if (how.what == fate::type::torn) {
    size = std::min(size, static_cast<std::size_t>(how.keep));
  }
  if (how.what == fate::type::zeroed) return on.write_at(offset, std::string(size, '\0'));
  if (how.what != fate::type::garbage) return on.take_from(op.data, offset, size);
  std::string noise(size, '\0');
  for (char& c : noise) c = static_cast<char>(random.below(256));
  on.write_at(offset, noise);
}

namespace {

// Copies of nodes in their synced state, made when first asked for.
class copier {
 public:
  node_ptr copy(const node_ptr& n) {
    if (const auto it = made_.find(n.get()); it != made_.end()) return it->second;
    auto out = std::make_shared<node>();
    made_[n.get()] = out;
    out->kind = n->kind;
    out->unreadable = n->unreadable;
    out->live = n->synced;
    for (const auto& [name, child] : n->synced_entries) out->entries[name] = copy(child);
    return out;
  }

 private:
  std::unordered_map<const node*, node_ptr> made_;
};

void replay_entry(const unsynced_op& op, const fate& how, copier& images) {
  if (how.what == fate::type::lost) return;
  const node_ptr target = images.copy(op.target);
  const node_ptr dir = images.copy(op.dir);
  if (op.what == op_type::link) dir->entries[op.name] = target;
  if (op.what == op_type::move) images.copy(op.to_dir)->entries[op.to_name] = target;
  if (op.what == op_type::link || how.what == fate::type::both_names) return;
  const auto old = dir->entries.find(op.name);
  if (old != dir->entries.end() && old->second == target) dir->entries.erase(old);
}

void settle(node& n, std::set<const node*>& seen) {
  if (!seen.insert(&n).second) return;
  n.synced = n.live;
  n.synced_entries = n.entries;
  for (auto& [name, child] : n.entries) settle(*child, seen);
}

}  // namespace

std::shared_ptr<disk_state> disk_state::image(const fates& how, prng& random) const {
  copier images;
  auto out = std::make_shared<disk_state>();
  out->capacity = capacity;
  out->limited = limited;
  out->root = images.copy(root);
  for (std::size_t i = 0; i < journal.size(); ++i) {
    const auto& op = journal[i];
    if (op.is_data()) {
      replay_data(op, how[i], images.copy(op.target)->live, random);
    } else {
      replay_entry(op, how[i], images);
    }
  }
  std::set<const node*> seen;
  settle(*out->root, seen);
  return out;
}

namespace {

constexpr std::size_t long_journal = 48;  // from here on prefixes and omissions are sampled
constexpr std::size_t subsets_up_to = 6;

// Shows each distinct combination of fates once.
class enumeration {
 public:
  enumeration(const disk_state& disk, const disk::crash_visitor& see)
      : disk_(disk), see_(see), random_(disk.operations), size_(disk.journal.size()) {}

  void run() {
    show("nothing unsynced was kept", all(fate::type::lost));
    show("everything was kept", all(fate::type::kept));
    prefixes_and_omissions();
    kinds_apart();
    single_writes();
    torn_writes();
    subsets();
  }

 private:
  fates all(fate::type what) const {
    fate each;
    each.what = what;
    return fates(size_, each);
  }

  void show(const std::string& what, const fates& how) {
    if (!seen_.insert(how).second) return;
    const auto image = disk_.as_disk(disk_.image(how, random_));
    see_(*image, what);
  }

  bool skip() { return size_ > long_journal && !random_.chance(long_journal, size_); }

  void prefixes_and_omissions() {
    for (std::size_t i = 0; i < size_; ++i) {
      if (skip()) continue;
      auto prefix = all(fate::type::lost);
      for (std::size_t j = 0; j < i; ++j) prefix[j].what = fate::type::kept;
      show("the first " + std::to_string(i) + " operations were kept", prefix);
      auto omission = all(fate::type::kept);
      omission[i].what = fate::type::lost;
      show("operation " + std::to_string(i) + " was lost", omission);
    }
  }

  // Entries with the data in another state, and the reverse.
  void kinds_apart() {
    const auto split = [&](fate::type entries, fate::type data) {
      auto how = all(fate::type::kept);
      for (std::size_t i = 0; i < size_; ++i) {
        const auto& op = disk_.journal[i];
        if (!op.is_data()) how[i].what = entries;
        if (op.what == op_type::append) how[i].what = data;
      }
      return how;
    };
    show("entries without data", split(fate::type::kept, fate::type::lost));
    show("data without entries", split(fate::type::lost, fate::type::kept));
    show("entries and sizes, data zero", split(fate::type::kept, fate::type::zeroed));
    show("entries and sizes, data garbage", split(fate::type::kept, fate::type::garbage));
  }

  void single_writes() {
    for (std::size_t i = 0; i < size_; ++i) {
      if (skip()) continue;
      auto how = all(fate::type::kept);
      const auto with = [&](const char* what, fate::type type) {
        how[i].what = type;
        show("operation " + std::to_string(i) + what, how);
      };
      if (disk_.journal[i].what == op_type::append) {
        with(": its size without its data", fate::type::zeroed);
        with(": garbage for its data", fate::type::garbage);
      } else if (disk_.journal[i].what == op_type::move) {
        with(": both names are there", fate::type::both_names);
      }
    }
  }

  void torn_writes() {
    std::set<const node*> done;
    for (std::size_t i = size_; i-- > 0;) {
      const auto& op = disk_.journal[i];
      if (op.what != op_type::append || !done.insert(op.target.get()).second) continue;
      for (const std::uint64_t keep : cuts(op)) {
        auto how = all(fate::type::kept);
        how[i].what = fate::type::torn;
        how[i].keep = keep;
        show("operation " + std::to_string(i) + " torn at " + std::to_string(keep), how);
      }
    }
  }

  std::set<std::uint64_t> cuts(const unsynced_op& op) {
    constexpr std::uint64_t page = 4096;
    const std::uint64_t first_page = page - op.offset % page;
    std::set<std::uint64_t> out{1, 512, first_page, op.size - 1};
    if (op.size > first_page) {
      const std::uint64_t pages = (op.size - first_page - 1) / page;
      out.insert(first_page + pages * page);
      if (pages > 1) out.insert(first_page + random_.below(pages) * page);
    }
    for (int i = 0; i < 2; ++i) out.insert(random_.below(op.size));
    std::erase_if(out, [&](std::uint64_t keep) { return keep == 0 || keep >= op.size; });
    return out;
  }

  void subsets() {
    if (size_ > subsets_up_to) return;
    for (std::size_t mask = 0; mask < (std::size_t{1} << size_); ++mask) {
      auto how = all(fate::type::lost);
      for (std::size_t i = 0; i < size_; ++i) {
        if ((mask >> i & 1) != 0) how[i].what = fate::type::kept;
      }
      show("subset " + std::to_string(mask), how);
    }
  }

  const disk_state& disk_;
  const disk::crash_visitor& see_;
  prng random_;
  std::size_t size_;
  std::set<fates> seen_;
};

}  // namespace

void disk::for_each_crash_state(const crash_visitor& see) const {
  enumeration(*state_, see).run();
}

std::unique_ptr<disk> disk::crash(prng& random) const {
  fates how(state_->journal.size());
  const std::uint64_t kept_of_four = random.below(5);
  for (std::size_t i = 0; i < how.size(); ++i) {
    const auto& op = state_->journal[i];
    if (!random.chance(kept_of_four, 4)) continue;
    how[i].what = fate::type::kept;
    if (op.what == op_type::move && random.chance(1, 8)) how[i].what = fate::type::both_names;
    if (op.what != op_type::append || !random.chance(1, 4)) continue;
    constexpr fate::type damage[] = {fate::type::torn, fate::type::zeroed, fate::type::garbage};
    how[i].what = damage[random.below(3)];
    how[i].keep = how[i].what == fate::type::torn ? random.below(op.size) : 0;
  }
  return state_->as_disk(state_->image(how, random));
}

namespace {

// Copies of nodes as they are, with what they share.
class cloner {
 public:
  node_ptr clone(const node_ptr& n) {
    if (!n) return nullptr;
    if (const auto it = made_.find(n.get()); it != made_.end()) return it->second;
    auto out = std::make_shared<node>(*n);
    made_[n.get()] = out;
    out->locked = false;
    for (auto& [name, child] : out->entries) child = clone(child);
    for (auto& [name, child] : out->synced_entries) child = clone(child);
    return out;
  }

 private:
  std::unordered_map<const node*, node_ptr> made_;
};

}  // namespace

std::unique_ptr<disk> disk::kill_process() const {
  cloner copies;
  auto out = std::make_shared<disk_state>();
  out->capacity = state_->capacity;
  out->limited = state_->limited;
  out->root = copies.clone(state_->root);
  out->journal = state_->journal;
  for (auto& op : out->journal) {
    op.target = copies.clone(op.target);
    op.dir = copies.clone(op.dir);
    op.to_dir = copies.clone(op.to_dir);
  }
  return state_->as_disk(std::move(out));
}

}  // namespace oklog::sim
