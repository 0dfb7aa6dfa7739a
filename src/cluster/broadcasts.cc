#include "oklog/cluster/broadcasts.h"

#include <algorithm>
#include <vector>

namespace oklog::cluster {
namespace {

constexpr std::size_t smallest_news = 20;  // no message is shorter
constexpr unsigned misfits_max = 8;        // looked at, too long for what room is left

}  // namespace

void broadcasts::link(const ulid& about, const piece& p) {
  by_sent_.emplace(p.sent, p.last, about);
  by_age_.emplace(p.last, about);
}

void broadcasts::unlink(const ulid& about, const piece& p) {
  by_sent_.erase({p.sent, p.last, about});
  by_age_.erase({p.last, about});
}

void broadcasts::put(const ulid& about, std::string news) {
  drop(about);
  piece& p = pieces_[about];
  p.news = std::move(news);
  p.last = ++tick_;
  link(about, p);
}

void broadcasts::drop(const ulid& about) {
  const auto at = pieces_.find(about);
  if (at == pieces_.end()) return;
  unlink(about, at->second);
  pieces_.erase(at);
}

bool broadcasts::send(std::string& packet, const ulid& about, std::size_t& room) {
  piece& p = pieces_[about];
  if (p.news.size() > room) return false;
  packet += p.news;
  room -= p.news.size();
  return true;
}

void broadcasts::take(std::string& packet, std::size_t room, unsigned limit) {
  if (pieces_.empty()) return;
  std::vector<ulid> sent;
  std::size_t reserved = room / 4;
  std::size_t fresh = room - reserved;
  unsigned misfits = 0;
  for (const auto& [times, last, about] : by_sent_) {
    if (fresh < smallest_news || misfits > misfits_max) break;
    if (send(packet, about, fresh)) {
      sent.push_back(about);
    } else {
      ++misfits;
    }
  }
  std::size_t rest = reserved + fresh;
  misfits = 0;
  const std::size_t first_part = sent.size();
  for (const auto& [last, about] : by_age_) {
    if (sent.size() == pieces_.size() || rest < smallest_news || misfits > misfits_max) break;
    const auto end = sent.begin() + static_cast<std::ptrdiff_t>(first_part);
    if (std::find(sent.begin(), end, about) != end) continue;
    if (send(packet, about, rest)) {
      sent.push_back(about);
    } else {
      ++misfits;
    }
  }
  for (const ulid& about : sent) {
    piece& p = pieces_[about];
    unlink(about, p);
    p.last = ++tick_;
    if (++p.sent >= limit) {
      pieces_.erase(about);
    } else {
      link(about, p);
    }
  }
}

}  // namespace oklog::cluster
