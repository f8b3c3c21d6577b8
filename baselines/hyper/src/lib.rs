//! The floor: the contract's data routes on bare hyper.
