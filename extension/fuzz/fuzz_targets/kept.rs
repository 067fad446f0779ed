#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| lambda_xray_extension::fuzzing::kept(bytes));
