//! Accepting connections, each on a thread of its own.

use std::io;
use std::net::TcpListener;
use std::sync::Arc;

use super::api::Api;
use super::conduct::AcceptFailure;
use super::connection;
use super::life::{Ended, Life, RETRY};

/// Accepts connections until the end, each on a thread of its own.
pub(super) fn accept(life: &Arc<Life>, listener: &TcpListener, api: &Arc<Api>) -> io::Result<()> {
    while !life.is_stopping() || life.conduct.accepts_while_draining {
        life.wait_for_room();
        let accepted = listener.accept();
        if life.is_stopping() && !life.conduct.accepts_while_draining {
            break;
        }
        let (stream, _) = match (accepted, life.conduct.accept_failure) {
            (Ok(accepted), _) => accepted,
            (Err(_), AcceptFailure::Retries) => {
                std::thread::sleep(RETRY);
                continue;
            }
            (Err(_), AcceptFailure::Spins) => continue,
            (Err(error), AcceptFailure::Complains) => {
                eprintln!("conformance: cannot accept a connection: {error}");
                std::thread::sleep(RETRY);
                continue;
            }
            (Err(_), AcceptFailure::StopsAccepting) => {
                life.give_up();
                continue;
            }
            (Err(error), AcceptFailure::EndsProgram) => return Err(error),
        };
        let stream = Arc::new(stream);
        let number = life.open(stream.clone());
        let (of_connection, api) = (life.clone(), api.clone());
        let serve = move || {
            let ended = connection::serve(&stream, &api, &of_connection, number);
            of_connection.close(number, ended);
        };
        if std::thread::Builder::new().spawn(serve).is_err() {
            // The system has no thread left: the client is turned away.
            life.close(number, Ended::Well);
        }
    }
    if life.conduct.keeps_sockets {
        loop {
            std::thread::park();
        }
    }
    Ok(())
}
