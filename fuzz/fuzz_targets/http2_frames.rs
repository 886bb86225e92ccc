#![no_main]

use fanion_fuzz::checks::http2_frames;
use fanion_fuzz::memory;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    memory::assert_peak_below(64 << 20, || http2_frames::check(data));
});
