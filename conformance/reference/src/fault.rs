//! What can be wrong with the reference.

use super::conduct::Conduct;
use super::message::{Answer, Request};
use super::rules::Rules;

/// One thing that is wrong with a sabotaged reference.
#[derive(Clone, Copy, Debug)]
pub struct Fault {
    /// The case that must find it.
    pub breaks: &'static str,
    /// What is wrong.
    pub what: &'static str,
    /// How it is done.
    pub sabotage: Sabotage,
}

/// Where a fault takes hold.
#[derive(Clone, Copy, Debug)]
pub enum Sabotage {
    /// Changes the octets received, before they are read as a request. It may see the same octets
    /// again when more have come.
    Input(fn(&mut Vec<u8>)),
    /// Changes what messages are read and connections kept by.
    Rules(fn(&mut Rules)),
    /// Changes the request before it is checked and answered.
    Request(fn(&mut Request)),
    /// Changes the answer before it is framed.
    Answer(fn(&Request, &mut Answer)),
    /// Changes the octets of an answer.
    Output(fn(&Request, &mut Vec<u8>)),
    /// Changes how the program starts, serves and ends.
    Conduct(fn(&mut Conduct)),
}

impl Fault {
    /// A fault in what is read from the wire.
    pub const fn input(breaks: &'static str, what: &'static str, alter: fn(&mut Vec<u8>)) -> Self {
        Self {
            breaks,
            what,
            sabotage: Sabotage::Input(alter),
        }
    }

    /// A fault in what messages are read and connections kept by.
    pub const fn rules(breaks: &'static str, what: &'static str, alter: fn(&mut Rules)) -> Self {
        Self {
            breaks,
            what,
            sabotage: Sabotage::Rules(alter),
        }
    }

    /// A fault in how a request is understood.
    pub const fn request(
        breaks: &'static str,
        what: &'static str,
        alter: fn(&mut Request),
    ) -> Self {
        Self {
            breaks,
            what,
            sabotage: Sabotage::Request(alter),
        }
    }

    /// A fault in what is answered.
    pub const fn answer(
        breaks: &'static str,
        what: &'static str,
        alter: fn(&Request, &mut Answer),
    ) -> Self {
        Self {
            breaks,
            what,
            sabotage: Sabotage::Answer(alter),
        }
    }

    /// A fault in what is written to the wire.
    pub const fn output(
        breaks: &'static str,
        what: &'static str,
        alter: fn(&Request, &mut Vec<u8>),
    ) -> Self {
        Self {
            breaks,
            what,
            sabotage: Sabotage::Output(alter),
        }
    }
    /// A fault in how the program starts, serves or ends.
    pub const fn conduct(
        breaks: &'static str,
        what: &'static str,
        alter: fn(&mut Conduct),
    ) -> Self {
        Self {
            breaks,
            what,
            sabotage: Sabotage::Conduct(alter),
        }
    }

    /// How a reference with this fault, or with none, starts, serves and ends.
    pub(crate) fn conduct_of(fault: Option<&Self>) -> Conduct {
        let mut conduct = Conduct::default();
        if let Some(Sabotage::Conduct(alter)) = fault.map(|fault| fault.sabotage) {
            alter(&mut conduct);
        }
        conduct
    }
}
