#!/usr/bin/env python3
"""Computes the e-values of `flagctl evidence` again, with 40 digits and by the definitions in docs/statistics.md.

usage: oracle.py record COUNT [SEED]            prints random series with their e-values
       oracle.py check FLAGCTL [COUNT] [SEED]   compares the output of `flagctl evidence replay` with the e-values

Products are sums of logarithms over all looks, mixtures are sums over all starts: nothing is updated from look to look, so
that a fault of the recursions in src/evidence would show.
"""
import json, math, random, subprocess, sys
from decimal import Decimal, getcontext

getcontext().prec = 40
ONE = Decimal(1)
START_INTERVAL, START_SPREAD = 300, Decimal(43200) / 300
RATIOS = [Decimal(x) for x in ("1.5", "2", "3", "5", "10", "30")]
FALL_RATIOS = [Decimal(x) for x in ("1.1", "1.25", "1.5", "2", "4", "20")]
LIMIT_RATIOS = [Decimal(x) for x in ("1.3", "1.7", "2.5", "4", "8")]
SUSPICION = Decimal(3).ln()
TOLERANCE = 1e-9


def number(value):
    """The exact value of a JSON number, as the program reads it."""
    return Decimal(float(value))


def scaled_odds(p, ratio):
    return ratio * p / (ratio * p + 1 - p)


def share(units):
    return Decimal(units["treatment"]) / (units["control"] + units["treatment"])


def likelihood_ratio(hits, trials, null, alternative):
    """The logarithm of the ratio of two binomial likelihoods."""
    return hits * (alternative / null).ln() + (trials - hits) * ((1 - alternative) / (1 - null)).ln()


def log_bet(observed, null, alternative):
    best = (alternative - null) / (null * (1 - null))
    stake = min(best, Decimal("0.99") / null)
    return (1 + stake * (observed - null)).ln()


def unit_factors(at_risk, failed, ratio, ratios):
    w, hits = share(at_risk), failed["treatment"]
    trials, null = hits + failed["control"], scaled_odds(w, ratio)
    return [likelihood_ratio(hits, trials, null, scaled_odds(w, ratio * multiple)) for multiple in ratios]


def compare(header, look):
    return unit_factors(look["atRisk"], look["failed"], 1 + number(header.get("margin", 0)), RATIOS)


def must_not_fall(header, look):
    swap = lambda arms: {"control": arms["treatment"], "treatment": arms["control"]}
    ratio = 1 / (1 - number(header.get("margin", 0.05)))
    return unit_factors(swap(look["atRisk"]), swap(look["failed"]), ratio, FALL_RATIOS)


def share_bet(header, look):
    bad = look["bad"]["control"] + look["bad"]["treatment"]
    if bad == 0:
        return [Decimal(0)] * 6
    null = scaled_odds(share(look["units"]), 1 + number(header.get("margin", 0)))
    observed = Decimal(look["bad"]["treatment"]) / bad
    return [log_bet(observed, null, scaled_odds(null, ratio)) for ratio in RATIOS]


def limit_arm(header, look, arm):
    maximum, units, bad = number(header["max"]), look["units"][arm], look["bad"][arm]
    if units == 0:
        return [Decimal(0)] * 5
    alternatives = [scaled_odds(maximum, ratio) for ratio in LIMIT_RATIOS]
    if header.get("count") == "events":
        return [log_bet(Decimal(bad) / units, maximum, alternative) for alternative in alternatives]
    return [likelihood_ratio(bad, units, maximum, alternative) for alternative in alternatives]


def limit(header, looks):
    """The factors of all looks. A look in which the control is suspicious counts nothing."""
    ceiling = -number(header["alpha"]).ln() + SUSPICION
    levels, factors = [Decimal(0)] * 5, []
    for look in looks:
        control = limit_arm(header, look, "control")
        levels = [min(max(level + factor, Decimal(0)), ceiling) for level, factor in zip(levels, control)]
        counted = max(levels) < SUSPICION
        factors.append(limit_arm(header, look, "treatment") if counted else [Decimal(0)] * 5)
    return factors


def health(header, looks):
    """Running e-values of the mirrored test: a mean of three products."""
    margin, sums, values = number(header["margin"]), [Decimal(0)] * 3, []
    for look in looks:
        left = look["atRisk"]["treatment"] - look["failed"]["treatment"]
        w = Decimal(left) / (left + look["atRisk"]["control"])
        hits, trials = look["failed"]["treatment"], look["failed"]["treatment"] + look["failed"]["control"]
        for index, ratio in enumerate((margin.sqrt(), ONE, 1 / margin)):
            # ln(θ(ρ)/θ(m)) and ln((1−θ(ρ))/(1−θ(m))), written so that w may be 0.
            base = ((margin * w + 1 - w) / (ratio * w + 1 - w)).ln()
            sums[index] += hits * (ratio / margin).ln() + trials * base
        values.append((sum(total.exp() for total in sums) / 3).ln())
    return values


