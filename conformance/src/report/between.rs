//! What was found between the servers, as text.

use std::io::{self, Write};

use super::Style;
use crate::differential::{Between, Disagreement};
use crate::judgement::Standing;

pub(super) fn write(out: &mut dyn Write, between: &Between, style: Style) -> io::Result<()> {
    let title = format!(
        "Comparison of the servers, with {} random requests to each of {}",
        between.requests,
        between.targets.join(", ")
    );
    writeln!(out, "{}", style.bold(&title))?;
    match &between.conflict {
        Some(conflict) => {
            let title = "  they contradict each other where the contract fixes the response";
            writeln!(out, "{}", style.paint(Standing::Failure, title))?;
            write_disagreement(out, conflict)?;
        }
        None => writeln!(out, "  they agree where the contract fixes the response")?,
    }
    if !between.open.is_empty() {
        writeln!(
            out,
            "  they differ where the contract leaves the response open"
        )?;
    }
    for disagreement in &between.open {
        write_disagreement(out, disagreement)?;
    }
    writeln!(out)
}

fn write_disagreement(out: &mut dyn Write, disagreement: &Disagreement) -> io::Result<()> {
    writeln!(out, "    {}", disagreement.request)?;
    let mut answers: Vec<(&str, Vec<&str>)> = Vec::new();
    for reply in &disagreement.answers {
        match answers
            .iter_mut()
            .find(|(answer, _)| *answer == reply.answer)
        {
            Some((_, targets)) => targets.push(&reply.target),
            None => answers.push((&reply.answer, vec![&reply.target])),
        }
    }
    for (answer, targets) in answers {
        writeln!(out, "      {}: {answer}", targets.join(", "))?;
    }
    Ok(())
}
