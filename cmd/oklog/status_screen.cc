#include "cmd/oklog/status_screen.h"

#include <algorithm>
#include <map>

#include "cmd/oklog/human.h"
#include "oklog/query/terminal.h"

namespace oklog::cmd {
namespace {

using json = nlohmann::ordered_json;

constexpr std::size_t name_shown = 10;  // characters of an id
constexpr std::size_t bar_width = 10;

// What is missing or of another kind reads as nothing.
const json& part(const json& j, const char* key) {
  static const json nothing;
  if (!j.is_object()) return nothing;
  const auto at = j.find(key);
  return at == j.end() ? nothing : *at;
}
std::string text(const json& j, const char* key) {
  const json& v = part(j, key);
  return v.is_string() ? printable(v.get<std::string>()) : "";
}
// "2026-11-20T14:00:00Z" as people read it.
std::string hour(const std::string& time) {
  return time.size() < 16 ? time : time.substr(0, 10) + " " + time.substr(11, 5);
}

struct totals {
  std::uint64_t records = 0;
  std::uint64_t bytes = 0;
  std::uint64_t partitions = 0;
  std::uint64_t lacking = 0;
  std::uint64_t factor = 1;
  std::uint64_t waiting_bytes = 0;
  std::uint64_t waiting_segments = 0;
  std::string oldest;
  std::string oldest_waiting;
  std::string oldest_lacking;
};

void take_older(std::string& oldest, std::string time) {
  if (!time.empty() && (oldest.empty() || time < oldest)) oldest = std::move(time);
}

totals totals_of(const cluster_status& s) {
  totals t;
  for (const member_answer& a : s.answers) {
    if (!a.said) continue;
    const json& st = part(*a.said, "store");
    t.records += number_in(st, "records");
    t.bytes += number_in(st, "bytes");
    t.partitions =
        std::max({t.partitions, number_in(st, "known_partitions"), number_in(st, "partitions")});
    t.lacking = std::max(t.lacking, number_in(st, "under_replicated"));
    t.factor = std::max(t.factor, number_in(st, "factor_in_force"));
    take_older(t.oldest, text(st, "oldest"));
    take_older(t.oldest_lacking, text(st, "oldest_under_replicated"));
    const json& in = part(*a.said, "ingest");
    t.waiting_bytes += number_in(in, "bytes");
    t.waiting_segments += number_in(in, "segments");
    take_older(t.oldest_waiting, text(in, "oldest"));
  }
  return t;
}

std::string short_name(const seen_member& m) {
  return printable(m.name).substr(0, name_shown) + (m.self ? " *" : "");
}

// The fullest disk of a node.
std::string disk_of(const json& status) {
  const json& disks = part(status, "disks");
  if (!disks.is_array()) return "-";
  const json* fullest = nullptr;
  double most = -1;
  for (const json& d : disks) {
    const double total = static_cast<double>(number_in(d, "total"));
    if (total <= 0) continue;
    const double used = 1 - static_cast<double>(number_in(d, "free")) / total;
    if (used <= most) continue;
    most = used;
    fullest = &d;
  }
  if (fullest == nullptr) return "-";
  const std::string share = std::to_string(static_cast<int>(most * 100)) + " %";
  const json& soon = part(*fullest, "full_in_s");
  const std::string when =
      soon.is_number_unsigned() ? ", full in " + age_text(soon.get<std::int64_t>()) : "";
  return bar(most, bar_width) + " " + share + " of " + bytes_text(number_in(*fullest, "total")) +
         when;
}

std::string backlog_of(const json& status) {
  const json& in = part(status, "ingest");
  if (!in.is_object()) return "-";
  const std::uint64_t n = number_in(in, "segments");
  if (n == 0) return "0";
  return bytes_text(number_in(in, "bytes")) + " in " + std::to_string(n);
}

std::string stored_of(const json& status) {
  const json& st = part(status, "store");
  if (!st.is_object()) return "-";
  return bytes_text(number_in(st, "bytes")) + " in " + std::to_string(number_in(st, "partitions"));
}

std::string node_table(const cluster_status& s) {
  std::vector<std::vector<std::string>> rows{
      {"NODE", "STATE", "ROLE", "API", "COPIES", "WAITING", "STORED", "DISK"}};
  for (const member_answer& a : s.answers) {
    const seen_member& m = a.member;
    std::vector<std::string> row{short_name(m), printable(m.state), printable(m.role),
                                 printable(m.api)};
    row.push_back(m.has_store() ? std::to_string(m.factor) : "-");
    if (a.said) {
      row.insert(row.end(), {backlog_of(*a.said), stored_of(*a.said), disk_of(*a.said)});
    } else {
      row.push_back("did not answer: " + excerpt(a.failure, 60));
    }
    rows.push_back(std::move(row));
  }
  for (const seen_member& m : s.members) {
    if (m.in_service() || (m.state == "left" && !m.kept_records)) continue;
    rows.push_back({short_name(m), printable(m.state), printable(m.role), printable(m.api)});
  }
  return columns(rows);
}

// What answers cover as the node sees it that sees the worst; nothing where nobody says.
const json& answers_of(const cluster_status& s) {
  static const json nothing;
  const std::vector<std::string> ranks{"full", "degraded", "partial"};
  const json* worst = &nothing;
  std::ptrdiff_t rank = -1;
  for (const member_answer& a : s.answers) {
    if (!a.said) continue;
    const json& answers = part(*a.said, "answers");
    const auto at = std::find(ranks.begin(), ranks.end(), text(answers, "coverage"));
    if (at == ranks.end() || at - ranks.begin() <= rank) continue;
    rank = at - ranks.begin();
    worst = &answers;
  }
  return *worst;
}

std::string answers_text(const json& answers) {
  const std::string coverage = text(answers, "coverage");
  if (coverage == "full") return "answers are complete";
  if (coverage == "degraded") return "answers are complete, from the copies that are left";
  if (coverage == "partial") return "answers may lack records";
  return "what answers cover is not known";
}

void add_missing(const cluster_status& s, std::vector<std::string>& out) {
  const json& answers = answers_of(s);
  const json& missing = part(answers, "missing");
  if (!missing.is_array()) return;
  for (const json& who : missing) {
    if (who.is_string()) out.push_back("answers miss " + printable(who.get<std::string>()));
  }
}

// Nodes that are set to another number of copies than others.
void add_factors(const cluster_status& s, std::vector<std::string>& out) {
  std::map<std::uint64_t, std::uint64_t> by_factor;
  for (const seen_member& m : s.members) {
    if (m.in_service() && m.has_store()) ++by_factor[m.factor];
  }
  if (by_factor.size() < 2) return;
  std::string all;
  for (const auto& [factor, n] : by_factor) {
    all += (all.empty() ? "" : ", ") + std::to_string(n) + " to " + std::to_string(factor);
  }
  out.push_back("stores are set to different numbers of copies (" + all + "): the largest is made");
}

}  // namespace

std::vector<std::string> attention_of(const cluster_status& s) {
  std::vector<std::string> order;
  std::map<std::string, std::vector<std::string>> by_sentence;
  for (const member_answer& a : s.answers) {
    const std::string name = printable(a.member.name).substr(0, name_shown);
    if (!a.said) {
      order.push_back(name + " did not answer: " + excerpt(a.failure));
      continue;
    }
    const json& said = part(*a.said, "attention");
    if (!said.is_array()) continue;
    for (const json& sentence : said) {
      if (!sentence.is_string()) continue;
      const std::string one = printable(sentence.get<std::string>());
      if (by_sentence[one].empty()) order.push_back(one);
      by_sentence[one].push_back(name);
    }
  }
  add_missing(s, order);
  add_factors(s, order);
  std::vector<std::string> out;
  for (const std::string& sentence : order) {
    const auto who = by_sentence.find(sentence);
    const std::size_t n = who == by_sentence.end() ? 0 : who->second.size();
    // What all say is of the cluster; what one says is its own.
    const bool own = n == 1 && s.answers.size() > 1;
    out.push_back(own ? who->second.front() + ": " + sentence : sentence);
  }
  return out;
}

nlohmann::ordered_json status_json(const cluster_status& s) {
  nlohmann::ordered_json j;
  nlohmann::ordered_json nodes = nlohmann::ordered_json::array();
  nlohmann::ordered_json silent = nlohmann::ordered_json::array();
  for (const member_answer& a : s.answers) {
    if (a.said) {
      nodes.push_back(*a.said);
    } else {
      silent.push_back({{"name", a.member.name}, {"api", a.member.api}, {"error", a.failure}});
    }
  }
  for (const seen_member& m : s.members) {
    if (m.in_service() || (m.state == "left" && !m.kept_records)) continue;
    silent.push_back({{"name", m.name}, {"api", m.api}, {"error", "it is " + m.state}});
  }
  j["nodes"] = std::move(nodes);
  j["silent"] = std::move(silent);
  j["attention"] = attention_of(s);
  return j;
}

std::string status_screen(const cluster_status& s) {
  const totals t = totals_of(s);
  std::size_t answered = 0;
  for (const member_answer& a : s.answers) answered += a.said ? 1 : 0;
  std::string out = std::to_string(answered) + " of " + std::to_string(s.answers.size()) +
                    " members in service answered; " + std::to_string(t.factor) +
                    (t.factor == 1 ? " copy is" : " copies are") + " made of everything\n";
  out += count_text(t.records) + " records and " + bytes_text(t.bytes) + " in all copies, of " +
         std::to_string(t.partitions) + " partitions" +
         (t.oldest.empty() ? "" : ", since " + hour(t.oldest)) + "\n";
  out += t.lacking == 0 ? std::string("no partition lacks a copy")
                        : count_text(t.lacking) + " partitions lack copies, the oldest of " +
                              hour(t.oldest_lacking);
  out += t.waiting_segments == 0
             ? "; nothing waits to be consumed\n"
             : "; " + bytes_text(t.waiting_bytes) + " wait to be consumed, the oldest of " +
                   hour(t.oldest_waiting) + "\n";
  out += answers_text(answers_of(s)) + "\n";
  out += "\n" + node_table(s) + "\n";
  const std::vector<std::string> wanted = attention_of(s);
  if (wanted.empty()) return out + "all is well\n";
  for (const std::string& sentence : wanted) out += "! " + sentence + "\n";
  return out;
}

}  // namespace oklog::cmd
