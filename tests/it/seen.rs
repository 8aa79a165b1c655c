//! Claims on event ids: which thread wins, and when claims are forgotten.

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
    // Another pair is different even if the concatenated texts are equal.
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
fn one_of_many_threads_wins() {
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
                    // Half of the threads go in reverse order.
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
fn one_thread_wins_also_while_generations_change() {
    const THREADS: usize = 4;
    const IDS: usize = 2_000;
    // A new generation begins with every 16 ids, and with every second.
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
fn the_limit_sets_how_many_claims_are_remembered() {
    let seen = bounded(100, 60);
    for id in 0..100 {
        assert!(seen.claim("c", &id.to_string(), at(0)));
    }
    assert_eq!(seen.remembered(), 100);
    for id in 0..100 {
        assert!(!seen.claim("c", &id.to_string(), at(0)), "{id}");
    }
    // The next id evicts the older half.
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
fn claims_age_by_the_time_of_the_caller() {
    let seen = bounded(1_000, 60);
    assert!(seen.claim("c", "1", at(0)));
    assert!(seen.claim("c", "2", at(59)));
    assert!(!seen.claim("c", "1", at(59)));
    // A claim of exactly the maximal age is expired. The next claimant keeps it for as long again.
    assert!(seen.claim("c", "1", at(60)));
    assert!(!seen.claim("c", "2", at(60)));
    assert!(!seen.claim("c", "2", at(118)));
    assert!(seen.claim("c", "2", at(119)));
    assert!(!seen.claim("c", "1", at(119)));
    // A clock that is set back expires nothing.
    assert!(!seen.claim("c", "1", at(-1_000_000)));
}

#[test]
fn expired_claims_are_removed() {
    let seen = bounded(1_000, 60);
    for id in 0..400 {
        assert!(seen.claim("c", &id.to_string(), at(0)));
    }
    assert!(seen.claim("c", "a", at(60)));
    assert!(seen.claim("c", "b", at(120)));
    assert_eq!(seen.remembered(), 2);
}

#[test]
fn claiming_and_releasing_evicts_no_other_claim() {
    let seen = bounded(100, 60);
    assert!(seen.claim("c", "kept", at(0)));
    for _ in 0..1_000 {
        assert!(seen.claim("c", "flaky", at(0)));
        seen.release("c", "flaky");
    }
    assert!(!seen.claim("c", "kept", at(0)));
}
