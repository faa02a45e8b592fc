//! What the debugger's side fails at is never taken for the program's.

use super::*;

type Answer = Result<Vec<u8>, RemoteError>;
type Two = [Option<Vec<u8>>; 2];

fn refused() -> RemoteError {
    RemoteError::Refused { packet: "m0,200".into(), code: "14".into() }
}

/// Two reads at one stop, each of which is answered so.
fn two(answer: &dyn Fn() -> Answer) -> (Result<Two, RemoteError>, usize) {
    let mut asked = 0;
    let mut read = |_: u64, _: usize| {
        asked += 1;
        answer()
    };
    let got = read_at_stop(&mut read, &Constant::default(), |r| [r.read(0x1000, 8).ok(), r.read(0x9000, 8).ok()]);
    (got, asked)
}

#[test]
fn a_stub_that_fails_gives_no_answer_and_is_not_asked_again() {
    let (got, asked) = two(&|| Err(RemoteError::Timeout));
    assert!(matches!(got, Err(RemoteError::Timeout)), "{got:?}");
    assert_eq!(asked, 1);
    let (got, _) = two(&|| Err(RemoteError::Closed));
    assert!(matches!(got, Err(RemoteError::Closed)), "{got:?}");
}

#[test]
fn that_there_is_no_memory_is_a_fact_about_the_program() {
    let (got, asked) = two(&|| Err(refused()));
    assert_eq!((got.unwrap(), asked), ([None, None], 2));
    let (got, _) = two(&|| Ok(vec![7; 512]));
    assert_eq!(got.unwrap(), [Some(vec![7; 8]), Some(vec![7; 8])]);
}

#[test]
fn a_failure_after_what_was_read_counts_too() {
    let mut answers = vec![Err(RemoteError::Timeout), Ok(vec![7; 512])];
    let mut read = |_: u64, _: usize| answers.pop().unwrap_or(Err(RemoteError::Closed));
    let got = read_at_stop(&mut read, &Constant::default(), |r| {
        assert_eq!(r.read(0x1000, 8), Ok(vec![7; 8]));
        r.read(0x9000, 8).is_ok()
    });
    assert!(matches!(got, Err(RemoteError::Timeout)), "{got:?}");
}
