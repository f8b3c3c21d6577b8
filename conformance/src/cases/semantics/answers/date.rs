//! The one form in which a server may send a date.

/// Whether `text` is an IMF-fixdate (RFC 9110 §5.6.7), and why not.
pub(super) fn check(text: &str) -> Result<(), &'static str> {
    const MONTHS: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    const WEEKDAYS: [&str; 7] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
    const NOT_IN_FORM: &str = "it is not an IMF-fixdate";

    let (weekday, rest) = text.split_once(", ").ok_or(NOT_IN_FORM)?;
    let parts: Vec<&str> = rest.split(' ').collect();
    let [day, month, year, time, "GMT"] = parts.as_slice() else {
        return Err(NOT_IN_FORM);
    };
    let times: Vec<&str> = time.split(':').collect();
    let [hour, minute, second] = times.as_slice() else {
        return Err(NOT_IN_FORM);
    };
    let number = |text: &str, digits: usize| {
        let is_number = text.len() == digits && text.bytes().all(|b| b.is_ascii_digit());
        text.parse::<u32>()
            .ok()
            .filter(|_| is_number)
            .ok_or(NOT_IN_FORM)
    };
    let (day, year) = (number(day, 2)?, number(year, 4)?);
    let (hour, minute, second) = (number(hour, 2)?, number(minute, 2)?, number(second, 2)?);
    let month = MONTHS
        .iter()
        .position(|name| name == month)
        .ok_or(NOT_IN_FORM)?;
    let weekday = WEEKDAYS
        .iter()
        .position(|name| *name == weekday)
        .ok_or(NOT_IN_FORM)?;

    if hour > 23 || minute > 59 || second > 60 {
        return Err("there is no such time of day");
    }
    if day == 0 || day > days_in(month, year) {
        return Err("there is no such day");
    }
    if day_of_week(year, month, day) != weekday {
        return Err("that day is another day of the week");
    }
    Ok(())
}

fn days_in(month: usize, year: u32) -> u32 {
    match month {
        1 if is_leap(year) => 29,
        1 => 28,
        3 | 5 | 8 | 10 => 30,
        _ => 31,
    }
}

fn is_leap(year: u32) -> bool {
    year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
}

/// Days since Sunday, by counting from 1 January of the year 0, a Saturday.
fn day_of_week(year: u32, month: usize, day: u32) -> usize {
    let leap_days = year.div_ceil(4) - year.div_ceil(100) + year.div_ceil(400);
    let months: u32 = (0..month).map(|month| days_in(month, year)).sum();
    ((6 + 365 * year + leap_days + months + day - 1) % 7) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_that_exist_are_taken() {
        for date in [
            "Sun, 06 Nov 1994 08:49:37 GMT",
            "Thu, 01 Jan 1970 00:00:00 GMT",
            "Tue, 29 Feb 2000 23:59:60 GMT",
            "Fri, 31 Dec 2100 12:00:00 GMT",
            "Sun, 22 Nov 2026 17:00:00 GMT",
        ] {
            assert_eq!(check(date), Ok(()), "{date}");
        }
    }

    #[test]
    fn others_are_not() {
        for date in [
            "",
            "Sunday, 06-Nov-94 08:49:37 GMT",
            "Sun Nov  6 08:49:37 1994",
            "Sun, 6 Nov 1994 08:49:37 GMT",
            "Sun, 06 Nov 1994 08:49:37 UTC",
            "Sun, 06 Nov 1994 08:49:37 +0000",
            "Sun, 06 nov 1994 08:49:37 GMT",
            "Sun, 06 Nov 1994 24:00:00 GMT",
            "Sun, 06 Nov 1994 8:49:37 GMT",
            "Sun, +6 Nov 1994 08:49:37 GMT",
            "Mon, 06 Nov 1994 08:49:37 GMT",
            "Mon, 29 Feb 2100 00:00:00 GMT",
            "Wed, 00 Jan 1970 00:00:00 GMT",
            "Sun, 06 Nov 1994 08:49:37 GMT ",
        ] {
            assert!(check(date).is_err(), "{date}");
        }
    }
}
