// The subcommands. Each takes the arguments behind its name and returns the process's exit code.
#pragma once

#include <string>
#include <vector>

namespace oklog::cmd {

int run_drain(const std::vector<std::string>& args);
int run_forward(const std::vector<std::string>& args);
int run_ingest(const std::vector<std::string>& args);
int run_store(const std::vector<std::string>& args);
int run_ingeststore(const std::vector<std::string>& args);
int run_query(const std::vector<std::string>& args);
int run_stream(const std::vector<std::string>& args);
int run_testsvc(const std::vector<std::string>& args);
int run_forget(const std::vector<std::string>& args);
int run_members(const std::vector<std::string>& args);
int run_status(const std::vector<std::string>& args);
int run_segment(const std::vector<std::string>& args);
int run_verify(const std::vector<std::string>& args);

}  // namespace oklog::cmd
