//! Clocks that jump, processes that restart, and windows.

use fanion::control::engine::clock::EngineClock;
use fanion::control::engine::clock::EngineTime;
use fanion::document::rollout::plan::window;
use fanion::document::rollout::plan::window::AllowedWindow;
use fanion::evidence::verdict::Verdict;
use proptest::prelude::*;

use crate::engine::run::MINUTE;
use crate::engine::run::NOON;
use crate::engine::run::Run;
use crate::engine::run::plan;

const HOUR: u64 = 60 * MINUTE;

/// An event of one step.
#[derive(Debug, Clone, Copy)]
enum Happening {
    /// Minutes pass.
    Minutes(u64),
    /// The wall clock jumps by minutes while the process runs.
    Jump(i64),
    /// The process restarts at once.
    Restart,
}

fn happening() -> impl Strategy<Value = Happening> {
    prop_oneof![
        4 => (1u64..6).prop_map(Happening::Minutes),
        1 => (-60i64..=60).prop_map(Happening::Jump),
        1 => Just(Happening::Restart),
    ]
}

fn happen(time: &mut EngineTime, happening: Happening) -> u64 {
    match happening {
        Happening::Minutes(minutes) => {
            time.wall_ms += minutes * MINUTE;
            time.uptime_ms += minutes * MINUTE;
            return minutes * MINUTE;
        }
        Happening::Jump(minutes) => {
            time.wall_ms = time.wall_ms.saturating_add_signed(minutes * 60_000);
        }
        Happening::Restart => {
            time.session += 1;
            time.uptime_ms = 0;
        }
    }
    0
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn jumps_shorten_no_hold_and_skip_no_stage(happenings in prop::collection::vec(happening(), 1..80)) {
        let mut plan = plan();
        plan.stages.iter_mut().for_each(|stage| stage.approvals = None);
        let mut run = Run::new(plan);
        run.look(Verdict::NoData);
        run.confirm();
        let (mut stage, mut in_stage) = (0, 0);
        for happening in happenings {
            in_stage += happen(&mut run.time, happening);
            // Every jump is seen before a restart, as with a look every few seconds.
            run.look(Verdict::Healthy);
            if run.state.change.is_some() {
                run.confirm();
            }
            let now = run.state.phase.watched_stage().unwrap_or(3);
            if now != stage {
                prop_assert_eq!(now, stage + 1);
                prop_assert!(in_stage >= 10 * MINUTE, "{} min", in_stage / MINUTE);
                (stage, in_stage) = (now, 0);
            }
        }
    }

    #[test]
    fn time_never_runs_backwards_and_jumps_do_not_add_up(jumps in prop::collection::vec(-60i64..=60, 1..40)) {
        let mut clock = EngineClock::default();
        let mut time = EngineTime { wall_ms: NOON, uptime_ms: 0, session: 0 };
        clock.advance(time);
        let (mut before, mut latest) = (0, time.wall_ms);
        for jump in jumps {
            // A jump while the process is down is all that a restart can see.
            time = EngineTime {
                wall_ms: time.wall_ms.saturating_add_signed(jump * 60_000),
                uptime_ms: 0,
                session: time.session + 1,
            };
            latest = latest.max(time.wall_ms);
            clock.advance(time);
            prop_assert!(clock.elapsed_ms >= before);
            prop_assert!(clock.elapsed_ms <= latest - NOON);
            before = clock.elapsed_ms;
        }
    }
}

#[test]
fn outage_of_a_day_catches_up_one_stage_after_fresh_evidence() {
    let mut plan = plan();
    plan.stages
        .iter_mut()
        .for_each(|stage| stage.approvals = None);
    let mut run = Run::new(plan);
    run.reach("canary");
    run.pass(5);
    let old = run.seen(Verdict::Healthy);
    run.look_at(old.clone());
    run.time = EngineTime {
        wall_ms: run.time.wall_ms + 24 * HOUR,
        uptime_ms: 0,
        session: 2,
    };
    run.look_at(old.clone());
    assert_eq!(run.stage_name(), Some("canary"));
    assert!(run.gate().starts_with("data of `errors`"), "{}", run.gate());
    run.look(Verdict::Healthy);
    assert_eq!(run.stage_name(), Some("early"));
    run.confirm();
    for _ in 0..9 {
        run.pass(1);
        run.look(Verdict::Healthy);
        assert_eq!(run.stage_name(), Some("early"));
    }
    run.pass(1);
    run.look(Verdict::Healthy);
    assert_eq!(run.stage_name(), Some("all"));
}

#[test]
fn outage_of_a_day_advances_over_no_gate() {
    let mut run = Run::new(plan());
    run.reach("canary");
    run.time = EngineTime {
        wall_ms: run.time.wall_ms + 24 * HOUR,
        uptime_ms: 0,
        session: 2,
    };
    run.look(Verdict::Healthy);
    assert_eq!(run.gate(), "approvals: 0 of 1");
    run.look(Verdict::Regressed);
    assert_eq!(run.state.phase.name(), "rolling back");
}

#[test]
fn outage_alone_is_no_missing_data() {
    let mut plan = plan();
    plan.on_no_data = fanion::document::rollout::plan::policy::OnNoData::Rollback;
    let mut run = Run::new(plan);
    run.reach("canary");
    run.look(Verdict::Healthy);
    run.time = EngineTime {
        wall_ms: run.time.wall_ms + 24 * HOUR,
        uptime_ms: 0,
        session: 2,
    };
    run.look(Verdict::NoData);
    assert_eq!(run.state.phase.name(), "observing");
}

fn office_hours() -> AllowedWindow {
    AllowedWindow {
        days: [true, true, true, true, true, false, false],
        from_minute: 9 * 60,
        to_minute: 17 * 60,
        offset_minutes: 120,
    }
}

#[test]
fn windows_open_at_hours_of_a_fixed_offset() {
    let windows = [office_hours()];
    let monday = NOON - 12 * HOUR;
    assert!(!window::is_open(&windows, monday + 6 * HOUR + 59 * MINUTE));
    assert!(window::is_open(&windows, monday + 7 * HOUR));
    assert!(!window::is_open(&windows, monday + 15 * HOUR));
    assert_eq!(
        window::next_opening(&windows, monday),
        Some(monday + 7 * HOUR)
    );
    let friday_evening = monday + 4 * 24 * HOUR + 20 * HOUR;
    assert_eq!(
        window::next_opening(&windows, friday_evening),
        Some(monday + 7 * 24 * HOUR + 7 * HOUR)
    );
    assert!(window::is_open(&[], monday));
}

#[test]
fn windows_are_as_long_every_day_of_the_year() {
    let windows = [AllowedWindow {
        days: [true; 7],
        ..office_hours()
    }];
    let start = NOON - 12 * HOUR;
    for day in 0..366 {
        let open = (0..24 * 60)
            .filter(|minute| window::is_open(&windows, start + day * 24 * HOUR + minute * MINUTE));
        assert_eq!(open.count(), 8 * 60, "day {day}");
    }
}
