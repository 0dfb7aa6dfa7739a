#include "cmd/simulate/workers.h"

#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>

namespace oklog::simulate {
namespace {

struct worker {
  pid_t process = -1;
  int reads = -1;
};

void write_all(int to, const std::string& text) {
  for (std::size_t at = 0; at < text.size();) {
    const ssize_t n = ::write(to, text.data() + at, text.size() - at);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return;
    at += static_cast<std::size_t>(n);
  }
}

std::string read_all(int from) {
  std::string text;
  char piece[4096];
  while (true) {
    const ssize_t n = ::read(from, piece, sizeof piece);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return text;
    text.append(piece, static_cast<std::size_t>(n));
  }
}

worker start(unsigned number, const std::function<std::string(unsigned)>& work) {
  worker w;
  int ends[2];
  if (::pipe(ends) != 0) return w;
  w.process = ::fork();
  if (w.process == 0) {
    ::close(ends[0]);
    write_all(ends[1], work(number));
    std::fflush(stdout);
    std::_Exit(0);
  }
  ::close(ends[1]);
  w.reads = ends[0];
  return w;
}

worker_report finish(const worker& w) {
  worker_report r;
  if (w.process < 0) return r;
  r.text = read_all(w.reads);
  ::close(w.reads);
  int status = 0;
  while (::waitpid(w.process, &status, 0) < 0 && errno == EINTR) {
  }
  r.ended = WIFEXITED(status) && WEXITSTATUS(status) == 0;
  return r;
}

}  // namespace

std::vector<worker_report> run_workers(unsigned count,
                                       const std::function<std::string(unsigned)>& work) {
  if (count <= 1) return {{true, work(0)}};
  std::fflush(stdout);
  std::vector<worker> all;
  for (unsigned i = 0; i < count; ++i) all.push_back(start(i, work));
  std::vector<worker_report> reports;
  for (const worker& w : all) reports.push_back(finish(w));
  return reports;
}

}  // namespace oklog::simulate
