//! One thread of the null server, and its connections. What they answer is not known here.

use std::{
    convert::Infallible,
    io::{self, ErrorKind},
    sync::mpsc::{self, Receiver, Sender},
    time::Duration,
};

use mio::{
    Events, Interest, Poll, Token, Waker,
    event::Event,
    net::{TcpListener, TcpStream},
};

use crate::answer::Answers;
use crate::connection::{Connection, Next};

const LISTENER: Token = Token(usize::MAX);
const INBOX: Token = Token(usize::MAX - 1);

/// How long to wait after a connection could not be accepted. The system is out of descriptors,
/// perhaps: some connection must end first.
const RETRY: Duration = Duration::from_millis(50);

/// A thread's connections. The worker that accepts deals new ones out in turn.
pub(crate) struct Worker {
    poll: Poll,
    connections: Vec<Option<Connection>>,
    vacant: Vec<usize>,
    /// Which connections have something to be written.
    queued: Vec<usize>,
    arrivals: Receiver<TcpStream>,
    answers: Answers,
}

/// How another worker is handed a connection.
pub(crate) struct Inbox {
    arrivals: Sender<TcpStream>,
    waker: Waker,
}

/// The listener, and whose turn it is; the turn after the last inbox is the accepting worker's own.
pub(crate) struct Acceptor {
    listener: TcpListener,
    inboxes: Vec<Inbox>,
    turn: usize,
    /// Whether connections wait that could not be accepted. The system does not report them again.
    is_behind: bool,
}

impl Acceptor {
    pub(crate) fn new(listener: TcpListener, inboxes: Vec<Inbox>) -> Self {
        Self {
            listener,
            turn: inboxes.len(),
            inboxes,
            is_behind: false,
        }
    }
}

impl Worker {
    pub(crate) fn new(answers: Answers) -> io::Result<(Self, Inbox)> {
        let poll = Poll::new()?;
        let waker = Waker::new(poll.registry(), INBOX)?;
        let (sender, arrivals) = mpsc::channel();
        let worker = Self {
            poll,
            connections: Vec::new(),
            vacant: Vec::new(),
            queued: Vec::new(),
            arrivals,
            answers,
        };
        let inbox = Inbox {
            arrivals: sender,
            waker,
        };
        Ok((worker, inbox))
    }

    /// Serves the connections it is handed and, with an acceptor, those it accepts.
    pub(crate) fn serve(mut self, mut acceptor: Option<Acceptor>) -> io::Result<Infallible> {
        if let Some(acceptor) = &mut acceptor {
            self.poll
                .registry()
                .register(&mut acceptor.listener, LISTENER, Interest::READABLE)?;
        }
        let mut events = Events::with_capacity(1024);
        loop {
            let is_behind = acceptor.as_ref().is_some_and(|acceptor| acceptor.is_behind);
            match self.poll.poll(&mut events, is_behind.then_some(RETRY)) {
                Err(error) if error.kind() != ErrorKind::Interrupted => return Err(error),
                _ => {}
            }
            for event in &events {
                match (event.token(), &mut acceptor) {
                    (LISTENER, Some(acceptor)) => self.accept(acceptor)?,
                    (LISTENER, None) => {}
                    (INBOX, _) => {
                        while let Ok(stream) = self.arrivals.try_recv() {
                            self.adopt(stream);
                        }
                    }
                    (Token(index), _) => self.read(index, event),
                }
            }
            self.write_queued();
            if let Some(acceptor) = acceptor.as_mut().filter(|acceptor| acceptor.is_behind) {
                self.accept(acceptor)?;
            }
        }
    }

    fn accept(&mut self, acceptor: &mut Acceptor) -> io::Result<()> {
        acceptor.is_behind = false;
        loop {
            let stream = match acceptor.listener.accept() {
                Ok((stream, _)) => stream,
                Err(error) => match error.kind() {
                    ErrorKind::WouldBlock => return Ok(()),
                    ErrorKind::Interrupted | ErrorKind::ConnectionAborted => continue,
                    _ => {
                        acceptor.is_behind = true;
                        return Ok(());
                    }
                },
            };
            match acceptor.inboxes.get(acceptor.turn) {
                Some(inbox) => {
                    inbox.arrivals.send(stream).map_err(io::Error::other)?;
                    inbox.waker.wake()?;
                    acceptor.turn += 1;
                }
                None => {
                    self.adopt(stream);
                    acceptor.turn = 0;
                }
            }
        }
    }

    /// Takes a connection on, or closes it if the system cannot report of it.
    fn adopt(&mut self, mut stream: TcpStream) {
        let index = self.vacant.pop().unwrap_or_else(|| {
            self.connections.push(None);
            self.connections.len() - 1
        });
        let interest = Interest::READABLE | Interest::WRITABLE;
        let registry = self.poll.registry();
        match registry.register(&mut stream, Token(index), interest) {
            Ok(()) => self.connections[index] = Some(Connection::new(stream, self.answers)),
            Err(_) => self.vacant.push(index),
        }
    }

    fn read(&mut self, index: usize, event: &Event) {
        let Some(connection) = &mut self.connections[index] else {
            return;
        };
        let next = connection.read(event.is_read_closed());
        self.go_on(index, next);
    }

    /// All writes after all reads: each kind finds its path through the kernel still in the core's
    /// cache.
    fn write_queued(&mut self) {
        let mut queued = std::mem::take(&mut self.queued);
        for index in queued.drain(..) {
            if let Some(connection) = &mut self.connections[index] {
                let next = connection.write();
                self.go_on(index, next);
            }
        }
        self.queued = queued;
    }

    fn go_on(&mut self, index: usize, next: io::Result<Next>) {
        match next {
            Ok(Next::Wait) => {}
            Ok(Next::Write) => self.queued.push(index),
            // A connection that fails is that client's loss alone: it is closed like one at its end.
            Ok(Next::Close) | Err(_) => {
                self.connections[index] = None;
                self.vacant.push(index);
            }
        }
    }
}
