//! See `flowstone_fuzz::upload`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| flowstone_fuzz::upload(data));
