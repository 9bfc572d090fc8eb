//! See `flowstone_fuzz::feel`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| flowstone_fuzz::feel(data));
