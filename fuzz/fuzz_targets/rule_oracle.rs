#![no_main]

use fanion_fuzz::checks::rule_oracle;
use fanion_fuzz::memory;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    memory::assert_peak_below(64 << 20, || rule_oracle::check(data));
});
