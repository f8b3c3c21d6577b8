//! What a processor calls itself, or what else tells it from others.

use crate::system::System;

/// What a processor's name is called in `/proc/cpuinfo`: on x86, LoongArch, MIPS, POWER and RISC-V.
const NAMES: [&str; 5] = ["model name", "Model Name", "cpu model", "cpu", "uarch"];

/// The numbers of an ARM core's design and revision, by their names there and shorter ones (MIDR_EL1).
const ARM: [(&str, &str); 4] = [
    ("CPU implementer", "implementer"),
    ("CPU part", "part"),
    ("CPU variant", "variant"),
    ("CPU revision", "revision"),
];

/// The same of a RISC-V core (the registers of these names).
const RISC_V: [(&str, &str); 3] = [
    ("mvendorid", "mvendorid"),
    ("marchid", "marchid"),
    ("mimpid", "mimpid"),
];

/// Where a board's or a machine's own name is: in a device tree, or in the firmware's tables (DMI).
const MODELS: [&str; 3] = [
    "/proc/device-tree/model",
    "/sys/firmware/devicetree/base/model",
    "/sys/class/dmi/id/product_name",
];

/// A name, with the numbers of the cores' designs and the machine's model where the name alone does not
/// tell two processors apart. None where nothing is known.
pub(super) fn processor(system: &System) -> Option<String> {
    let text = system.text("/proc/cpuinfo").unwrap_or_default();
    let cores: Vec<Vec<(&str, &str)>> = text.split("\n\n").map(fields).collect();
    let all: Vec<(&str, &str)> = cores.iter().flatten().copied().collect();
    let name = NAMES.iter().find_map(|name| value(&all, name));
    let designs =
        distinct(cores.iter().filter_map(|core| {
            design("ARM", &ARM, core).or_else(|| design("RISC-V", &RISC_V, core))
        }));
    if designs.is_empty()
        && let Some(name) = name
    {
        return Some(name.to_owned());
    }
    let model = MODELS.iter().find_map(|file| system.line(file));
    let parts = [name.map(str::to_owned), model].into_iter().flatten();
    let parts: Vec<String> = parts.chain(designs).collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

/// The lines `name : value` of a core.
fn fields(core: &str) -> Vec<(&str, &str)> {
    let lines = core.lines().filter_map(|line| line.split_once(':'));
    lines
        .map(|(name, value)| (name.trim(), value.trim()))
        .filter(|(_, value)| !value.is_empty())
        .collect()
}

fn value<'a>(fields: &[(&'a str, &'a str)], name: &str) -> Option<&'a str> {
    let mut found = fields.iter().filter(|(field, _)| *field == name);
    found.next().map(|&(_, value)| value)
}

fn design(what: &str, numbers: &[(&str, &str)], core: &[(&str, &str)]) -> Option<String> {
    let known: Vec<String> = numbers
        .iter()
        .filter_map(|(field, short)| Some(format!("{short} {}", value(core, field)?)))
        .collect();
    (!known.is_empty()).then(|| format!("{what} {}", known.join(" ")))
}

/// Each once, in the order in which they come.
fn distinct(all: impl Iterator<Item = String>) -> Vec<String> {
    let mut found = Vec::new();
    for one in all {
        if !found.contains(&one) {
            found.push(one);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::tests::made_up;

    fn named(files: &[(&str, &str)]) -> Option<String> {
        let (_folder, system) = made_up(files);
        processor(&system)
    }

    fn arm(part: &str, revision: u32) -> String {
        format!(
            "processor\t: 0\nBogoMIPS\t: 50.00\nCPU implementer\t: 0x41\nCPU architecture: 8\n\
             CPU variant\t: 0x3\nCPU part\t: {part}\nCPU revision\t: {revision}\n\n"
        )
    }

    #[test]
    fn a_name_is_taken_as_it_is() {
        let x86 = "processor\t: 0\nvendor_id\t: GenuineIntel\nmodel name\t: Fast 9000 @ 3 GHz\n\n";
        let dmi = ("sys/class/dmi/id/product_name", "Tower\n");
        assert_eq!(
            named(&[("proc/cpuinfo", x86), dmi]).unwrap(),
            "Fast 9000 @ 3 GHz"
        );
        let power = "processor\t: 0\ncpu\t\t: POWER9, altivec supported\n";
        assert_eq!(
            named(&[("proc/cpuinfo", power)]).unwrap(),
            "POWER9, altivec supported"
        );
    }

    #[test]
    fn arm_is_told_by_its_numbers_and_its_board() {
        let one = arm("0xd0c", 1);
        let alone = named(&[("proc/cpuinfo", &one)]).unwrap();
        assert_eq!(
            alone,
            "ARM implementer 0x41 part 0xd0c variant 0x3 revision 1"
        );
        assert_ne!(named(&[("proc/cpuinfo", &arm("0xd0c", 2))]).unwrap(), alone);
        assert_ne!(named(&[("proc/cpuinfo", &arm("0xd40", 1))]).unwrap(), alone);
        let board = ("proc/device-tree/model", "Some Board 4 Rev 1.4\0");
        assert_eq!(
            named(&[("proc/cpuinfo", &one), board]).unwrap(),
            format!("Some Board 4 Rev 1.4, {alone}")
        );
        let both = one.clone() + &arm("0xd03", 4) + &one;
        let both = named(&[("proc/cpuinfo", &both)]).unwrap();
        assert_eq!(
            both,
            format!("{alone}, ARM implementer 0x41 part 0xd03 variant 0x3 revision 4")
        );
        // In a 32-bit process there is a name, which says next to nothing.
        let named_too = format!("model name\t: ARMv8 Processor rev 1 (v8l)\n{one}");
        let named_too = named(&[("proc/cpuinfo", &named_too)]).unwrap();
        assert_eq!(named_too, format!("ARMv8 Processor rev 1 (v8l), {alone}"));
    }

    #[test]
    fn risc_v_is_told_likewise_and_nothing_is_nothing() {
        let text = "processor\t: 0\nhart\t\t: 1\nuarch\t\t: sifive,u74-mc\nmvendorid\t: 0x489\n";
        assert_eq!(
            named(&[("proc/cpuinfo", text)]).unwrap(),
            "sifive,u74-mc, RISC-V mvendorid 0x489"
        );
        assert_eq!(named(&[("proc/cpuinfo", "processor\t: 0\n")]), None);
        assert_eq!(named(&[]), None);
    }
}
