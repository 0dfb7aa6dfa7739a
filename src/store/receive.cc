#include "oklog/store/receive.h"

#include "oklog/segment/names.h"

namespace oklog {

void discard_job::run() {
  for (const std::string& path : paths) {
    const auto removed = fs->remove(path);
    if (!removed) errors.push_back(removed.error());
  }
}

receive_job::receive_job(env::filesystem& fs, std::string dir, const partition& where,
                         std::string unique)
    : fs_(&fs), dir_(std::move(dir)), where_(where), unique_(std::move(unique)) {}

receive_job::receive_job(receive_job&&) noexcept = default;

receive_job::~receive_job() {
  // A moved-from one has no file. A left-over is removed at the next start, too.
  if (file_ && !done_) (void)fs_->remove(dir_ + "/" + temporary_);
}

result<> receive_job::create() {
  temporary_ = format(store_name{where_, unique_, segment_state::active, 0});
  TRY_LET(file_, fs_->create(dir_ + "/" + temporary_));
  return {};
}

result<> receive_job::append(std::string_view bytes) {
  if (!file_) {
    TRY(create());
  }
  bytes_ += bytes.size();
  if (bytes_ > piece_bytes_max) return fail(errc::invalid, "a piece is over its limit");
  return file_->append(bytes);
}

result<> receive_job::publish(const hash128& hash) {
  if (!file_) return fail(errc::corruption, "nothing arrived");
  TRY(file_->sync());
  TRY_LET(const store_segment arrived, open_store_segment(*fs_, dir_, temporary_));
  const store_footer& f = arrived.footer;
  if (f.file_hash != hash) return fail(errc::corruption, "another piece than was announced");
  if (f.partition != where_) return fail(errc::corruption, "a piece of another partition");
  TRY(verify_store_segment(arrived));
  const std::string name = format(store_name{where_, unique_, segment_state::flushed, 0});
  TRY(fs_->rename(dir_ + "/" + temporary_, dir_ + "/" + name));
  temporary_ = name;  // what is removed where the rest fails
  TRY(fs_->sync_dir(dir_));
  TRY_LET(store_segment opened, open_store_segment(*fs_, dir_, name));
  done_ = std::make_shared<const store_segment>(std::move(opened));
  return {};
}

result<> receive_job::finish(const hash128& hash) {
  const auto published = publish(hash);
  if (!published) return with_context("receiving a piece", published.error());
  return {};
}

}  // namespace oklog
