//! What the system says of connections. It knows nothing of what is sent on them.

use std::{io::ErrorKind, time::Duration};

use mio::{Events, Interest, Poll, Token, event::Iter, net::TcpStream};

use crate::error::Error;

/// The system's notice of what happened on connections, asked for without sleeping unless it is to.
pub(super) struct Poller {
    poll: Poll,
    events: Events,
    /// For how long to sleep at most where nothing has happened.
    patience: Duration,
}

/// For how long a thread sleeps at most that leaves its core to others.
const NAP: Duration = Duration::from_millis(1);

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
            patience: Duration::ZERO,
        })
    }

    /// Whether to sleep until something happens, for no longer than a millisecond.
    pub(super) fn sleep(&mut self, sleeps: bool) {
        self.patience = if sleeps { NAP } else { Duration::ZERO };
    }

    /// Sleeps as another does.
    pub(super) fn sleeping_as(mut self, other: &Self) -> Self {
        self.patience = other.patience;
        self
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
        match self.poll.poll(&mut self.events, Some(self.patience)) {
            Err(source) if source.kind() != ErrorKind::Interrupted => Err(Error::Io {
                action: "wait for events",
                source,
            }),
            _ => Ok(self.events.iter()),
        }
    }
}
