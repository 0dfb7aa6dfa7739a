#include "cmd/oklog/verify_report.h"

#include <algorithm>
#include <map>
#include <set>

#include "cmd/oklog/flags.h"

namespace oklog::cmd {
namespace {

struct holder {
  const verified_store* store;
  const catalogue_partition* held;
};

class comparison {
 public:
  explicit comparison(const verify_input& in) : in_(in) {}

  verify_report run() {
    std::map<partition, std::vector<holder>> all;
    for (const verified_store& s : in_.stores) {
      if (!s.failure.empty()) report_.everybody = false;
      report_.damaged += s.said.damaged.size();
      report_.quarantined += s.said.begun.quarantined;
      if (s.said.end) report_.unread += s.said.end->unread;
      if (!s.held) continue;
      floor_ = std::max(floor_, s.held->floor);
      for (const catalogue_partition& p : s.held->partitions) all[p.where].push_back({&s, &p});
    }
    if (!in_.away.empty()) report_.everybody = false;
    for (const auto& [where, holders] : all) {
      // What one store's retention has taken is nobody's loss (rule K12).
      if (where.window >= floor_) look_at(where, holders);
    }
    return std::move(report_);
  }

 private:
  void look_at(const partition& where, const std::vector<holder>& holders) {
    ++report_.partitions;
    const bool at_rest = std::all_of(holders.begin(), holders.end(), [](const holder& h) {
      return h.held->settled || h.held->damaged;
    });
    if (!at_rest) {
      ++report_.changing;
      if (holders.size() < in_.factor) report_.under_replicated.push_back(describe(where, holders));
      return;
    }
    const set_digest* best = nullptr;
    for (const holder& h : holders) {
      if (best == nullptr || h.held->digest.count > best->count) best = &h.held->digest;
    }
    std::size_t whole = 0;
    for (const holder& h : holders) whole += !h.held->damaged && h.held->digest == *best ? 1 : 0;
    const bool same = std::all_of(holders.begin(), holders.end(),
                                  [&](const holder& h) { return h.held->digest == *best; });
    if (whole >= in_.factor) {
      report_.surplus += same ? 0 : holders.size() - whole;
    } else if (same) {
      report_.under_replicated.push_back(describe(where, holders));
    } else {
      report_.differing.push_back(describe(where, holders));
    }
  }

  static copy_difference describe(const partition& where, const std::vector<holder>& holders) {
    copy_difference d{where, {}};
    for (const holder& h : holders) {
      d.copies.push_back({h.store->name, h.held->digest, h.held->damaged});
    }
    return d;
  }

  const verify_input& in_;
  verify_report report_;
  std::uint64_t floor_ = 0;
};

constexpr std::size_t shown_max = 20;  // partitions of one kind; all stand in the JSON

std::string number(std::uint64_t n, const char* one, const char* many) {
  return std::to_string(n) + " " + (n == 1 ? one : many);
}

void list(std::string& out, const char* what, const std::vector<copy_difference>& all) {
  for (std::size_t i = 0; i < std::min(all.size(), shown_max); ++i) {
    out += std::string(what) + "  " + format(all[i].where) + "\n";
    for (const copy_difference::copy& c : all[i].copies) {
      out += "    " + c.store + "  " + number(c.digest.count, "record", "records") + "  " +
             to_hex(c.digest.sum) + (c.damaged ? "  damaged" : "") + "\n";
    }
  }
  if (all.size() > shown_max) {
    out += std::string(what) + "  and " + std::to_string(all.size() - shown_max) + " more\n";
  }
}

nlohmann::ordered_json list_json(const std::vector<copy_difference>& all) {
  nlohmann::ordered_json out = nlohmann::ordered_json::array();
  for (const copy_difference& d : all) {
    nlohmann::ordered_json copies = nlohmann::ordered_json::array();
    for (const copy_difference::copy& c : d.copies) {
      copies.push_back({{"store", c.store},
                        {"count", c.digest.count},
                        {"sum", to_hex(c.digest.sum)},
                        {"damaged", c.damaged}});
    }
    out.push_back({{"partition", format(d.where)}, {"copies", std::move(copies)}});
  }
  return out;
}

std::string verdict(const verify_report& r) {
  switch (exit_code(r)) {
    case exit_done:
      return "sound: every copy was read, and all that can be compared is the same\n";
    case exit_partial:
      return "nothing is wrong with what was read, but not everybody answered\n";
    default:
      return "NOT SOUND\n";
  }
}

}  // namespace

verify_report compare(const verify_input& in) {
  return comparison(in).run();
}

int exit_code(const verify_report& r) {
  const bool damage = r.damaged + r.unread + r.quarantined > 0 || !r.differing.empty();
  if (damage) return exit_failed;
  if (!r.everybody) return exit_partial;
  return r.under_replicated.empty() ? exit_done : exit_failed;
}

std::string report_text(const verify_input& in, const verify_report& r) {
  std::string out;
  for (const verified_store& s : in.stores) {
    out += s.name + "  " + s.api + "  " + number(s.said.done.segments, "segment", "segments") +
           ", " + number(s.said.done.bytes, "byte", "bytes") + " read" +
           (s.failure.empty() ? "" : ": " + s.failure) + "\n";
    for (const api::verify_damage& d : s.said.damaged) {
      out += "  DAMAGED  " + d.segment + "  of " + d.partition + "\n";
      for (const std::string& what : d.what) out += "    " + what + "\n";
    }
    if (s.said.begun.quarantined > 0) {
      out += "  QUARANTINE  " + number(s.said.begun.quarantined, "file", "files") +
             ", and nobody knows yet what they held\n";
    }
  }
  for (const std::string& name : in.away) out += name + "  is away\n";
  list(out, "DIFFERS", r.differing);
  list(out, "TOO FEW COPIES", r.under_replicated);
  out += number(r.partitions, "partition", "partitions") + " (" + std::to_string(r.changing) +
         " still written to or merged); " + number(r.surplus, "copy", "copies") + " too many\n";
  return out + verdict(r);
}

nlohmann::ordered_json report_json(const verify_input& in, const verify_report& r) {
  nlohmann::ordered_json stores = nlohmann::ordered_json::array();
  for (const verified_store& s : in.stores) {
    nlohmann::ordered_json damaged = nlohmann::ordered_json::array();
    for (const api::verify_damage& d : s.said.damaged) {
      damaged.push_back({{"segment", d.segment}, {"partition", d.partition}, {"damage", d.what}});
    }
    stores.push_back({{"store", s.name},
                      {"api", s.api},
                      {"error", s.failure},
                      {"segments", s.said.done.segments},
                      {"bytes", s.said.done.bytes},
                      {"quarantined", s.said.begun.quarantined},
                      {"unread", s.said.end ? s.said.end->unread : 0},
                      {"damaged", std::move(damaged)}});
  }
  nlohmann::ordered_json j;
  j["sound"] = exit_code(r) == exit_done;
  j["everybody_answered"] = r.everybody;
  j["factor"] = in.factor;
  j["partitions"] = r.partitions;
  j["changing"] = r.changing;
  j["surplus_copies"] = r.surplus;
  j["differing"] = list_json(r.differing);
  j["under_replicated"] = list_json(r.under_replicated);
  j["away"] = in.away;
  j["stores"] = std::move(stores);
  return j;
}

}  // namespace oklog::cmd
