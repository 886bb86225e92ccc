#![no_main]

use fanion_fuzz::checks::documents;
use fanion_fuzz::memory;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    memory::assert_peak_below(64 << 20, || documents::check_yaml(data));
});
