//! Requests that nobody thought of.

use std::cell::RefCell;
use std::time::Duration;

use proptest::test_runner::{TestCaseError, TestError};

use super::CONTRACT;
use crate::cases::steps::Kept;
use crate::generated::{Generated, requests, runner};
use crate::{Case, Context, Deviation, Outcome, Verdict};

pub(in crate::cases) const CASES: &[Case] = &[Case::must(
    "contract/property",
    CONTRACT,
    "A thousand random requests (or --cases) get the responses that follow from the data.",
    property,
)
.within(Duration::from_secs(60))];

fn property(context: &Context) -> Outcome {
    let aside = context.aside();
    let kept = RefCell::new(Kept::new(&aside));
    let mut runner = runner(context.requests(), context.seed());
    let result = runner.run(&requests(context.model()), |request| {
        check(&mut kept.borrow_mut(), &request).map_err(|why| TestCaseError::fail(why.0))
    });
    match result {
        Ok(()) => Ok(Verdict::Conforms),
        Err(TestError::Fail(reason, request)) => {
            // Once more, for the evidence. An answer that has changed since is wrong all the same.
            let why = check(&mut Kept::new(context), &request).err();
            let why = why.map_or_else(|| format!("at first, {}", reason.message()), |why| why.0);
            let seed = context.seed();
            Err(Deviation(format!("{request}: {why} (seed {seed})")))
        }
        Err(TestError::Abort(reason)) => Err(Deviation(format!(
            "the requests could not be sent: {reason}"
        ))),
    }
}

fn check(kept: &mut Kept<'_>, generated: &Generated) -> Result<(), Deviation> {
    let response = kept.ask(generated.request())?;
    generated.expected(kept.context().model()).check(&response)
}