def mixture(looks, factors):
    """Running e-values of the mixture over starts and alternatives, each from the start."""
    begun, values = looks[0]["t"], []
    due = [(look["t"] - begun) // START_INTERVAL + 1 for look in looks]
    spent = [START_SPREAD / (START_SPREAD + count) for count in due]
    weights = [before - after for before, after in zip([ONE] + spent, spent)]
    for last in range(len(looks)):
        total = Decimal(0)
        for alternative in range(len(factors[0])):
            sums = [sum(factor[alternative] for factor in factors[first:last + 1]) for first in range(last + 1)]
            late = sum(weight * part.exp() for weight, part in zip(weights, sums))
            total += (sums[0].exp() + late + spent[last]) / 2
        values.append((total / len(factors[0])).ln())
    return values


def log_e_values(header, looks):
    test = header["test"]
    if test == "health":
        return health(header, looks)
    if test == "limit":
        return mixture(looks, limit(header, looks))
    factors = {"compare": compare, "must-not-fall": must_not_fall, "share-bet": share_bet}[test]
    return mixture(looks, [factors(header, look) for look in looks])


def random_header(dice):
    test = dice.choice(["compare", "must-not-fall", "share-bet", "limit", "health"])
    header = {"test": test, "alpha": dice.choice([0.05, 0.01, 0.0125])}
    if test == "limit":
        header["max"] = round(dice.uniform(0.001, 0.3), 4)
        header["count"] = dice.choice(["units", "events"])
    elif test == "health":
        header["margin"] = dice.choice([1.1, 1.5, 2, 3])
    else:
        header["margin"] = dice.choice([0, 0.05, 0.1, 0.5])
    return header


def random_look(dice, t, header, scale, treated, rate):
    total = max(4, int(dice.expovariate(1) * scale))
    treatment = min(max(1, round(total * treated)), total - 1)
    units = {"control": total - treatment, "treatment": treatment}
    bad = {arm: min(count, int(dice.expovariate(1) * count * rate + dice.random())) for arm, count in units.items()}
    names = ("units", "bad") if header["test"] in ("share-bet", "limit") else ("atRisk", "failed")
    return {"t": t, names[0]: units, names[1]: bad}


def random_series(dice):
    header, t, looks = random_header(dice), dice.randrange(10_000), []
    scale, treated = 10 ** dice.uniform(0.7, 5), dice.choice([0.001, 0.01, 0.1, 0.5, 0.9])
    rate = dice.choice([0.001, 0.01, 0.1, 0.5])
    for _ in range(dice.randint(1, 8)):
        looks.append(random_look(dice, t, header, scale, treated, rate))
        t += dice.choice([10, 60, 300, 4000])
    return {"header": header, "looks": looks}


def random_assignment(dice):
    """Counts of arms, and their e-value from rising factorials."""
    parts = [dice.randint(1, 9) for _ in range(dice.choice([2, 3]))]
    weights = [part / sum(parts) for part in parts]
    counts = [dice.randint(0, 300) for _ in parts]
    rising = lambda start, count: sum(((start + step).ln() for step in range(count)), Decimal(0))
    exact = [number(weight) for weight in weights]
    log_e = sum(rising(100 * w, count) - count * w.ln() for w, count in zip(exact, counts))
    log_e -= rising(100 * sum(exact), sum(counts))
    return {"counts": counts, "weights": weights, "logE": float(log_e)}


def record(count, seed):
    dice = random.Random(seed)
    for _ in range(count):
        series = random_series(dice)
        series["logE"] = [float(value) for value in log_e_values(series["header"], series["looks"])]
        print(json.dumps(series, separators=(",", ":")))
    for _ in range(count // 5):
        print(json.dumps(random_assignment(dice), separators=(",", ":")))


def replay(flagctl, series):
    text = "".join(json.dumps(line) + "\n" for line in [series["header"], *series["looks"]])
    done = subprocess.run([flagctl, "evidence", "replay", "-"], input=text, capture_output=True, text=True)
    if done.returncode not in (0, 1):
        sys.exit(f"{done.stderr}{text}")
    return [json.loads(line)["logE"] for line in done.stdout.splitlines()]


def check(flagctl, count, seed):
    dice, worst = random.Random(seed), 0.0
    for index in range(count):
        series = random_series(dice)
        expected = log_e_values(series["header"], series["looks"])
        for want, got in zip(expected, replay(flagctl, series), strict=True):
            difference = abs(float(want) - got) / max(1.0, abs(float(want)))
            worst = max(worst, difference)
            if not difference <= TOLERANCE:
                sys.exit(f"series {index} of seed {seed}: {got} instead of {want}: {json.dumps(series)}")
    print(f"{count} series agree, the largest difference is {worst:.1e}")


def main():
    match sys.argv[1:]:
        case ["record", count, *seed]:
            record(int(count), int(seed[0]) if seed else 1)
        case ["check", flagctl, *rest]:
            count, seed, *_ = [*map(int, rest), *[10_000, 2][len(rest):]]
            check(flagctl, count, seed)
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main()
