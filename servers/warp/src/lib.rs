//! The greetings API on warp.
