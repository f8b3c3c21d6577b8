//! A server that meets every requirement, and the same server with one fault.
//!
//! A case that cannot fail is worthless. Each case has a [`Fault`] that it must find, and must find
//! nothing in the reference without a fault; a test holds the catalogue to both. The server is
//! plain std: a thread per connection, every octet in view.

mod api;
mod chunked;
mod connection;
mod date;
mod fault;
mod faults;
mod message;
mod parse;
mod rules;

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

pub use fault::{Fault, Sabotage};
pub use faults::all as faults;
pub use message::{Answer, Request};
pub use rules::{Framing, Refusal, Rules};

use crate::{BaseUrl, Model, Need, Target};

/// The key that the reference asks for where it asks for one.
const KEY: &str = "a-key-for-the-reference";

/// The reference server, running in this process until it is dropped.
#[derive(Debug)]
pub struct Reference {
    address: SocketAddr,
    stopping: Arc<AtomicBool>,
    acceptor: Option<JoinHandle<()>>,
}

impl Reference {
    /// Starts a reference on a free port of 127.0.0.1. It holds the greetings of `model`, asks for
    /// an API key if there is one, and has at most one fault.
    ///
    /// # Errors
    /// If no port can be had.
    pub fn start(
        model: Model,
        key: Option<&'static str>,
        fault: Option<&'static Fault>,
    ) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let stopping = Arc::new(AtomicBool::new(false));
        let stop = stopping.clone();
        let api = Arc::new(api::Api::new(model, key, fault));
        let acceptor = std::thread::spawn(move || {
            for stream in listener.incoming() {
                if stop.load(Ordering::Relaxed) {
                    break;
                }
                let Ok(stream) = stream else { continue };
                let api = api.clone();
                std::thread::spawn(move || connection::serve(&stream, &api));
            }
        });
        Ok(Self {
            address,
            stopping,
            acceptor: Some(acceptor),
        })
    }

    /// Where it is.
    pub fn base(&self) -> BaseUrl {
        BaseUrl::at(self.address)
    }

    /// Starts a pair of references, one open and one that asks for a key, and describes them as a
    /// target that offers all a process in this one can.
    ///
    /// # Errors
    /// If no port can be had.
    pub fn target(model: &Model, fault: Option<&'static Fault>) -> io::Result<(Target, [Self; 2])> {
        let open = Self::start(model.clone(), None, fault)?;
        let keyed = Self::start(model.clone(), Some(KEY), fault)?;
        let document = ("the reference".to_owned(), api::document().to_vec());
        let mut target = Target::new("reference", open.base())
            .providing(Need::Fault)
            .with_key(keyed.base(), KEY);
        target.hold(Some(model.clone()));
        target.document = Some(document);
        Ok((target, [open, keyed]))
    }
}

impl Drop for Reference {
    fn drop(&mut self) {
        self.stopping.store(true, Ordering::Relaxed);
        // Wakes the acceptor. If it cannot be reached it cannot be woken, and is left behind.
        if TcpStream::connect(self.address).is_ok()
            && let Some(acceptor) = self.acceptor.take()
        {
            // It ends without a value, and has no cause to panic.
            let _ = acceptor.join();
        }
    }
}
