// Asked by every operation before it begins, since Asio cancels only what is already pending.
#pragma once

#include <boost/asio/cancellation_state.hpp>

namespace oklog::env {

inline bool cancelled(const boost::asio::cancellation_state& state) {
  return state.cancelled() != boost::asio::cancellation_type::none;
}

}  // namespace oklog::env
