// Beast's own code, compiled once. Without its assertions, as in codec.cc.
#define BOOST_DISABLE_ASSERTS
#include <boost/beast/src.hpp>
