//! Claims on event ids: who wins, what is forgotten, and how much is kept.

use std::sync::Barrier;
use std::sync::atomic::{AtomicUsize, Ordering};

use pointsman::{Limits, SeenEvents, Timestamp};

fn at(second: i64) -> Timestamp {
    Timestamp::from_unix_seconds(1_800_000_000 + second).unwrap()
}

fn bounded(ids: usize, seconds: u32) -> SeenEvents {
    let mut limits = Limits::default();
    limits.remembered_ids = ids;
    limits.remembered_seconds = seconds;
    SeenEvents::new(&limits)
}

#[test]
fn a_claim_belongs_to_a_company_and_an_id() {
    let seen = SeenEvents::default();
    assert!(seen.claim("a", "1", at(0)));
    assert!(!seen.claim("a", "1", at(0)));
    // No other pair is mistaken for it, however the texts are put together.
    for (company, id) in [
        ("a", "2"),
        ("b", "1"),
        ("", "a1"),
        ("a1", ""),
        ("1:a", "1"),
        ("A", "1"),
    ] {
        assert!(seen.claim(company, id, at(0)), "{company} {id}");
        assert!(!seen.claim(company, id, at(0)), "{company} {id}");
    }
    seen.release("b", "1");
    seen.release("b", "never claimed");
    assert!(seen.claim("b", "1", at(0)));
    assert!(!seen.claim("a", "1", at(0)));
}

#[test]
fn of_many_threads_one_wins() {
    const THREADS: usize = 8;
    const IDS: usize = 3_000;
    let seen = SeenEvents::default();
    let wins: Vec<_> = (0..IDS).map(|_| AtomicUsize::new(0)).collect();
    let start = Barrier::new(THREADS);
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let (seen, wins, start) = (&seen, &wins, &start);
            scope.spawn(move || {
                start.wait();
                for step in 0..IDS {
                    // Half of them go the other way.
                    let id = if thread % 2 == 0 {
                        step
                    } else {
                        IDS - 1 - step
                    };
                    if seen.claim("company", &id.to_string(), at(0)) {
                        wins[id].fetch_add(1, Ordering::SeqCst);
                    }
                }
            });
        }
    });
    assert!(wins.iter().all(|count| count.load(Ordering::SeqCst) == 1));
    assert_eq!(seen.remembered(), IDS);
}

#[test]
fn one_wins_also_while_generations_turn() {
    const THREADS: usize = 4;
    const IDS: usize = 2_000;
    // A new generation for every 16 ids, and for every second.
    let seen = bounded(32, 2);
    let wins: Vec<_> = (0..IDS).map(|_| AtomicUsize::new(0)).collect();
    let step = Barrier::new(THREADS);
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            let (seen, wins, step) = (&seen, &wins, &step);
            scope.spawn(move || {
                for (id, count) in wins.iter().enumerate() {
                    step.wait();
                    if seen.claim("company", &id.to_string(), at(id as i64 / 20)) {
                        count.fetch_add(1, Ordering::SeqCst);
                    }
                }
            });
        }
    });
    assert!(wins.iter().all(|count| count.load(Ordering::SeqCst) == 1));
    assert!(seen.remembered() <= 32 + THREADS, "{seen:?}");
}

#[test]
fn as_many_are_remembered_as_the_limit_says() {
    let seen = bounded(100, 60);
    for id in 0..100 {
        assert!(seen.claim("c", &id.to_string(), at(0)));
    }
    assert_eq!(seen.remembered(), 100);
    for id in 0..100 {
        assert!(!seen.claim("c", &id.to_string(), at(0)), "{id}");
    }
    // The next id pushes out the older half.
    assert!(seen.claim("c", "100", at(0)));
    assert_eq!(seen.remembered(), 51);
    for id in 50..=100 {
        assert!(!seen.claim("c", &id.to_string(), at(0)), "{id}");
    }
    assert!(seen.claim("c", "0", at(0)));
    for id in 0..100_000 {
        let _ = seen.claim("hostile", &id.to_string(), at(0));
        assert!(seen.remembered() <= 100);
    }
}

#[test]
fn the_smallest_limit_still_remembers() {
    for limit in [0, 1, 2] {
        let seen = bounded(limit, 60);
        assert!(seen.claim("c", "1", at(0)));
        assert!(!seen.claim("c", "1", at(0)));
        assert!(seen.claim("c", "2", at(0)));
        assert!(!seen.claim("c", "2", at(0)));
        assert!(seen.remembered() <= 2);
    }
}

#[test]
fn a_claim_grows_old_by_the_time_of_the_claimants() {
    let seen = bounded(1_000, 60);
    assert!(seen.claim("c", "1", at(0)));
    assert!(seen.claim("c", "2", at(59)));
    assert!(!seen.claim("c", "1", at(59)));
    // Exactly as old as allowed is too old; who wins it now keeps it for another span.
    assert!(seen.claim("c", "1", at(60)));
    assert!(!seen.claim("c", "2", at(60)));
    assert!(!seen.claim("c", "2", at(118)));
    assert!(seen.claim("c", "2", at(119)));
    assert!(!seen.claim("c", "1", at(119)));
    // A clock that is set back makes nothing old.
    assert!(!seen.claim("c", "1", at(-1_000_000)));
}

#[test]
fn what_is_too_old_is_swept_out() {
    let seen = bounded(1_000, 60);
    for id in 0..400 {
        assert!(seen.claim("c", &id.to_string(), at(0)));
    }
    assert!(seen.claim("c", "a", at(60)));
    assert!(seen.claim("c", "b", at(120)));
    assert_eq!(seen.remembered(), 2);
}

#[test]
fn claiming_and_releasing_pushes_out_no_other() {
    let seen = bounded(100, 60);
    assert!(seen.claim("c", "kept", at(0)));
    for _ in 0..1_000 {
        assert!(seen.claim("c", "flaky", at(0)));
        seen.release("c", "flaky");
    }
    assert!(!seen.claim("c", "kept", at(0)));
}
