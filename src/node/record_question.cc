#include "node/record_question.h"

#include "oklog/env/task_group.h"

namespace oklog::node {

record_question::record_question(env::environment env, const store_options& options, store_log& log,
                                 const membership& members)
    : env_(env),
      log_(log),
      members_(members),
      client_(env),
      pace_(env, options.repair_bytes_per_second) {}

env::awaitable<bool> record_question::ask(std::string store,
                                          const std::vector<segment_ptr>& segments) {
  const auto api = members_.api_of_store(store);
  if (!api) co_return false;
  for (const segment_ptr& segment : segments) {
    for (std::size_t i = 0; i < segment->footer.blocks.size(); ++i) {
      const bool stopped = co_await env::is_cancelled();
      if (stopped) co_return false;
      const block_ref ref = segment->block(i);
      const auto read = [&ref] { return records_of(ref, api::confirm_hashes_max); };
      auto rows = co_await env::offload(env_.loop, read, env::lane::search);
      if (!rows) {
        (void)log_.note_damage(segment->name, rows.error().what);
        co_return false;
      }
      co_await pace_.spend(ref.header_frame_bytes + ref.text_frame_bytes);
      for (some_records& some : *rows) {
        const partition where = segment->footer.partition;
        const auto said = co_await client_.ask_records(*api, store, where, std::move(some));
        if (!said || *said != api::holding::yes) co_return false;
      }
    }
  }
  co_return true;
}

}  // namespace oklog::node
