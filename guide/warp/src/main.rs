//! Serves the guide's application on warp.

use std::io;

use tokio::net::TcpListener;

// [deployment]
#[tokio::main]
async fn main() -> io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:8000").await?;
    quartet_guide_warp::serve(listener).await
}
// [/deployment]
