//! See `flowstone_fuzz::decision`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| flowstone_fuzz::decision(data));
