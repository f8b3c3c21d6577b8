//! A closed loop that opens a connection for each request. It knows nothing of other threads but whether to go on.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use mio::{Interest, Token, net::TcpStream};

use crate::{
    connection::Connection,
    dialogue::{Arrived, Dialogue, check_deadline},
    error::Error,
    exchange::Exchange,
    poller::Poller,
    round::Peers,
    share::Share,
    slice::{Slice, Tally},
};

impl Share {
    /// As [`super::Connections::connect_loop`], as many at once as are held open here.
    pub(super) fn connect_loop(
        &mut self,
        exchange: &Exchange,
        ramp: Duration,
        window: Duration,
        peers: Peers<'_>,
    ) -> Result<Slice, Error> {
        let (address, at_once) = (self.address, self.connections.len());
        // Those held open are not to be polled.
        let mut poller = Poller::new(at_once)?.sleeping_as(&self.poller);
        let mut dialogue = Dialogue::new(exchange, &mut self.buffer);
        let mut connections = Vec::with_capacity(at_once);
        let mut due = Vec::with_capacity(at_once);
        let mut tally = Tally::new(at_once, ramp, window, peers);
        for place in 0..at_once {
            let now = Instant::now();
            let begun = begin(address, &poller, place, now, &mut dialogue)?;
            connections.push(Some(begun));
        }
        while tally.is_sending() || dialogue.sent() > tally.total_requests() {
            peers.check()?;
            let answered = tally.total_requests();
            for event in poller.events()? {
                let Token(place) = event.token();
                let Some(connection) = &mut connections[place] else {
                    continue;
                };
                if dialogue.receive(connection, event)? == Arrived::End {
                    let now = Instant::now();
                    tally.answered(connection.due_at, now);
                    due.push((place, now));
                }
            }
            for (place, now) in due.drain(..) {
                // What it replaces is closed by this: a further event of one that has ended is not a second answer.
                connections[place] = match tally.is_sending() {
                    true => Some(begin(address, &poller, place, now, &mut dialogue)?),
                    false => None,
                };
            }
            if tally.total_requests() == answered {
                let outstanding = dialogue.sent() - answered;
                check_deadline(tally.waiting_since().elapsed(), self.timeout, outstanding)?;
            }
        }
        Ok(tally.finish())
    }
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
