//! What the system says of connections. It knows nothing of what is sent on them.

use std::{io::ErrorKind, time::Duration};

use mio::{Events, Interest, Poll, Token, event::Iter, net::TcpStream};

use crate::error::Error;

/// The system's notice of what happened on connections, asked for without ever sleeping.
pub(super) struct Poller {
    poll: Poll,
    events: Events,
}

impl Poller {
    /// One for so many connections.
    pub(super) fn new(connections: usize) -> Result<Self, Error> {
        let poll = Poll::new().map_err(|source| Error::Io {
            action: "ask the system for events",
            source,
        })?;
        Ok(Self {
            poll,
            events: Events::with_capacity(connections.clamp(1, 1024)),
        })
    }

    pub(super) fn watch(
        &self,
        stream: &mut TcpStream,
        token: Token,
        interest: Interest,
    ) -> Result<(), Error> {
        let registered = self.poll.registry().register(stream, token, interest);
        registered.map_err(|source| Error::Io {
            action: "watch a connection",
            source,
        })
    }

    /// What has happened since it was last asked, which may be nothing.
    #[inline]
    pub(super) fn events(&mut self) -> Result<Iter<'_>, Error> {
        match self.poll.poll(&mut self.events, Some(Duration::ZERO)) {
            Err(source) if source.kind() != ErrorKind::Interrupted => Err(Error::Io {
                action: "wait for events",
                source,
            }),
            _ => Ok(self.events.iter()),
        }
    }
}
