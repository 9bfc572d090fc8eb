//! See `flowstone_fuzz::uel`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| flowstone_fuzz::uel(data));
