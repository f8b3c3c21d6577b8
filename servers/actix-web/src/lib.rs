//! The greetings API on actix-web.
