//! The greetings API on axum.
