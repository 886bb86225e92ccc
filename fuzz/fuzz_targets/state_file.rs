#![no_main]

use fanion_fuzz::checks::state_file;
use fanion_fuzz::memory;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    memory::assert_peak_below(64 << 20, || state_file::check(data));
});
