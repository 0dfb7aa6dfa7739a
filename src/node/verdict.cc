#include "node/verdict.h"

#include <algorithm>
#include <optional>
#include <set>

#include "node/membership.h"

namespace oklog::node {
namespace {

constexpr auto skew_ms = static_cast<std::uint64_t>(clock_skew_max / std::chrono::milliseconds(1));

std::string text_of(std::uint64_t ms) {
  return format_rfc3339(wall_time(std::chrono::seconds(ms / 1000)));
}

class judge {
 public:
  judge(const roll_call& called, const accounting& who) : called_(called), who_(who) {}

  coverage run() {
    for (const std::string& sentence : called_.doubts()) covered_.add_missing(sentence);
    look_at_own_store();
    for (const roll_call::entries* half : {&called_.ingesters(), &called_.stores()}) {
      for (const auto& [id, e] : *half) {
        if (e.since && (!covered_.since || *covered_.since < *e.since)) covered_.since = e.since;
      }
    }
    look_at_ingesters();
    look_at_stores();
    look_at_losses();
    // A node with two halves may lack the same twice.
    std::set<std::string> said;
    std::erase_if(covered_.missing, [&said](const auto& s) { return !said.insert(s).second; });
    return std::move(covered_);
  }

 private:
  const cluster::member* member(const ulid& id) const {
    const auto is = [&id](const cluster::member& m) { return m.id == id; };
    const auto at = std::find_if(who_.members.begin(), who_.members.end(), is);
    return at == who_.members.end() ? nullptr : &*at;
  }

  // A store that others do not know of yet may itself not know of others (rule K14).
  void look_at_own_store() {
    const cluster::member& self = who_.members.front();
    const cluster::store_entry* own = who_.roster.store(self.id);
    const bool others = who_.members.size() > 1 || who_.roster.stores().size() > 1;
    if (has_store(self.data.role) && others && (own == nullptr || !own->admitted)) {
      covered_.add_missing("this node's store is not admitted yet: it may not know all others");
    }
  }

  // When it was last there, as far as this node can tell; nothing where it is.
  std::optional<std::uint64_t> away_since(const ulid& id) const {
    const cluster::member* m = member(id);
    if (m == nullptr) return now_ms();
    if (in_service(*m)) return std::nullopt;
    return static_cast<std::uint64_t>(unix_ms(who_.now - (who_.boot - m->since)));
  }
  std::uint64_t now_ms() const { return static_cast<std::uint64_t>(unix_ms(who_.now)); }

  std::string why_away(const ulid& id) const {
    const cluster::member* m = member(id);
    if (m == nullptr) return "not seen since this node started";
    if (in_service(*m)) return "was not asked";
    const std::string since = text_of(*away_since(id));
    return (m->state == cluster::state::dead ? "dead since " : "left ") + since;
  }

  std::string name_of(std::string_view kind, const ulid& id, const std::string& api) const {
    return std::string(kind) + " " + format(id) + (api.empty() ? "" : " at " + api);
  }

  // --- ingesters

  void look_at_ingesters() {
    for (const auto& [id, e] : called_.ingesters()) {
      const auto parsed = parse_ulid(id);
      const bool known = parsed && who_.roster.ingesters().contains(*parsed);
      if (!known && !e.fully()) miss(e.who, e.why);
    }
    for (const auto& [id, e] : who_.roster.ingesters()) look_at_ingester(e);
    for (const cluster::member& m : who_.members) {
      const bool unknown = !who_.roster.ingesters().contains(m.id);
      if (!unknown || !has_ingest(m.data.role) || !took_records(m)) continue;
      miss(name_of("ingester", m.id, format(m.data.api())), {why_away(m.id)});
    }
  }

