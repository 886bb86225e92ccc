#![no_main]

use fanion_fuzz::checks::json_request;
use fanion_fuzz::memory;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    memory::assert_peak_below(64 << 20, || json_request::check(data));
});
