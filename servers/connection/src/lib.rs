//! Header and idle timeouts for servers built on hyper.
