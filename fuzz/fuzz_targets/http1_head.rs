#![no_main]

use fanion_fuzz::checks::http1_head;
use fanion_fuzz::memory;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    memory::assert_peak_below(64 << 20, || http1_head::check(data));
});
