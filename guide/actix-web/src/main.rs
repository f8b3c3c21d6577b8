//! Serves the guide's application on actix-web.

use std::{io, net::TcpListener};

// [deployment]
#[actix_web::main]
async fn main() -> io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:8000")?;
    quartet_guide_actix_web::serve(listener).await
}
// [/deployment]
