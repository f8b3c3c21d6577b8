//! Servers that a test answers for.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use quartet_conformance::servers::{Artifact, Catalogue};

use crate::cores::Placement;
use crate::subject::Subject;

/// What a greeting's answer is.
pub(crate) const HELLO: &str = r#"{"lang":"en","text":"Hello"}"#;

/// A process that does nothing, and threads of the test that answer where it says it listens.
pub(crate) struct StandIn {
    catalogue: Catalogue,
    accepted: Arc<AtomicUsize>,
}

impl StandIn {
    /// One that answers each request by what `answer` makes of its head.
    pub(crate) fn answering(answer: impl Fn(&str) -> String + Send + Sync + 'static) -> Self {
        Self::running("", answer)
    }

    /// One whose process runs a script before it says that it listens, and waits for the children
    /// that it began.
    pub(crate) fn running(
        script: &str,
        answer: impl Fn(&str) -> String + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let accepted = Arc::new(AtomicUsize::new(0));
        let count = accepted.clone();
        thread::spawn(move || {
            let answer = Arc::new(answer);
            for stream in listener.incoming() {
                count.fetch_add(1, Ordering::Relaxed);
                let answer = answer.clone();
                thread::spawn(move || converse(stream.unwrap(), answer.as_ref()));
            }
        });
        let place = tempfile::tempdir().unwrap();
        let file = place.path().join("servers.toml");
        let stanza = format!(
            "[[server]]\nname = 'a'\nrole = 'framework'\nprogram = 'sh'\nready = 'line'\n\
             leads_group = true\n\
             args = ['-c', '''{script}\necho listening on http://{address}\nwait\n\
             exec sleep 600''']\n"
        );
        std::fs::write(&file, stanza).unwrap();
        Self {
            catalogue: Catalogue::load(&file).unwrap(),
            accepted,
        }
    }

    /// How many connections it was given, of those on which it has answered.
    pub(crate) fn accepted(&self) -> usize {
        self.accepted.load(Ordering::Relaxed)
    }

    /// What it is started as.
    pub(crate) fn subject(&self) -> Subject<'_> {
        Subject {
            server: self.catalogue.get("a").unwrap(),
            artifact: Artifact {
                program: "sh".into(),
            },
            over_database: None,
            content: None,
        }
    }
}

/// Any core, for servers and generator alike.
pub(crate) fn anywhere() -> Placement {
    Placement::default()
}

/// An answer of the contract's, or what resembles one.
pub(crate) fn response(status: u16, content_type: &str, content: &str) -> String {
    let length = content.len();
    format!(
        "HTTP/1.1 {status} x\r\nContent-Type: {content_type}\r\nContent-Length: {length}\r\n\r\n\
         {content}"
    )
}

fn converse(stream: TcpStream, answer: &(impl Fn(&str) -> String + ?Sized)) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut writer = stream;
    let mut head = String::new();
    while reader.read_line(&mut head).is_ok_and(|count| count > 0) {
        if head.ends_with("\r\n\r\n") {
            let answered = writer.write_all(answer(&head).as_bytes());
            if answered.is_err() || head.contains("Connection: close") {
                return;
            }
            head.clear();
        }
    }
}
