#!/usr/bin/env bash
# salvo's public trait `Coupler`, by which a connection's protocol is chosen, cannot be implemented outside of salvo: its
# method takes a type that has no public name.
#
# Versions: salvo 1.1.0, Rust 1.85 or later
# Date:     2026-11-29
# Expected: `salvo::conn::Coupler` is public, documented and an associated type of `Acceptor`, which other crates do
#           implement. An implementation of one's own can wrap a connection, for example to limit the time of a request's
#           head, which salvo's `Server` cannot.
# Happens:  `couple` takes a `HyperHandler`. It is public in the private module `service`, and exported nowhere:
#           error[E0603]: module `service` is private (salvo_core), and in salvo itself there is no such name. A bound on the
#           trait compiles, so it is not the features. The method `Service::hyper_handler` returns the type, but a method's
#           signature must name it.
# Matters:  Whoever needs something at the level of the connection must give up salvo's `Server`, its acceptors and their
#           TLS, and serve salvo's `Service` with hyper. The documentation does not say so.
#
# Exit status: 0 as described, 1 if it behaves otherwise. Needs cargo and python3.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
mkdir src
cat >Cargo.toml <<'TOML'
[package]
name = "coupler"
version = "0.0.0"
edition = "2021"

[features]
own = []

[dependencies]
futures-util = { version = "0.3", default-features = false }
salvo = { version = "=1.1.0", default-features = false, features = ["http1", "server"] }
salvo_core = { version = "=1.1.0", default-features = false, features = ["http1", "server"] }
tokio = "1"
tokio-util = "0.7"
TOML
cat >src/main.rs <<'RUST'
use salvo::conn::Coupler;

#[cfg(feature = "own")]
mod own {
    use std::{io, sync::Arc};

    use futures_util::future::BoxFuture;
    use salvo::conn::HttpBuilder;
    use tokio_util::sync::CancellationToken;

    struct Own;

    impl super::Coupler for Own {
        type Stream = tokio::io::DuplexStream;

        fn couple(
            &self,
            _stream: Self::Stream,
            _handler: salvo_core::service::HyperHandler,
            _builder: Arc<HttpBuilder>,
            _token: Option<CancellationToken>,
        ) -> BoxFuture<'static, io::Result<()>> {
            Box::pin(async { Ok(()) })
        }
    }
}

fn takes<C: Coupler>(_: Option<C>) {}

fn main() {
    takes::<salvo::conn::tcp::TcpCoupler<tokio::io::DuplexStream>>(None);
}
RUST
export CARGO_TARGET_DIR=$work/target
cargo check --quiet
echo 'a bound on the trait compiles'
if cargo check --quiet --features own 2>output; then
    echo 'an implementation compiles as well'
    exit 1
fi
grep -E '^(error|  *--> src)' output
# The only thing that is wrong.
[ "$(grep -c '^error\[' output)" = 1 ]
grep -q '^error\[E0603\]: module .service. is private' output
# Nor is the type exported under another path.
sources=$(cargo metadata --format-version 1 | python3 -c 'import json, sys
for package in json.load(sys.stdin)["packages"]:
    if package["name"] in ("salvo", "salvo_core"):
        print(package["manifest_path"].removesuffix("/Cargo.toml") + "/src")')
[ -n "$sources" ]
for source in $sources; do
    if grep -rn 'pub use.*HyperHandler' "$source"; then exit 1; fi
done
echo 'and the type that it takes is exported nowhere'
