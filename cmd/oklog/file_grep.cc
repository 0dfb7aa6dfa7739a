#include "cmd/oklog/file_grep.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <deque>

#include "oklog/env/event.h"
#include "oklog/env/task_group.h"

namespace oklog::cmd {
namespace {

constexpr std::size_t pieces_a_thread = 4;     // of the file whose turn it is
constexpr std::size_t waiting_pieces_max = 4;  // of each file that waits for its turn

// Standard input, a fifo, a device: what the filesystem of env does not open.
class descriptor_input final : public grep::byte_input {
 public:
  explicit descriptor_input(int fd) : fd_(fd) {}
  ~descriptor_input() override {
    if (fd_ > STDERR_FILENO) ::close(fd_);
  }
  descriptor_input(const descriptor_input&) = delete;
  result<std::size_t> read(char* out, std::size_t size) override {
    while (true) {
      const ssize_t n = ::read(fd_, out, size);
      if (n >= 0) return static_cast<std::size_t>(n);
      if (errno != EINTR) return fail(errc::io, std::string("read: ") + std::strerror(errno));
    }
  }

 private:
  int fd_;
};

result<grep::text_pieces> open_pieces(env::filesystem& fs, const named_file& f) {
  if (f.is == named_file::kind::plain) {
    TRY_LET(auto file, fs.open_read(f.path));
    return grep::text_pieces::open(std::move(file));
  }
  const int fd = f.path.empty() ? STDIN_FILENO : ::open(f.path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return fail(errc::io, std::string("open: ") + std::strerror(errno));
  return grep::text_pieces::open(std::make_unique<descriptor_input>(fd));
}

// What all files of one run share. Loop thread, except where it is said.
struct run_state {
  run_state(env::environment e, const grep_task& t, grep_sink& s)
      : env(e), task(t), sink(s), turn_moved(e.loop) {}

  // In this process nothing else waits, so searches need no lane of their own.
  std::size_t threads() const { return env.loop.pool_threads(env::lane::prompt); }

  env::environment env;
  const grep_task& task;
  grep_sink& sink;
  std::size_t next = 0;  // file that nobody has begun
  std::size_t turn = 0;  // file whose finds are handed out
  bool stopped = false;
  env::event turn_moved;
};

// On the pool.
void search(const run_state& run, std::size_t file, searched_piece& p) {
  p.hits.clear();
  p.lines.clear();
  p.failed.reset();
  p.matches = 0;
  const auto text = p.piece.load(p.buffer);
  if (!text) {
    p.failed = text.error();
    return;
  }
  p.text = *text;
  if (run.task.wants == piece_wants::count) {
    p.matches = run.task.match->count_in_lines(p.text);
    return;
  }
  run.task.match->find_in_lines(p.text, p.hits);
  p.matches = p.hits.size();
  if (run.task.wants == piece_wants::lines) run.sink.print(file, p);
}

env::awaitable<void> search_on_pool(const run_state& run, std::size_t file, searched_piece& p) {
  co_await env::offload(run.env.loop, [&] { search(run, file, p); });
}

// Reads one file and hands it out when its turn comes.
class file_search {
 public:
  file_search(run_state& run, std::size_t file) : run_(run), file_(file) {}

  env::awaitable<void> go() {
    co_await env::offload(run_.env.loop, [&] {
      auto opened = open_pieces(run_.env.fs, run_.task.files[file_]);
      if (opened) {
        pieces_.emplace(std::move(*opened));
      } else {
        trouble_ = opened.error().what;
      }
    });
    ended_ = !pieces_;
    while (!ended_ && !run_.stopped) {
      co_await search_some(my_turn() ? pieces_a_thread * run_.threads() : 1);
      if (my_turn()) hand_out();
      while (!my_turn() && !run_.stopped && used_ >= waiting_pieces_max) {
        co_await run_.turn_moved.wait();
      }
    }
    while (!my_turn() && !run_.stopped) co_await run_.turn_moved.wait();
    finish();
  }

 private:
  bool my_turn() const { return run_.turn == file_; }

  // Reads up to `count` pieces and searches them at the same time.
  env::awaitable<void> search_some(std::size_t count) {
    const std::size_t begin = used_;
    co_await env::offload(run_.env.loop, [&] { read_some(count); });
    std::vector<env::awaitable<void>> running;
    for (std::size_t i = begin; i < used_; ++i) {
      running.push_back(search_on_pool(run_, file_, found_[i]));
    }
    co_await env::all(run_.env.loop, std::move(running));
  }

  // On the pool.
  void read_some(std::size_t count) {
    while (count-- > 0) {
      auto piece = pieces_->next();
      if (!piece) trouble_ = piece.error().what;
      ended_ = !piece || !*piece;
      if (ended_) return;
      if (used_ == found_.size()) found_.emplace_back();
      found_[used_++].piece = std::move(**piece);
    }
  }

  void hand_out() {
    if (!begun_ && !run_.stopped) run_.stopped = !run_.sink.begin_file(file_);
    begun_ = true;
    for (std::size_t i = 0; i < used_ && !run_.stopped; ++i) {
      if (found_[i].failed) {
        trouble_ = found_[i].failed->what;
      } else {
        run_.stopped = !run_.sink.take(file_, found_[i]);
      }
    }
    used_ = 0;
  }

  void finish() {
    if (!run_.stopped) {
      hand_out();
      if (trouble_.empty() && pieces_ && pieces_->lines_cut() > 0) {
        trouble_ = "lines of more than 16 MiB were searched in parts";
      }
      if (!trouble_.empty()) run_.sink.trouble(file_, trouble_);
    }
    if (!run_.stopped) run_.stopped = !run_.sink.end_file(file_);
    if (my_turn()) ++run_.turn;
    run_.turn_moved.notify();
  }

  run_state& run_;
  std::size_t file_;
  std::optional<grep::text_pieces> pieces_;
  std::deque<searched_piece> found_;  // used again, for their buffers
  std::size_t used_ = 0;              // of them
  bool ended_ = false;
  bool begun_ = false;
  std::string trouble_;
};

// One file after the other, in turn with others who do the same.
env::awaitable<void> search_files(run_state& run) {
  while (!run.stopped && run.next < run.task.files.size()) {
    file_search one(run, run.next++);
    co_await one.go();
  }
}

}  // namespace

env::awaitable<void> grep_files(env::environment e, const grep_task& task, grep_sink& sink) {
  run_state run(e, task, sink);
  std::vector<env::awaitable<void>> workers;
  const std::size_t count = std::min(run.threads(), task.files.size());
  for (std::size_t i = 0; i < count; ++i) workers.push_back(search_files(run));
  co_await env::all(e.loop, std::move(workers));
}

}  // namespace oklog::cmd
