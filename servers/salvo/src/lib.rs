//! The greetings API on salvo.
