//! The corpus and some thousand changes of it, for every target. `FLOWSTONE_FUZZ_RUNS` says how many for each, and
//! `FLOWSTONE_FUZZ_SEED` which; what breaks a target is printed and can be put into its corpus.

#![allow(clippy::unwrap_used, reason = "these are tests")]

use std::fs;
use std::panic::catch_unwind;
use std::path::Path;

/// What a run takes unless the environment says otherwise.
const RUNS: u64 = 10_000;
const SEED: u64 = 20_261_121;

/// Pieces of the languages that changes put in.
const PIECES: [&str; 40] = [
    "${",
    "}",
    "#{",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    "\"",
    "'",
    "<",
    ">",
    "/>",
    "</",
    "&lt;",
    "&#0;",
    "]]>",
    "..",
    "**",
    "-",
    "0",
    "9223372036854775808",
    "1e400",
    "P",
    "PT",
    "R",
    "R3/",
    "/",
    "*",
    "?",
    "L",
    "W",
    "T25:00:00Z",
    "\u{0}",
    "\u{fffd}",
    "if ",
    "for x in ",
    "function(",
    "null",
];

/// A small generator of numbers, the same on every machine.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % bound.max(1) as u64).unwrap()
    }
}

fn changed(corpus: &[Vec<u8>], random: &mut Random) -> Vec<u8> {
    let mut bytes = corpus[random.below(corpus.len())].clone();
    for _ in 0..=random.below(4) {
        let at = random.below(bytes.len() + 1);
        let end = (at + random.below(24)).min(bytes.len());
        match random.below(6) {
            0 => drop(bytes.splice(at..at, PIECES[random.below(PIECES.len())].bytes())),
            1 => drop(bytes.splice(at..end, [])),
            2 => {
                let part = bytes[at..end].to_vec();
                let times = random.below(6);
                drop(bytes.splice(at..at, part.repeat(times)));
            }
            3 if at < bytes.len() => bytes[at] = u8::try_from(random.below(256)).unwrap(),
            4 => {
                let other = &corpus[random.below(corpus.len())];
                let from = random.below(other.len());
                let until = (from + random.below(80)).min(other.len());
                drop(bytes.splice(at..at, other[from..until].iter().copied()));
            }
            _ => bytes.truncate(at.max(1)),
        }
    }
    bytes
}

fn number(variable: &str, default: u64) -> u64 {
    let text = std::env::var(variable).ok();
    text.map_or(default, |text| text.parse().unwrap())
}

fn run(name: &str, target: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(name);
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    let corpus: Vec<Vec<u8>> = files.iter().map(|file| fs::read(file).unwrap()).collect();
    let (runs, seed) = (number("FLOWSTONE_FUZZ_RUNS", RUNS), number("FLOWSTONE_FUZZ_SEED", SEED));
    let mut random = Random(seed | 1);
    let inputs = corpus.clone().into_iter();
    for input in inputs.chain((0..runs).map(|_| changed(&corpus, &mut random))) {
        if catch_unwind(|| target(&input)).is_err() {
            panic!("{name} breaks on {:?}\n{input:?}", String::from_utf8_lossy(&input));
        }
    }
    println!("{name}: {} files and {runs} changes of them, seed {seed}", corpus.len());
}

#[test]
fn uploads() {
    run("upload", flowstone_fuzz::upload);
}

#[test]
fn expressions() {
    run("uel", flowstone_fuzz::uel);
}

#[test]
fn feel() {
    run("feel", flowstone_fuzz::feel);
}

#[test]
fn schedules() {
    run("schedule", flowstone_fuzz::schedule);
}

#[test]
fn decisions() {
    run("decision", flowstone_fuzz::decision);
}
