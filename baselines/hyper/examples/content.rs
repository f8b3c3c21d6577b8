//! The content of a file on bare hyper, as the answer to every request: what servers of
//! `cargo compare --exec` are measured against.
//!
//! Runtime, timeouts and limits are those of the other servers on hyper. There are no routes.

use std::{convert::Infallible, fs, io, path::PathBuf, process::ExitCode};

use bytes::Bytes;
use clap::Args;
use http_body_util::Full;
use hyper::{
    Request, Response,
    body::Incoming,
    header::{CONTENT_TYPE, HeaderValue},
    service::service_fn,
};
use tokio::runtime::Builder;

#[derive(Args)]
struct Content {
    /// The file whose content is the answer
    #[arg(long = "content", value_name = "FILE")]
    file: PathBuf,
}

fn main() -> ExitCode {
    quartet_common::main_with("content-hyper", |program, Content { file }| {
        let content = fs::read(&file).map_err(|error| {
            io::Error::new(
                error.kind(),
                format!("cannot read {}: {error}", file.display()),
            )
        })?;
        let content = Bytes::from(content);
        let service = service_fn(move |_: Request<Incoming>| {
            let mut response = Response::new(Full::new(content.clone()));
            let binary = HeaderValue::from_static("application/octet-stream");
            response.headers_mut().insert(CONTENT_TYPE, binary);
            async { Ok::<_, Infallible>(response) }
        });
        let runtime = Builder::new_multi_thread()
            .worker_threads(program.workers)
            .enable_all()
            .build()?;
        runtime.block_on(quartet_connection::run(program, |_| service))
    })
}
