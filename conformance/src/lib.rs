//! The conformance suite, for any server in any language.