  void look_at_ingester(const cluster::ingester_entry& e) {
    const auto called = called_.ingesters().find(format(e.id));
    const bool asked = called != called_.ingesters().end();
    if (asked && called->second.fully()) return;
    const auto since = away_since(e.id);
    const bool there = !since;
    if (!there && (e.handed_over || e.given_up >= std::max<std::uint64_t>(e.starts, 1))) return;
    // What it may hold unconsumed: from its last word on, to when it was last there.
    const std::uint64_t oldest = e.low_water.ms;
    // Its own clock may be further ahead of ours than clocks should be: its last word shows that.
    const std::uint64_t newest = std::max(there ? now_ms() : *since, oldest) + skew_ms;
    if (who_.to_ms < oldest || newest < who_.from_ms) return;
    const std::string begin = oldest == 0 ? "" : "from " + text_of(oldest) + " ";
    const std::string range = ": what it took " + begin + (oldest == 0 ? "until " : "to ") +
                              text_of(newest) + " may be missing";
    std::string who = asked && !called->second.who.empty() ? called->second.who
                                                           : name_of("ingester", e.id, e.api);
    std::vector<std::string> why = asked ? called->second.why : std::vector<std::string>();
    if (why.empty()) why.push_back(why_away(e.id));
    why.back() += range;
    miss(who, why);
  }

  void miss(const std::string& who, const std::vector<std::string>& why) {
    for (const std::string& sentence : why) {
      covered_.add_missing(who.empty() ? sentence : who + ": " + sentence);
    }
  }

  // --- stores

  void look_at_stores() {
    std::vector<std::string> sentences;
    std::size_t missing = 0;
    const auto add = [&](const std::string& who, const std::vector<std::string>& why) {
      ++missing;
      for (const std::string& sentence : why) {
        sentences.push_back(who.empty() ? sentence : who + ": " + sentence);
      }
    };
    for (const cluster::store_entry* e : who_.roster.counted()) {
      const auto called = called_.stores().find(format(e->id));
      if (called == called_.stores().end()) {
        add(name_of("store", e->id, e->api), {why_away(e->id)});
      } else if (!called->second.fully()) {
        add(called->second.who, called->second.why);
      }
    }
    // Those that are not in the roster can be counted neither upon nor off.
    for (const auto& [id, e] : called_.stores()) {
      if (!e.fully() && !counted(id)) miss(e.who, e.why);
    }
    for (const cluster::member& m : who_.members) {
      const bool unknown = who_.roster.store(m.id) == nullptr;
      if (!unknown || !has_store(m.data.role) || !took_records(m)) continue;
      miss(name_of("store", m.id, format(m.data.api())), {why_away(m.id)});
    }
    if (missing == 0) return;
    const bool others_have_it = missing < who_.roster.proved_copies();
    const coverage_state state =
        others_have_it ? coverage_state::degraded : coverage_state::partial;
    covered_.state = std::max(covered_.state, state);
    for (std::string& s : sentences) covered_.missing.push_back(std::move(s));
  }

  bool counted(const std::string& id) const {
    const auto parsed = parse_ulid(id);
    return parsed && who_.roster.counts(*parsed);
  }

  // --- what was given up by hand: said for as long as the answer may lack it

  void look_at_losses() {
    for (const auto& [id, r] : who_.roster.retirements()) note_loss("store", id, r.loss_ms);
    for (const auto& [id, e] : who_.roster.ingesters()) note_loss("ingester", id, e.given_up_ms);
  }

  void note_loss(std::string_view kind, const ulid& id, std::uint64_t ms) {
    if (ms == 0) return;
    const std::uint64_t newest = ms + skew_ms;
    const auto floor = covered_.since ? static_cast<std::uint64_t>(unix_ms(*covered_.since)) : 0;
    if (newest < who_.from_ms || newest < floor) return;
    covered_.given_up.push_back(name_of(kind, id, "") + " was given up at " + text_of(ms) +
                                ": what only it held is not here");
  }

  const roll_call& called_;
  const accounting& who_;
  coverage covered_;
};

}  // namespace

coverage verdict(const roll_call& called, const accounting& who) {
  return judge(called, who).run();
}

}  // namespace oklog::node
