#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| xray_local::fuzzing::documents(bytes));
