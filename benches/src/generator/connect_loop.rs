use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use mio::{Interest, Token, net::TcpStream};

use super::{
    connection::Connection,
    connections::READ_SIZE,
    dialogue::{Arrived, Dialogue, check_deadline},
    error::Error,
    exchange::Exchange,
    poller::Poller,
    slice::{Slice, Tally},
};

/// Opens a connection for each request, `at_once` of them at any moment: a closed loop.
///
/// A request begins with opening its connection and ends with the connection's end: the server
/// closes first, so that the port it came from is free again at once. `exchange` must ask for that
/// ([`Exchange::closes`]). Times are as in [`super::Connections::closed_loop`].
///
/// # Errors
/// The server does not accept, does not close, or answers wrongly; answers are missing for longer
/// than `timeout`; the system is out of ports or descriptors; `at_once` is 0.
pub fn connect_loop(
    address: SocketAddr,
    exchange: &Exchange,
    at_once: usize,
    ramp: Duration,
    window: Duration,
    timeout: Duration,
) -> Result<Slice, Error> {
    if at_once == 0 {
        return Err(Error::NoConnections);
    }
    let mut poller = Poller::new(at_once)?;
    let mut buffer = vec![0; READ_SIZE];
    let mut dialogue = Dialogue::new(exchange, &mut buffer);
    let mut connections = Vec::with_capacity(at_once);
    let mut due = Vec::with_capacity(at_once);
    let mut tally = Tally::new(at_once, ramp, window);
    for place in 0..at_once {
        let now = Instant::now();
        connections.push(begin(address, &poller, place, now, &mut dialogue)?);
    }
    while tally.is_sending() || dialogue.sent() > tally.total_requests() {
        let answered = tally.total_requests();
        for event in poller.events()? {
            let Token(place) = event.token();
            let connection = &mut connections[place];
            if dialogue.receive(connection, event)? == Arrived::End {
                let now = Instant::now();
                tally.answered(connection.due_at, now);
                due.push((place, now));
            }
        }
        for (place, now) in due.drain(..) {
            if tally.is_sending() {
                // What it replaces is closed by this.
                connections[place] = begin(address, &poller, place, now, &mut dialogue)?;
            }
        }
        if tally.total_requests() == answered {
            let outstanding = dialogue.sent() - answered;
            check_deadline(tally.waiting_since(), timeout, outstanding)?;
        }
    }
    Ok(tally.finish())
}

/// Opens a connection and sends its request, or leaves that for when it is open.
fn begin(
    address: SocketAddr,
    poller: &Poller,
    place: usize,
    due_at: Instant,
    dialogue: &mut Dialogue<'_>,
) -> Result<Connection, Error> {
    let refused = |source| Error::Connect { address, source };
    let mut stream = TcpStream::connect(address).map_err(refused)?;
    let interest = Interest::READABLE | Interest::WRITABLE;
    poller.watch(&mut stream, Token(place), interest)?;
    let mut connection = Connection::new(stream);
    connection.due_at = due_at;
    dialogue.send(&mut connection)?;
    Ok(connection)
}
