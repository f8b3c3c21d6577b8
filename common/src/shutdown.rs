use std::process;

/// Waits for SIGTERM or SIGINT (Ctrl-C where there are no signals). From then on a second one
/// ends the process at once, for whoever does not want to wait for the drain.
pub async fn shutdown_signal() {
    signal().await;
    tracing::info!("draining");
    tokio::spawn(async {
        signal().await;
        process::exit(130);
    });
}

#[cfg(unix)]
async fn signal() {
    use tokio::signal::unix::{SignalKind, signal};

    match (
        signal(SignalKind::terminate()),
        signal(SignalKind::interrupt()),
    ) {
        (Ok(mut terminate), Ok(mut interrupt)) => {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
        }
        (Err(error), _) | (_, Err(error)) => never(&error).await,
    }
}

#[cfg(not(unix))]
async fn signal() {
    if let Err(error) = tokio::signal::ctrl_c().await {
        never(&error).await;
    }
}

/// A server that cannot hear signals still serves; the default action ends it.
async fn never(error: &std::io::Error) {
    tracing::error!(%error, "signals cannot be handled: stopping will not drain");
    std::future::pending::<()>().await;
}
