//! A seeded generator (xoshiro256++) and the distributions that the simulations need.
//!
//! The functions of `libm` make the numbers equal on every platform.

/// A generator of random numbers.
#[derive(Debug, Clone)]
pub struct RandomStream {
    state: [u64; 4],
}

impl RandomStream {
    /// A generator for a stream of numbers, such as a run of a simulation.
    pub fn new(seed: u64, stream: u64) -> RandomStream {
        let mut seed = seed ^ stream.wrapping_mul(0xd605_1a3f_9c2b_74e5);
        let state = [(); 4].map(|()| split_mix(&mut seed));
        RandomStream { state }
    }

    /// Returns 64 random bits.
    #[inline]
    pub fn bits(&mut self) -> u64 {
        let [s0, s1, s2, s3] = self.state;
        let result = s0.wrapping_add(s3).rotate_left(23).wrapping_add(s0);
        let (s2, s3) = (s2 ^ s0, s3 ^ s1);
        self.state = [s0 ^ s3, s1 ^ s2, s2 ^ (s1 << 17), s3.rotate_left(45)];
        result
    }

    /// Returns a number above 0 and below 1.
    #[inline]
    pub fn uniform(&mut self) -> f64 {
        ((self.bits() >> 12) as f64 + 0.5) / (1_u64 << 52) as f64
    }

    /// Returns true with the probability `p`.
    #[inline]
    pub fn chance(&mut self, p: f64) -> bool {
        self.uniform() < p
    }

    /// Returns an exponential number with the mean 1.
    pub fn exponential(&mut self) -> f64 {
        -libm::log(self.uniform())
    }

    /// Returns the number of successes in `n` trials. The gaps between rare successes are geometric.
    pub fn binomial(&mut self, n: u64, p: f64) -> u64 {
        if p <= 0.0 || n == 0 {
            return 0;
        }
        if p > 0.1 {
            return (0..n).map(|_| u64::from(self.chance(p))).sum();
        }
        let log_failure = libm::log1p(-p);
        let (mut successes, mut position) = (0, 0.0);
        loop {
            position += libm::floor(libm::log(self.uniform()) / log_failure) + 1.0;
            if position > n as f64 {
                return successes;
            }
            successes += 1;
        }
    }

    /// Returns a Poisson number: the arrivals of a process with rate 1 up to `mean`.
    pub fn poisson(&mut self, mean: f64) -> u64 {
        let (mut count, mut position) = (0, self.exponential());
        while position <= mean {
            count += 1;
            position += self.exponential();
        }
        count
    }

    /// Returns a number from 1 on with this mean, geometrically distributed.
    pub fn geometric(&mut self, mean: f64) -> u64 {
        let mut count = 1;
        while !self.chance(1.0 / mean) {
            count += 1;
        }
        count
    }

    /// Returns a normal number with mean 0 and variance 1 (polar method).
    pub fn normal(&mut self) -> f64 {
        loop {
            let (x, y) = (2.0 * self.uniform() - 1.0, 2.0 * self.uniform() - 1.0);
            let square = x * x + y * y;
            if square < 1.0 {
                return x * libm::sqrt(-2.0 * libm::log(square) / square);
            }
        }
    }

    /// Returns a gamma number with the mean 1 (Marsaglia and Tsang).
    pub fn gamma(&mut self, shape: f64) -> f64 {
        if shape < 1.0 {
            let larger = (shape + 1.0) / shape * self.gamma(shape + 1.0);
            return larger * libm::pow(self.uniform(), 1.0 / shape);
        }
        let d = shape - 1.0 / 3.0;
        let c = 1.0 / libm::sqrt(9.0 * d);
        loop {
            let x = self.normal();
            let root = 1.0 + c * x;
            let v = root * root * root;
            if v > 0.0 && libm::log(self.uniform()) < 0.5 * x * x + d - d * v + d * libm::log(v) {
                return d * v / shape;
            }
        }
    }
}

fn split_mix(seed: &mut u64) -> u64 {
    *seed = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mixed = (*seed ^ (*seed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}
